from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from topicsmith.classifiers.torch_common.checkpoint import CheckpointStore, EpochScore, LossCurve
from topicsmith.classifiers.torch_common.weight_averaging import WeightAverage
from topicsmith.errors import TrainingError


def _trained() -> tuple[nn.Linear, torch.optim.AdamW]:
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return model, optimizer


def test_weights_moments_and_curve_come_back(tmp_path: Path) -> None:
    model, optimizer = _trained()
    curve = LossCurve(1, [0.5], [EpochScore(1, 0.5, 0.9, 0.2)])
    average = WeightAverage(model, 0.5)
    average.tensors["weight"].fill_(7.0)
    CheckpointStore(tmp_path, "m").save(model, optimizer, average, curve)
    fresh = nn.Linear(3, 2)
    other = torch.optim.AdamW(fresh.parameters(), lr=0.1)
    restored = WeightAverage(fresh, 0.5)
    assert CheckpointStore(tmp_path, "m").restore(fresh, other, restored) == curve
    assert torch.equal(fresh.weight, model.weight)
    assert torch.equal(restored.tensors["weight"], torch.full((2, 3), 7.0))
    state, expected = other.state[fresh.weight], optimizer.state[model.weight]
    assert all(torch.equal(state[key], expected[key]) for key in ("step", "exp_avg", "exp_avg_sq"))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]


def test_a_torn_checkpoint_counts_as_none(tmp_path: Path) -> None:
    model, optimizer = _trained()
    folder = CheckpointStore(tmp_path, "m")
    average = WeightAverage(model, 0.0)
    folder.save(model, optimizer, average, LossCurve(1))
    whole = (tmp_path / "checkpoint.safetensors").read_bytes()
    (tmp_path / "checkpoint.safetensors").write_bytes(whole[: len(whole) // 2])
    assert folder.restore(model, optimizer, average) == LossCurve()


def test_best_weights(tmp_path: Path) -> None:
    model, _ = _trained()
    folder = CheckpointStore(tmp_path, "m")
    folder.save_best(model)
    fresh = nn.Linear(3, 2)
    folder.restore_best(fresh)
    assert torch.equal(fresh.weight, model.weight)
    (tmp_path / "best.safetensors").unlink()
    with pytest.raises(TrainingError, match="the best weights are gone"):
        folder.restore_best(fresh)


def test_the_best_epoch_is_the_most_accurate_then_the_one_of_least_loss() -> None:
    scores = [EpochScore(1, 1.0, 0.8, 0.9), EpochScore(2, 1.0, 0.9, 0.5), EpochScore(3, 1.0, 0.9, 0.4)]
    best = LossCurve(3, [], scores).best
    assert best is not None
    assert best.epoch == 3
    assert LossCurve(1, [], [EpochScore(1, 1.0, None, None)]).best is None


def test_without_accuracies_the_best_epoch_is_the_first_of_least_loss() -> None:
    scores = [EpochScore(1, 1.0, None, 0.9), EpochScore(2, 1.0, None, 0.4), EpochScore(3, 1.0, None, 0.4)]
    best = LossCurve(3, [], scores).best
    assert best is not None
    assert best.epoch == 2


def test_a_checkpoint_of_another_training_counts_as_none(tmp_path: Path) -> None:
    model, optimizer = _trained()
    average = WeightAverage(model, 0.0)
    CheckpointStore(tmp_path, "m").save(model, optimizer, average, LossCurve(1))
    assert CheckpointStore(tmp_path, "other").restore(model, optimizer, average) == LossCurve()
    assert {path.suffix for path in tmp_path.iterdir()} == {".safetensors"}


@pytest.mark.parametrize("state", [{}, {"state": ""}, {"state": "[" * 5000}, {"state": '"\\ud800"'}])
def test_a_checkpoint_without_its_state_counts_as_none(state: dict[str, str], tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, "a")
    model = nn.Linear(2, 2)
    store.save_best(model)
    [path] = tmp_path.glob("*.safetensors")
    save_file({"weight": torch.zeros(2, 2)}, path, {"fingerprint": "a", **state})
    with pytest.raises(TrainingError, match="the best weights are gone"):
        store.restore_best(model)
