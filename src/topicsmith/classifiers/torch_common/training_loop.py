"""The training loop: warm-up, clipping, averaged weights, the best epoch, early stopping, resuming to the same weights.

Nothing in a step depends on anything but the step's number, the seed and the weights before it, so that a training
that was killed and taken up again ends with the weights of an undisturbed one.
"""

import math
import time
from dataclasses import dataclass
from typing import Generic, Protocol

import numpy as np
import torch
from torch import nn

from topicsmith.classifiers.torch_common.checkpoint import CheckpointStore, EpochScore, LossCurve
from topicsmith.classifiers.torch_common.devices import memory_explained
from topicsmith.classifiers.torch_common.distributed import ALONE, Group
from topicsmith.classifiers.torch_common.foretelling import Batch, Trainable, foretell
from topicsmith.classifiers.torch_common.weight_averaging import WeightAverage
from topicsmith.errors import TrainingError
from topicsmith.progress import Progress, Task

CHECKPOINT_EVERY_S = 60.0


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train.

    Rates rise over ``warmup`` (a share of all steps) and then fall linearly to zero. ``patience`` is the number of
    epochs without a better validation score after which training stops; ``None`` never stops early. ``averaging`` above
    zero is the decay of a running average of the weights, which is scored and kept. Where training stands is kept every
    ``checkpoint_every_s`` seconds, and where ``checkpoint_every`` is given after as many steps and every epoch.
    """

    epochs: int
    warmup: float
    max_gradient: float
    seed: int
    patience: int | None = None
    averaging: float = 0.0
    checkpoint_every_s: float = CHECKPOINT_EVERY_S
    checkpoint_every: int | None = None

    def rate_factor(self, step: int, steps: int) -> float:
        """The share of the full rate at ``step`` of ``steps``."""
        rise = self.warmup * steps
        if step < rise:
            return (step + 1) / (rise + 1)
        return (steps - step) / max(1.0, steps - rise)


class Learner(Trainable[Batch], Protocol[Batch]):
    """What is trained: the loop asks for batches, gradients and scores.

    ``cure`` says what to lower when memory runs out, ``diverged`` when the loss is not finite.
    """

    steps_an_epoch: int
    cure: str
    diverged: str

    def score(self) -> tuple[float | None, float | None]:
        """Accuracy and loss on the validation rows; ``None`` where there is none."""


def train(
    learner: Learner[Batch],
    schedule: Schedule,
    checkpoints: CheckpointStore,
    progress: Progress,
    group: Group = ALONE,
) -> LossCurve:
    """Train in place and leave the weights of the best epoch (the last without validation rows).

    As one process of a larger ``group`` it leaves the finished training as a checkpoint instead.

    Raises:
        TrainingError: when the loss is not finite, or memory runs out; checkpoints stay.
    """
    loop = _Loop(learner, schedule, checkpoints, group)
    if 0 < loop.curve.step < loop.steps and not loop.is_over:
        progress.say(f"training resumes after step {loop.curve.step}")
    with memory_explained("training", learner.cure):
        if group.size == 1 and not loop.is_over:
            foretell(learner, loop.steps - loop.curve.step, schedule.epochs, progress)
    with torch.random.fork_rng(), progress.task("training", loop.steps, "steps") as task:
        task.advance(loop.curve.step)
        for epoch in range(loop.curve.step // learner.steps_an_epoch, schedule.epochs):
            if loop.is_over:
                break
            with memory_explained("training", learner.cure):
                loop.run_epoch(epoch, task)
                loop.score_epoch(epoch)
    if group.size > 1:
        loop.keep()
    elif loop.curve.best is not None:
        checkpoints.restore_best(learner.model)
    else:
        loop.average.apply()
    learner.model.eval()
    return loop.curve


class _Loop(Generic[Batch]):
    """One training under way."""

    def __init__(self, learner: Learner[Batch], schedule: Schedule, checkpoints: CheckpointStore, group: Group) -> None:
        self.learner, self.schedule, self.checkpoints, self.group = learner, schedule, checkpoints, group
        self.steps = learner.steps_an_epoch * schedule.epochs
        self.rates = [float(group["lr"]) for group in learner.optimizer.param_groups]
        self.average = WeightAverage(learner.model, schedule.averaging)
        self.curve = checkpoints.restore(learner.model, learner.optimizer, self.average)
        self.saved = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether validation scores have not improved for long enough."""
        best, patience = self.curve.best, self.schedule.patience
        return patience is not None and best is not None and len(self.curve.epochs) - best.epoch >= patience

    def run_epoch(self, epoch: int, task: Task) -> None:
        """All steps of an epoch that are not done yet."""
        batches = self.learner.batches(epoch)
        self.learner.model.train()
        for batch in batches[self.curve.step - epoch * self.learner.steps_an_epoch :]:
            loss = self._step(batch)
            self.curve.step += 1
            self.average.update(self.curve.step)
            self.curve.losses.append(loss)
            task.advance()
            if self.curve.step % self.learner.steps_an_epoch:  # the last step is kept with the epoch's score
                every = self.schedule.checkpoint_every
                self._checkpoint(due=every is not None and self.curve.step % every == 0)

    def _step(self, batch: Batch) -> float:
        factor = self.schedule.rate_factor(self.curve.step, self.steps)
        for group, rate in zip(self.learner.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor
        torch.manual_seed(self.group.seed(self.schedule.seed * 1_000_003 + self.curve.step))
        parameters = [p for group in self.learner.optimizer.param_groups for p in group["params"]]
        loss = self.group.add_gradients(parameters, self.learner.add_gradients(batch))
        norm = float(nn.utils.clip_grad_norm_(parameters, self.schedule.max_gradient))
        if not math.isfinite(loss) or not math.isfinite(norm):
            raise TrainingError(self._diverged(loss))
        self.learner.optimizer.step()
        self.learner.optimizer.zero_grad()
        return loss

    def _diverged(self, loss: float) -> str:
        kept = "no step was completed"
        if self.curve.step:
            self.keep()  # the weights are still those before this step
            kept = f"the last good weights are kept in {self.checkpoints.state_file}"
        return (
            f"training diverged at step {self.curve.step + 1} of {self.steps}: the loss or its gradient is not finite "
            f"(loss {loss:g}); {self.learner.diverged}; {kept}"
        )

    def score_epoch(self, epoch: int) -> None:
        """Score the epoch on the validation rows, and keep its weights if it is the best."""
        losses = self.curve.losses[epoch * self.learner.steps_an_epoch :]
        with self.average.applied():
            accuracy, loss = self.learner.score()
            self.curve.epochs.append(EpochScore(epoch + 1, float(np.mean(losses)), accuracy, loss))
            best = self.curve.best
            if best is not None and best.epoch == epoch + 1 and self.group.is_first:
                self.checkpoints.save_best(self.learner.model)
        self._checkpoint(due=self.schedule.checkpoint_every is not None)

    def _checkpoint(self, *, due: bool) -> None:
        if due or time.monotonic() - self.saved >= self.schedule.checkpoint_every_s:
            self.keep()
            self.saved = time.monotonic()

    def keep(self) -> None:
        """Write where training stands; of several processes the first does."""
        if self.group.is_first:
            self.checkpoints.save(self.learner.model, self.learner.optimizer, self.average, self.curve)
