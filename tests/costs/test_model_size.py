"""Sizes of models: as named, and as counted in the headers of real weight files."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from topicsmith.costs.model_size import elements, parameters_of, stated_in


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("Qwen/Qwen3-0.6B", 600_000_000),
        ("together:zai-org/GLM-4.5-106B-Air", 106_000_000_000),
        ("EleutherAI/pythia-70m", 70_000_000),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", 80_000_000_000),
        ("openai:gpt-4.1-nano", None),
        ("distilbert/distilbert-base-uncased", None),
    ],
)
def test_a_name_states_a_size_or_none(name: str, size: int | None) -> None:
    assert stated_in(name) == size


def test_weights_are_counted_and_adapters_are_not(tmp_path: Path) -> None:
    save_file({"a": np.zeros((3, 4), np.float32), "b": np.zeros(5, np.float16)}, tmp_path / "model.safetensors")
    save_file({"scale": np.array(1.0)}, tmp_path / "head.safetensors")
    (tmp_path / "adapters").mkdir()
    save_file({"lora": np.zeros((100, 100), np.float32)}, tmp_path / "adapters" / "adapter_model.safetensors")
    assert elements(tmp_path / "model.safetensors") == 3 * 4 + 5
    assert parameters_of(None, tmp_path, tmp_path) == 18  # a number alone has no dimension and counts as one


def test_adapters_alone_have_the_size_of_their_base_model(tmp_path: Path) -> None:
    trained, base = tmp_path / "trained", tmp_path / "models" / "tiny"
    for folder in (trained, base):
        folder.mkdir(parents=True)
    save_file({"lora": np.zeros(7, np.float32)}, trained / "adapter_model.safetensors")
    save_file({"w": np.zeros((10, 10), np.float32)}, base / "model.safetensors")
    assert parameters_of("models/tiny", trained, tmp_path) == 100
    assert parameters_of("elsewhere", trained, tmp_path) is None
    assert parameters_of("Qwen/Qwen3-4B", trained, tmp_path) == 4_000_000_000
