"""The loop on a problem small enough to follow by hand: one weight, gradients given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import nn

from topicsmith.classifiers.torch_common.checkpoint import CheckpointStore
from topicsmith.classifiers.torch_common.training_loop import Schedule, train
from topicsmith.errors import TrainingError
from topicsmith.progress import SilentProgress


@dataclass
class OneWeight:
    """A single weight under plain gradient descent; a batch is its gradient, a score is said beforehand."""

    gradients: list[list[float]]
    scores: list[tuple[float | None, float | None]] = field(default_factory=list)
    cure: str = "lower 'batch_size'"
    diverged: str = "lower 'learning_rate'"

    def __post_init__(self) -> None:
        self.model = nn.Linear(1, 1, bias=False)
        with torch.no_grad():
            self.model.weight.fill_(0.0)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1.0)
        self.steps_an_epoch = len(self.gradients[0])
        self.scored_at: list[float] = []
        self.rates: list[float] = []

    @property
    def weight(self) -> float:
        return self.model.weight.item()

    def batches(self, epoch: int) -> Sequence[float]:
        return self.gradients[epoch]

    def add_gradients(self, batch: float) -> float:
        self.rates.append(float(self.optimizer.param_groups[0]["lr"]))
        self.model.weight.grad = torch.full((1, 1), batch)
        return abs(batch)

    def score(self) -> tuple[float | None, float | None]:
        self.scored_at.append(self.weight)
        return self.scores[len(self.scored_at) - 1] if self.scores else (None, None)


def schedule(epochs: int, **own: float | None) -> Schedule:
    return Schedule(epochs, warmup=0.0, max_gradient=10.0, seed=13, **own)  # type: ignore[arg-type]  # floats and ints


@pytest.mark.parametrize(
    ("warmup", "factors"),
    [(0.0, [1.0, 0.75, 0.5, 0.25]), (0.5, [1 / 3, 2 / 3, 1.0, 0.5]), (0.1, [1 / 1.4, 3 / 3.6, 2 / 3.6, 1 / 3.6])],
)
def test_rates_rise_over_the_warm_up_and_fall_to_zero(warmup: float, factors: list[float]) -> None:
    found = [Schedule(1, warmup, 1.0, 13).rate_factor(step, 4) for step in range(4)]
    assert found == pytest.approx(factors)


def test_each_step_goes_down_its_gradient_at_the_rate_of_the_schedule(tmp_path: Path) -> None:
    learner = OneWeight([[1.0, 2.0], [3.0, 4.0]])
    curve = train(learner, schedule(2), CheckpointStore(tmp_path, "m"), SilentProgress())
    assert learner.rates == [1.0, 0.75, 0.5, 0.25]
    assert learner.weight == pytest.approx(-(1.0 + 1.5 + 1.5 + 1.0))
    assert (curve.step, curve.losses) == (4, [1.0, 2.0, 3.0, 4.0])
    assert [epoch.training_loss for epoch in curve.epochs] == [1.5, 3.5]


def test_a_long_gradient_is_clipped(tmp_path: Path) -> None:
    learner = OneWeight([[40.0]])
    train(learner, schedule(1), CheckpointStore(tmp_path, "m"), SilentProgress())
    assert learner.weight == pytest.approx(-10.0, rel=1e-5)


def test_the_weights_of_the_best_epoch_are_left(tmp_path: Path) -> None:
    learner = OneWeight([[1.0], [1.0], [1.0]], scores=[(0.5, 1.0), (0.9, 0.5), (0.7, 0.6)])
    train(learner, schedule(3), CheckpointStore(tmp_path, "m"), SilentProgress())
    assert learner.scored_at == pytest.approx([-1.0, -5 / 3, -2.0])
    assert learner.weight == pytest.approx(-5 / 3)


def test_without_validation_rows_the_last_weights_are_left(tmp_path: Path) -> None:
    learner = OneWeight([[1.0], [1.0]])
    train(learner, schedule(2), CheckpointStore(tmp_path, "m"), SilentProgress())
    assert learner.weight == pytest.approx(-1.5)


def test_patience_ends_a_training_that_no_longer_gets_better(tmp_path: Path) -> None:
    learner = OneWeight([[1.0]] * 6, scores=[(0.5, 1.0), (0.9, 0.5), (0.8, 0.6), (0.7, 0.7), (1.0, 0.0)])
    curve = train(learner, schedule(6, patience=2), CheckpointStore(tmp_path, "m"), SilentProgress())
    assert len(curve.epochs) == 4


def test_the_average_is_what_is_scored_and_left(tmp_path: Path) -> None:
    learner = OneWeight([[1.0], [1.0]])
    train(learner, schedule(2, averaging=0.9), CheckpointStore(tmp_path, "m"), SilentProgress())
    first = -1.0 * 0.9  # of the start, 1 / 10 is kept
    second = first * 2 / 11 - 1.5 * 9 / 11
    assert learner.scored_at == pytest.approx([first, second])
    assert learner.weight == pytest.approx(second)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_training_that_diverges_stops_before_the_step_and_says_what_to_lower(tmp_path: Path, bad: float) -> None:
    learner = OneWeight([[1.0, bad]])
    with pytest.raises(TrainingError) as raised:
        train(learner, schedule(1), CheckpointStore(tmp_path, "m"), SilentProgress())
    said = str(raised.value)
    assert said.startswith(f"training diverged at step 2 of 2: the loss or its gradient is not finite (loss {bad:g});")
    assert "lower 'learning_rate'" in said
    assert str(tmp_path / "checkpoint.safetensors") in said
    assert learner.weight == -1.0


def test_a_training_that_diverges_at_once_keeps_nothing(tmp_path: Path) -> None:
    learner = OneWeight([[float("nan")]])
    with pytest.raises(TrainingError, match="no step was completed"):
        train(learner, schedule(1), CheckpointStore(tmp_path, "m"), SilentProgress())
    assert list(tmp_path.iterdir()) == []


def test_broken_off_in_the_middle_of_an_epoch_it_goes_on_at_the_next_batch(tmp_path: Path) -> None:
    class KilledError(Exception):
        """Stands for the end of the process."""

    class Dies(OneWeight):
        def add_gradients(self, batch: float) -> float:
            if len(self.rates) == 3:
                raise KilledError
            return super().add_gradients(batch)

    gradients = [[1.0, 2.0], [3.0, 4.0]]
    every_step = schedule(2, checkpoint_every=1)
    with pytest.raises(KilledError):
        train(Dies(gradients), every_step, CheckpointStore(tmp_path / "killed", "m"), SilentProgress())
    resumed, undisturbed = OneWeight(gradients), OneWeight(gradients)
    curve = train(resumed, every_step, CheckpointStore(tmp_path / "killed", "m"), SilentProgress())
    assert train(undisturbed, every_step, CheckpointStore(tmp_path / "whole", "m"), SilentProgress()) == curve
    assert resumed.rates == [0.25]
    assert resumed.weight == undisturbed.weight
