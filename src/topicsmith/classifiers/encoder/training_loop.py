"""The training loop for encoders: grouped lengths, a fused optimizer, early stopping, resuming to the same weights.

Nothing in a step depends on anything but the step's number, the seed and the weights before it, so that a training
that was killed and taken up again ends with the weights of an undisturbed one.
"""

import math
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.encoder.batching import inference_batches, pad, training_batches
from topicsmith.classifiers.encoder.checkpoint import CheckpointFolder, Curve, EpochScore
from topicsmith.classifiers.encoder.model import EncoderModel
from topicsmith.classifiers.encoder.tokenization import Encoded
from topicsmith.classifiers.encoder.weight_averaging import WeightAverage
from topicsmith.classifiers.probabilities import softmax
from topicsmith.classifiers.torch_common.devices import memory_explained
from topicsmith.classifiers.torch_common.distributed import ALONE, Group
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.errors import TrainingError
from topicsmith.progress import Progress, Task

_CHECKPOINT_EVERY_S = 60.0


@dataclass(frozen=True)
class Recipe:
    """How to train. Rates decay linearly to zero after ``warmup`` (a share of all steps).

    A layer's rate is ``learning_rate`` times ``layer_decay`` for each layer above it. ``patience`` is the number of
    epochs without a better validation score after which training stops; ``None`` never stops early.

    ``consistency`` above zero passes every batch twice, with different dropout, and adds that many times the mean
    divergence of the two answers to the loss (R-Drop: Liang et al. 2021, arXiv:2106.14448, equation 4).

    ``averaging`` above zero is the decay of a running average of the weights, which is judged and kept.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    head_learning_rate: float
    layer_decay: float
    weight_decay: float
    warmup: float
    label_smoothing: float
    consistency: float
    averaging: float
    patience: int | None
    precision: Literal["fp32", "bf16"]
    seed: int
    max_gradient: float = 1.0


@dataclass(frozen=True)
class Rows:
    """Encoded texts with the index of their topic, how often each text is seen an epoch, and how much it weighs."""

    encoded: Encoded
    indices: IntArray
    copies: IntArray
    weights: NDArray[np.float64]

    @property
    def order(self) -> IntArray:
        """The pieces of one epoch, before shuffling."""
        pieces = np.arange(len(self.encoded.pieces))
        return np.repeat(pieces, self.copies[self.encoded.owners])

    @property
    def piece_weights(self) -> NDArray[np.float64]:
        """The weight of each piece; the pieces of one text share its weight."""
        shares = np.bincount(self.encoded.owners, minlength=self.encoded.texts)
        weights: NDArray[np.float64] = (self.weights / np.maximum(shares, 1))[self.encoded.owners]
        return weights


def fit_weights(
    model: EncoderModel,
    pad_id: int,
    rows: Rows,
    validation: Rows,
    recipe: Recipe,
    checkpoints: CheckpointFolder,
    progress: Progress,
    checkpoint_every_s: float = _CHECKPOINT_EVERY_S,
    group: Group = ALONE,
) -> Curve:
    """Train ``model`` in place and leave it with the weights of its best epoch (the last without validation rows).

    As one process of a larger ``group`` it leaves the finished training as a checkpoint instead.

    Raises:
        TrainingError: when the loss is no number, or memory runs out.
    """
    loop = _Loop(model, pad_id, rows, recipe, checkpoints, checkpoint_every_s, group)
    if 0 < loop.curve.step < loop.steps and not _is_over(loop.curve, recipe):
        progress.say(f"training goes on after step {loop.curve.step}")
    with torch.random.fork_rng(), progress.task("training", loop.steps, "steps") as task:
        task.advance(loop.curve.step)
        for epoch in range(loop.curve.step // loop.steps_an_epoch, recipe.epochs):
            if _is_over(loop.curve, recipe):
                break
            with _memory_watched(recipe):
                loop.run_epoch(epoch, task)
                loop.score_epoch(epoch, validation)
    if group.size > 1:
        loop.keep()
    elif loop.curve.best is not None:
        checkpoints.restore_best(model)
    else:
        loop.average.apply()
    model.eval()
    return loop.curve


class _Loop:
    """One training under way."""

    def __init__(
        self,
        model: EncoderModel,
        pad_id: int,
        rows: Rows,
        recipe: Recipe,
        checkpoints: CheckpointFolder,
        checkpoint_every_s: float,
        group: Group,
    ) -> None:
        self.model, self.pad_id, self.rows, self.recipe, self.group = model, pad_id, rows, recipe, group
        self.checkpoints, self.checkpoint_every_s = checkpoints, checkpoint_every_s
        self.device = next(model.parameters()).device
        self.lengths, self.order, self.weights = rows.encoded.lengths, rows.order, rows.piece_weights
        self.steps_an_epoch = math.ceil(len(self.order) / recipe.batch_size)
        self.steps = self.steps_an_epoch * recipe.epochs
        self.optimizer = torch.optim.AdamW(_groups(model, recipe), fused=True)
        self.rates = [float(group["lr"]) for group in self.optimizer.param_groups]
        self.average = WeightAverage(model, recipe.averaging)
        self.curve = checkpoints.restore(model, self.optimizer, self.average)
        self.saved = time.monotonic()

    def run_epoch(self, epoch: int, task: Task) -> None:
        """All steps of an epoch that are not done yet."""
        batches = training_batches(self.lengths, self.order, self.recipe.batch_size, self.recipe.seed, epoch)
        self.model.train()
        for batch in batches[self.curve.step - epoch * self.steps_an_epoch :]:
            loss = self._step(batch)
            self.curve.step += 1
            self.average.update(self.curve.step)
            self.curve.losses.append(loss)
            task.advance()
            if self.curve.step % self.steps_an_epoch:  # the last step of an epoch is kept with the epoch's score
                self._checkpoint()

    def _step(self, batch: IntArray) -> float:
        factor = _rate_factor(self.curve.step, self.steps, self.recipe.warmup)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor
        torch.manual_seed(self.group.seed(self.recipe.seed * 1_000_003 + self.curve.step))
        whole = float(self.weights[batch].sum()) * (2 if self.recipe.consistency else 1)
        batch, shares = self._own(batch)
        logits = _logits(self.model, self.rows.encoded, batch, self.pad_id, self.device, self.recipe.precision)
        targets = torch.from_numpy(self.rows.indices[self.rows.encoded.owners[batch]]).to(self.device)
        weights = torch.from_numpy(shares).to(self.device, torch.float32)
        losses = nn.functional.cross_entropy(
            logits, targets, reduction="none", label_smoothing=self.recipe.label_smoothing
        )
        if self.recipe.consistency:
            losses = losses + self.recipe.consistency * _divergence(logits)
        loss = (losses * weights).sum() / whole
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        value = self.group.add_gradients(parameters, float(loss.detach()))
        norm = nn.utils.clip_grad_norm_(parameters, self.recipe.max_gradient)
        if not math.isfinite(value) or not math.isfinite(float(norm)):
            self.keep()  # the weights are still those before this step
            raise TrainingError(self._not_a_number(value))
        self.optimizer.step()
        self.optimizer.zero_grad()
        return value

    def _own(self, batch: IntArray) -> tuple[IntArray, NDArray[np.float64]]:
        """The pieces that this process computes, and their weights.

        With fewer pieces than processes one of them is computed without weight, so that all have gradients to add.
        """
        own = batch[self.group.rank :: self.group.size]
        weights = self.weights[own]
        if not len(own):
            own, weights = batch[:1], np.zeros(1)
        return (np.tile(own, 2), np.tile(weights, 2)) if self.recipe.consistency else (own, weights)

    def score_epoch(self, epoch: int, validation: Rows) -> None:
        """Judge the epoch on the validation rows, and keep its weights if it is the best."""
        losses = self.curve.losses[epoch * self.steps_an_epoch :]
        with self.average.applied():
            accuracy, loss = _score(self.model, validation, self.pad_id, self.recipe.precision, self.group)
            self.curve.epochs.append(EpochScore(epoch + 1, float(np.mean(losses)), accuracy, loss))
            best = self.curve.best
            if best is not None and best.epoch == epoch + 1 and self.group.is_first:
                self.checkpoints.save_best(self.model)
        self._checkpoint()

    def _checkpoint(self) -> None:
        if time.monotonic() - self.saved >= self.checkpoint_every_s:
            self.keep()
            self.saved = time.monotonic()

    def keep(self) -> None:
        """Write where training stands; of several processes the first does."""
        if self.group.is_first:
            self.checkpoints.save(self.model, self.optimizer, self.average, self.curve)

    def _not_a_number(self, loss: float) -> str:
        return (
            f"training broke off at step {self.curve.step + 1} of {self.steps}: the loss ({loss}) or its gradient is "
            f"no finite number; lower 'learning_rate' (now {self.recipe.learning_rate:g}) or use 'precision: fp32'; "
            f"the last good weights are kept in {self.checkpoints.state_file}"
        )


def piece_logits(
    model: EncoderModel,
    encoded: Encoded,
    pad_id: int,
    precision: Literal["fp32", "bf16"] = "fp32",
    group: Group = ALONE,
) -> FloatArray:
    """Logits of shape (pieces, topics), computed shortest first and given in the order of the pieces."""
    device = next(model.parameters()).device
    ordered: FloatArray = np.zeros((len(encoded.pieces), model.topics))
    model.eval()
    with torch.inference_mode():
        for batch in group.share(inference_batches(encoded.lengths)):
            logits = _logits(model, encoded, batch, pad_id, device, precision)
            ordered[batch] = logits.double().cpu().numpy()
    return group.add(ordered)


def _logits(
    model: EncoderModel,
    encoded: Encoded,
    batch: IntArray,
    pad_id: int,
    device: torch.device,
    precision: Literal["fp32", "bf16"],
) -> Tensor:
    ids, mask = pad([encoded.pieces[row] for row in batch], pad_id)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
        logits: Tensor = model(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
    return logits


def _divergence(logits: Tensor) -> Tensor:
    """Half the symmetric Kullback-Leibler divergence between each row's two answers; first halves first, twice over."""
    first, second = nn.functional.log_softmax(logits, dim=-1).chunk(2)
    one_way = (first.exp() * (first - second)).sum(-1)
    other_way = (second.exp() * (second - first)).sum(-1)
    return ((one_way + other_way) / 2).repeat(2)


def _score(
    model: EncoderModel, rows: Rows, pad_id: int, precision: Literal["fp32", "bf16"], group: Group
) -> tuple[float | None, float | None]:
    """Accuracy over all texts, and log loss over those whose topic is known to the model."""
    if not rows.encoded.texts:
        return None, None
    logits = piece_logits(model, rows.encoded, pad_id, precision, group)
    probabilities = rows.encoded.mean_by_text(softmax(logits))
    right = probabilities.argmax(axis=1) == rows.indices
    known = np.flatnonzero(rows.indices >= 0)
    if not len(known):
        return float(right.mean()), math.inf
    chosen = probabilities[known, rows.indices[known]]
    return float(right.mean()), float(-np.log(np.maximum(chosen, 1e-12)).mean())


def _groups(model: EncoderModel, recipe: Recipe) -> list[dict[str, object]]:
    """Parameters by depth; biases and normalisation weights are not decayed."""
    groups: dict[tuple[int, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((model.depth_of(name), parameter.ndim > 1), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": recipe.learning_rate * recipe.layer_decay ** (depth - 1) if depth else recipe.head_learning_rate,
            "weight_decay": recipe.weight_decay if decayed else 0.0,
        }
        for (depth, decayed), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]


def _rate_factor(step: int, steps: int, warmup: float) -> float:
    """Linear rise over the first ``warmup`` of the steps, then linear fall to zero."""
    rise = warmup * steps
    if step < rise:
        return (step + 1) / (rise + 1)
    return (steps - step) / max(1.0, steps - rise)


def _is_over(curve: Curve, recipe: Recipe) -> bool:
    best = curve.best
    return recipe.patience is not None and best is not None and len(curve.epochs) - best.epoch >= recipe.patience


def _memory_watched(recipe: Recipe) -> AbstractContextManager[None]:
    """Turn running out of memory into one line that says what to lower."""
    return memory_explained(
        "training",
        f"lower 'batch_size' (now {recipe.batch_size}) or 'max_tokens', or write 'freeze: word_embeddings' or how many "
        "of the lowest layers to freeze",
    )
