"""What a causal model learns from and how: the answer's tokens only, rows of any length side by side."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from topicsmith.classifiers.causal.packing import SHARED, forward, join, pack, visible
from topicsmith.classifiers.causal.scoring import batches
from topicsmith.classifiers.torch_common.checkpoint import CheckpointStore, LossCurve
from topicsmith.classifiers.torch_common.distributed import ALONE, Group
from topicsmith.classifiers.torch_common.training_loop import Schedule, train
from topicsmith.progress import Progress


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """What follows the shared prompt, and the answer, whose tokens alone are learnt; ``cut`` if text had to go."""

    own: tuple[int, ...]
    answer: tuple[int, ...]
    cut: bool = False

    @property
    def inputs(self) -> tuple[int, ...]:
        """What the model reads: the last token of the answer is only ever a target."""
        return (*self.own, *self.answer[:-1])


@dataclass(frozen=True)
class Plan:
    """How to train. ``batch_size`` rows make a step; at most ``batch_tokens`` tokens are computed at once."""

    epochs: int
    learning_rate: float
    batch_size: int
    batch_tokens: int
    warmup: float
    clip: float
    seed: int
    checkpoint_every: int


class Trainer:
    """Trains the parameters of ``model`` that ask for a gradient."""

    def __init__(self, model: Any, prefix: Sequence[int], plan: Plan, folder: Path, group: Group = ALONE) -> None:
        """Train ``model`` on rows that all follow ``prefix``, in ``group``; checkpoints lie in ``folder``."""
        self.model, self.plan, self.folder, self.group = model, plan, folder, group
        self.prefix = pack([prefix], first_owner=SHARED)
        self.device = next(model.parameters()).device
        self.learnt = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.optimizer = torch.optim.AdamW(self.learnt.values(), lr=plan.learning_rate, weight_decay=0.0, fused=True)
        self.rows: Sequence[TrainingRow] = ()
        self.validation: Sequence[TrainingRow] = ()
        self.steps_an_epoch = 0
        self.cure = (
            f"lower 'batch_tokens' (now {plan.batch_tokens}) or 'max_tokens', set 'gradient_checkpointing: true' or "
            "'quantization: 4bit'; finished steps are kept"
        )
        self.diverged = f"lower 'learning_rate' (now {plan.learning_rate:g})"

    def run(
        self, rows: Sequence[TrainingRow], validation: Sequence[TrainingRow], about: str, progress: Progress
    ) -> LossCurve:
        """Train, going on from the last checkpoint of the same training; leaves the best epoch's weights.

        ``about`` is a hash of whatever else makes two trainings different.

        Raises:
            TrainingError: when the loss is not finite, or memory runs out; checkpoints stay.
        """
        self.rows, self.validation = rows, validation
        self.steps_an_epoch = math.ceil(len(rows) / self.plan.batch_size)
        plan, store = self.plan, CheckpointStore(self.folder, self._fingerprint(about))
        schedule = Schedule(plan.epochs, plan.warmup, plan.clip, plan.seed, checkpoint_every=plan.checkpoint_every)
        return train(self, schedule, store, progress, self.group)

    def batches(self, epoch: int) -> list[list[TrainingRow]]:
        """The rows of an epoch in batches, shuffled."""
        order, size = np.random.default_rng((self.plan.seed, epoch)).permutation(len(self.rows)), self.plan.batch_size
        return [[self.rows[i] for i in order[at : at + size]] for at in range(0, len(order), size)]

    def add_gradients(self, batch: Sequence[TrainingRow]) -> float:
        """The mean loss of the answers' tokens, computed at most ``batch_tokens`` tokens at once."""
        answer_tokens = sum(len(row.answer) for row in batch)
        own = self.group.share(batch)
        counts = 1.0 if own else 0.0  # a process without a row computes one in vain, so that it has gradients to add
        own = own or batch[:1]
        loss = 0.0
        for part in batches([len(row.inputs) for row in own], self.plan.batch_size, self.plan.batch_tokens):
            summed = self._loss([own[i] for i in part]) * counts / answer_tokens
            summed.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            loss += summed.item()
        return loss

    def _loss(self, rows: Sequence[TrainingRow]) -> torch.Tensor:
        """The summed negative log likelihood of the answers' tokens."""
        packed = join(self.prefix, pack([row.inputs for row in rows], len(self.prefix)))
        keep: list[int] = []
        end = len(self.prefix)
        for row in rows:
            end += len(row.inputs)
            keep += range(end - len(row.answer), end)
        targets = torch.tensor([token for row in rows for token in row.answer], device=self.device)
        logits = forward(self.model, packed, visible(packed, packed), keep, self.device, use_cache=False)
        return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")

    @torch.no_grad()
    def score(self) -> tuple[float | None, float | None]:
        """The validation loss a token of an answer; accuracy is not measured."""
        if not self.validation:
            return None, None
        self.model.eval()
        lengths = [len(row.inputs) for row in self.validation]
        own = self.group.share(list(batches(lengths, self.plan.batch_size, self.plan.batch_tokens)))
        losses = sum(self._loss([self.validation[i] for i in batch]).item() for batch in own)
        total = float(self.group.add(np.array([losses], dtype=np.float64))[0])
        return None, total / sum(len(row.answer) for row in self.validation)

    def _fingerprint(self, about: str) -> str:
        digest = hashlib.sha256(f"{about}|{self.plan}|{self.prefix.tokens.tolist()}".encode())
        for part in (self.rows, self.validation):
            for row in part:
                digest.update(repr((row.own, row.answer)).encode())
            digest.update(b"|")
        return digest.hexdigest()
