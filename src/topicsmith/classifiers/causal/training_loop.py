"""The training loop: loss on the answer only, rows of any length side by side, resumable at any step."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from topicsmith.classifiers.causal.checkpoint import CheckpointStore, TrainingState
from topicsmith.classifiers.causal.packing import SHARED, forward, join, pack, visible
from topicsmith.classifiers.causal.scoring import batches
from topicsmith.classifiers.torch_common.devices import memory_explained
from topicsmith.classifiers.torch_common.distributed import ALONE, Group
from topicsmith.errors import TrainingError
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


@dataclass(frozen=True)
class Curve:
    """The course of a training: mean loss of every step, validation loss of every epoch, and which was best."""

    losses: tuple[float, ...]
    validation: tuple[float, ...]
    best_epoch: int


class Trainer:
    """Trains the parameters of ``model`` that ask for a gradient."""

    def __init__(
        self, model: Any, prefix: Sequence[int], plan: Plan, store: CheckpointStore, group: Group = ALONE
    ) -> None:
        """Train ``model`` on rows that all follow ``prefix``, as one process of ``group``."""
        self.model, self.plan, self.store, self.group = model, plan, store, group
        self.prefix = pack([prefix], first_owner=SHARED)
        self.device = next(model.parameters()).device
        self.learnt = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.optimizer = torch.optim.AdamW(self.learnt.values(), lr=plan.learning_rate, weight_decay=0.0, fused=True)

    def run(
        self, rows: Sequence[TrainingRow], validation: Sequence[TrainingRow], about: str, progress: Progress
    ) -> Curve:
        """Train, going on from the newest checkpoint of the same training; leaves the best epoch's weights.

        ``about`` is a hash of whatever else makes two trainings different.

        Raises:
            TrainingError: when the loss is not a number, or memory runs out; checkpoints stay.
        """
        steps_an_epoch = math.ceil(len(rows) / self.plan.batch_size)
        total = steps_an_epoch * self.plan.epochs
        state = self._begin(self._fingerprint(rows, validation, about), total, progress)
        self.model.train()
        cure = (
            f"lower 'batch_tokens' (now {self.plan.batch_tokens}) or 'max_tokens', set 'gradient_checkpointing: true' "
            "or 'quantization: 4bit'; finished steps are kept"
        )
        with progress.task("training", total, "steps") as task, memory_explained("training", cure):
            task.advance(state.step)
            while state.step < total:
                epoch, place = divmod(state.step, steps_an_epoch)
                order = np.random.default_rng((self.plan.seed, epoch)).permutation(len(rows))
                chosen = order[place * self.plan.batch_size : (place + 1) * self.plan.batch_size]
                state.losses.append(self._step([rows[i] for i in chosen], state, total))
                state.step += 1
                task.advance()
                ended = state.step % steps_an_epoch == 0
                if ended:
                    self._judge(state, epoch, validation)
                if ended or state.step % self.plan.checkpoint_every == 0:
                    self._save(state)
        self._restore(state.tensors, "best.")
        self.model.eval()
        return Curve(tuple(state.losses), tuple(state.validation), state.best_epoch)

    def _begin(self, fingerprint: str, total: int, progress: Progress) -> TrainingState:
        state = self.store.latest(fingerprint)
        if state is None:
            return TrainingState(fingerprint)
        if state.step < total:
            progress.say(f"training goes on after step {state.step}")
        self._restore(state.tensors, "weight.")
        for name, parameter in self.learnt.items():
            parts = ("step", "exp_avg", "exp_avg_sq")
            self.optimizer.state[parameter] = {part: state.tensors[f"{part}.{name}"].to(self.device) for part in parts}
        return state

    def _step(self, rows: Sequence[TrainingRow], state: TrainingState, total: int) -> float:
        step = state.step
        torch.manual_seed(self.group.seed(self.plan.seed * 1_000_003 + step))
        warm = max(1, round(self.plan.warmup * total))
        rate = min((step + 1) / warm, (total - step) / max(1, total - warm))
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.learning_rate * rate
        answer_tokens = sum(len(row.answer) for row in rows)
        self.optimizer.zero_grad(set_to_none=True)
        loss = 0.0
        own = self.group.share(rows)
        counts = 1.0 if own else 0.0  # a process without a row computes one in vain, so that it has gradients to add
        own = own or rows[:1]
        for batch in batches([len(row.inputs) for row in own], self.plan.batch_size, self.plan.batch_tokens):
            part = self._loss([own[i] for i in batch]) * counts / answer_tokens
            part.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            loss += part.item()
        loss = self.group.add_gradients(list(self.learnt.values()), loss)
        norm = float(torch.nn.utils.clip_grad_norm_(self.learnt.values(), self.plan.clip))
        if not math.isfinite(loss) or not math.isfinite(norm):
            if step:
                self._save(state)  # the weights are still those before this step
            kept = f"the last good state is kept in {self.store.folder}" if step else "nothing was learnt yet"
            raise TrainingError(
                f"training broke off at step {step + 1} of {total}: the loss ({loss}) or its gradient is no finite "
                f"number; lower 'learning_rate' (now {self.plan.learning_rate:g}); {kept}"
            )
        self.optimizer.step()
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
    def _judge(self, state: TrainingState, epoch: int, validation: Sequence[TrainingRow]) -> None:
        """Measure the validation loss; remember the weights when it is the lowest so far, or there is none."""
        if validation:
            self.model.eval()
            lengths = [len(row.inputs) for row in validation]
            own = self.group.share(list(batches(lengths, self.plan.batch_size, self.plan.batch_tokens)))
            losses = sum(self._loss([validation[i] for i in batch]).item() for batch in own)
            total = float(self.group.add(np.array([losses], dtype=np.float64))[0])
            state.validation.append(total / sum(len(row.answer) for row in validation))
            self.model.train()
        if not validation or state.best_epoch < 0 or state.validation[-1] < state.validation[state.best_epoch]:
            state.best_epoch = epoch
            state.tensors.update({f"best.{n}": p.detach().cpu().clone() for n, p in self.learnt.items()})

    def _save(self, state: TrainingState) -> None:
        """Write where training stands; of several processes the first does."""
        if not self.group.is_first:
            return
        for name, parameter in self.learnt.items():
            state.tensors[f"weight.{name}"] = parameter.detach().cpu().clone()
            for part, value in self.optimizer.state[parameter].items():
                state.tensors[f"{part}.{name}"] = value.detach().cpu().clone()
        self.store.save(state)

    @torch.no_grad()
    def _restore(self, tensors: dict[str, torch.Tensor], prefix: str) -> None:
        for name, parameter in self.learnt.items():
            parameter.copy_(tensors[prefix + name])

    def _fingerprint(self, rows: Sequence[TrainingRow], validation: Sequence[TrainingRow], about: str) -> str:
        digest = hashlib.sha256(f"{about}|{self.plan}|{self.prefix.tokens.tolist()}".encode())
        for part in (rows, validation):
            for row in part:
                digest.update(repr((row.own, row.answer)).encode())
            digest.update(b"|")
        return digest.hexdigest()
