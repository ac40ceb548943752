"""A base model is known by what is in its folder."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from topicsmith.classifiers import base_digest as module
from topicsmith.classifiers.base_digest import base_digest


def folder_with(path: Path, weights: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]) -> Path:
    path.mkdir(exist_ok=True)
    (path / "config.json").write_text("{}")
    save_file(weights, path / "model.safetensors")
    return path


@pytest.mark.parametrize("whole", [64 * 1024 * 1024, 100])
def test_training_k04_other_weights_of_the_same_shapes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    monkeypatch.setattr(module, "_WHOLE", whole)
    weights = {"a": np.zeros((50, 200), dtype=np.float32), "b": np.ones(3, dtype=np.float32)}
    base = folder_with(tmp_path / "base", weights)
    before = base_digest(base)
    folder_with(tmp_path / "base", {**weights, "a": weights["a"] + 1e-3})
    after = base_digest(base)
    folder_with(tmp_path / "base", {**weights, "b": np.array([1, 1, 2], dtype=np.float32)})
    assert len({before, after, base_digest(base)}) == 3
    folder_with(tmp_path / "base", weights)
    assert base_digest(base) == before


def test_training_k04_a_copy_elsewhere_is_the_same_base_and_its_card_does_not_count(tmp_path: Path) -> None:
    base = folder_with(tmp_path / "base", {"a": np.zeros(4, dtype=np.float32)})
    shutil.copytree(base, tmp_path / "copy")
    (tmp_path / "copy" / "README.md").write_text("a card")
    assert base_digest(tmp_path / "copy") == base_digest(base)


def test_training_k04_another_tokenizer_or_configuration(tmp_path: Path) -> None:
    base = folder_with(tmp_path / "base", {"a": np.zeros(4, dtype=np.float32)})
    before = base_digest(base)
    (base / "tokenizer.json").write_text("{}")
    with_tokenizer = base_digest(base)
    (base / "config.json").write_text('{"model_type": "bert"}')
    assert len({before, with_tokenizer, base_digest(base)}) == 3
