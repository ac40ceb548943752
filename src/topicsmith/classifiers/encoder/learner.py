"""What an encoder learns from and how: pieces of like length, a weighted loss, rates by layer."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.encoder.batching import Padding, inference_batches, pad, training_batches
from topicsmith.classifiers.encoder.model import EncoderModel
from topicsmith.classifiers.encoder.tokenization import Encoded
from topicsmith.classifiers.probabilities import softmax
from topicsmith.classifiers.torch_common.checkpoint import CheckpointStore, LossCurve
from topicsmith.classifiers.torch_common.distributed import ALONE, Group
from topicsmith.classifiers.torch_common.training_loop import CHECKPOINT_EVERY_S, Schedule, train
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.progress import Progress


@dataclass(frozen=True)
class EncoderRecipe:
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
    padding: Padding,
    rows: Rows,
    validation: Rows,
    recipe: EncoderRecipe,
    checkpoints: CheckpointStore,
    progress: Progress,
    checkpoint_every_s: float = CHECKPOINT_EVERY_S,
    group: Group = ALONE,
) -> LossCurve:
    """Train ``model`` in place and leave it with the weights of its best epoch (the last without validation rows).

    Raises:
        TrainingError: when the loss is not finite, or memory runs out.
    """
    schedule = Schedule(
        recipe.epochs, recipe.warmup, recipe.max_gradient, recipe.seed, recipe.patience, recipe.averaging,
        checkpoint_every_s,
    )  # fmt: skip
    return train(
        EncoderLearner(model, padding, rows, validation, recipe, group), schedule, checkpoints, progress, group
    )


class EncoderLearner:
    """An encoder that learns from pieces of texts of like length."""

    def __init__(
        self, model: EncoderModel, padding: Padding, rows: Rows, validation: Rows, recipe: EncoderRecipe, group: Group
    ) -> None:
        """Learn from ``rows`` and score on ``validation``, as one process of ``group``."""
        self.model, self.padding, self.rows, self.validation = model, padding, rows, validation
        self.recipe, self.group = recipe, group
        self.device = next(model.parameters()).device
        self.lengths, self.order, self.weights = rows.encoded.lengths, rows.order, rows.piece_weights
        self.steps_an_epoch = math.ceil(len(self.order) / recipe.batch_size)
        self.optimizer = torch.optim.AdamW(_groups(model, recipe), fused=True)
        self.cure = (
            f"lower 'batch_size' (now {recipe.batch_size}) or 'max_tokens', or write 'freeze: word_embeddings' or how "
            "many of the lowest layers to freeze"
        )
        self.diverged = f"lower 'learning_rate' (now {recipe.learning_rate:g}) or use 'precision: fp32'"

    def batches(self, epoch: int) -> list[IntArray]:
        """The pieces of an epoch in batches of like length."""
        return training_batches(self.lengths, self.order, self.recipe.batch_size, self.recipe.seed, epoch)

    def add_gradients(self, batch: IntArray) -> float:
        """The weighted mean loss of the batch's pieces."""
        whole = float(self.weights[batch].sum()) * (2 if self.recipe.consistency else 1)
        batch, shares = self._own(batch)
        logits = _logits(self.model, self.rows.encoded, batch, self.padding, self.device, self.recipe.precision)
        targets = torch.from_numpy(self.rows.indices[self.rows.encoded.owners[batch]]).to(self.device)
        weights = torch.from_numpy(shares).to(self.device, torch.float32)
        losses = nn.functional.cross_entropy(
            logits, targets, reduction="none", label_smoothing=self.recipe.label_smoothing
        )
        if self.recipe.consistency:
            losses = losses + self.recipe.consistency * _divergence(logits)
        loss = (losses * weights).sum() / whole
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return float(loss.detach())

    def _own(self, batch: IntArray) -> tuple[IntArray, NDArray[np.float64]]:
        """The pieces that this process computes, and their weights.

        With fewer pieces than processes one of them is computed without weight, so that all have gradients to add.
        """
        own = batch[self.group.rank :: self.group.size]
        weights = self.weights[own]
        if not len(own):
            own, weights = batch[:1], np.zeros(1)
        return (np.tile(own, 2), np.tile(weights, 2)) if self.recipe.consistency else (own, weights)

    def score(self) -> tuple[float | None, float | None]:
        """Accuracy over all validation texts, and log loss over those whose topic is known to the model."""
        rows = self.validation
        if not rows.encoded.texts:
            return None, None
        logits = piece_logits(self.model, rows.encoded, self.padding, self.recipe.precision, self.group)
        probabilities = rows.encoded.mean_by_text(softmax(logits))
        right = probabilities.argmax(axis=1) == rows.indices
        known = np.flatnonzero(rows.indices >= 0)
        if not len(known):
            return float(right.mean()), math.inf
        chosen = probabilities[known, rows.indices[known]]
        return float(right.mean()), float(-np.log(np.maximum(chosen, 1e-12)).mean())


def piece_logits(
    model: EncoderModel,
    encoded: Encoded,
    padding: Padding,
    precision: Literal["fp32", "bf16"] = "fp32",
    group: Group = ALONE,
) -> FloatArray:
    """Logits of shape (pieces, topics), computed shortest first and given in the order of the pieces."""
    device = next(model.parameters()).device
    ordered: FloatArray = np.zeros((len(encoded.pieces), model.topics))
    model.eval()
    with torch.inference_mode():
        for batch in group.share(inference_batches(encoded.lengths)):
            logits = _logits(model, encoded, batch, padding, device, precision)
            ordered[batch] = logits.double().cpu().numpy()
    return group.add(ordered)


def _logits(
    model: EncoderModel,
    encoded: Encoded,
    batch: IntArray,
    padding: Padding,
    device: torch.device,
    precision: Literal["fp32", "bf16"],
) -> Tensor:
    ids, mask = pad([encoded.pieces[row] for row in batch], padding)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
        logits: Tensor = model(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
    return logits


def _divergence(logits: Tensor) -> Tensor:
    """Half the symmetric Kullback-Leibler divergence between each row's two answers; first halves first, twice over."""
    first, second = nn.functional.log_softmax(logits, dim=-1).chunk(2)
    one_way = (first.exp() * (first - second)).sum(-1)
    other_way = (second.exp() * (second - first)).sum(-1)
    return ((one_way + other_way) / 2).repeat(2)


def _groups(model: EncoderModel, recipe: EncoderRecipe) -> list[dict[str, object]]:
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
