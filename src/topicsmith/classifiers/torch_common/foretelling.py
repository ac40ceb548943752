"""How long a training will take, told before it starts."""

import math
import time
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import nn

from topicsmith.progress import Progress, duration

_PROBED = 4
_WORTH_PROBING = 100
_WORTH_TELLING_S = 20.0


Batch = TypeVar("Batch")


class Trainable(Protocol[Batch]):
    """What of a learner is needed to train a step, or to try a few."""

    @property
    def model(self) -> nn.Module:
        """The model."""

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """Its optimizer, with the full rate of each group of parameters."""

    def batches(self, epoch: int) -> Sequence[Batch]:
        """The batches of an epoch, in order; they depend on nothing but the epoch."""

    def add_gradients(self, batch: Batch) -> float:
        """Add the gradient of this process's share of ``batch``; gives its share of the batch's mean loss."""


def foretell(learner: Trainable[Any], steps: int, epochs: int, progress: Progress) -> None:
    """Say how long ``steps`` steps take, by trying a few; trainings of seconds are not announced."""
    if steps < _WORTH_PROBING:
        return
    seconds = steps * seconds_a_step(learner)
    if seconds >= _WORTH_TELLING_S:
        progress.say(f"training: about {duration(seconds)} for {steps:,} steps in up to {epochs} epochs")


def seconds_a_step(learner: Trainable[Any]) -> float:
    """The mean time of a step, over batches spread across the first epoch, after one that is not counted.

    Weights, optimizer and random states are afterwards as before: rates are zero, and states that were made are
    dropped again.
    """
    batches = learner.batches(0)
    chosen = [batches[int(at)] for at in np.linspace(0, len(batches) - 1, _PROBED)]
    optimizer = learner.optimizer
    fresh, rates = not optimizer.state, [group["lr"] for group in optimizer.param_groups]
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    learner.model.train()
    took = []
    with torch.random.fork_rng():
        for batch in chosen:
            started = time.perf_counter()
            learner.add_gradients(batch)
            norm = float(nn.utils.clip_grad_norm_(parameters, 1.0))
            if fresh and math.isfinite(norm):
                for group in optimizer.param_groups:
                    group["lr"] = 0.0
                optimizer.step()
            optimizer.zero_grad()
            took.append(time.perf_counter() - started)
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
    if fresh:
        optimizer.state.clear()
    return float(np.mean(took[1:]))
