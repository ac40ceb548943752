"""Checkpoints: whole or not there, and damaged ones passed over."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from topicsmith.classifiers.causal.checkpoint import CheckpointStore, TrainingState  # noqa: E402  # torch comes first


def state(step: int, fingerprint: str = "f") -> TrainingState:
    return TrainingState(fingerprint, step, [1.0] * step, [0.5], 0, {"weight.a": torch.full((2, 2), float(step))})


def test_what_was_saved_comes_back_and_only_two_are_kept(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path / "c")
    assert store.latest("f") is None
    for step in (5, 10, 15):
        store.save(state(step))
    found = store.latest("f")
    assert found is not None
    assert (found.step, found.losses, found.validation, found.best_epoch) == (15, [1.0] * 15, [0.5], 0)
    assert torch.equal(found.tensors["weight.a"], torch.full((2, 2), 15.0))
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["step-00000010", "step-00000015"]
    assert store.latest("other") is None
    store.clear()
    assert store.latest("f") is None


@pytest.mark.parametrize("name", ["state.safetensors", "state.json"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before_fault_42(tmp_path: Path, name: str) -> None:
    store = CheckpointStore(tmp_path)
    store.save(state(5))
    store.save(state(10))
    path = tmp_path / "step-00000010" / name
    path.write_bytes(path.read_bytes()[:10])
    found = store.latest("f")
    assert found is not None
    assert found.step == 5


def test_nothing_in_a_checkpoint_can_run_code(tmp_path: Path) -> None:
    CheckpointStore(tmp_path).save(state(1))
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".safetensors", ".json"}
