"""The tiny Qwen3 is one: its configuration, its markers, its size."""

import json
from pathlib import Path

import pytest

from topicsmith.testing import tiny_qwen3

pytest.importorskip("transformers")


def test_it_has_qwen3s_architecture_and_markers(tmp_path: Path) -> None:
    from topicsmith.classifiers.causal.base_model import load_tokenizer

    weights = tiny_qwen3.make(tmp_path, ["some words to learn from"] * 5, vocabulary=300, hidden=32, layers=1, heads=2)
    assert weights < 100_000
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["architectures"] == ["Qwen3ForCausalLM"]
    tokenizer = load_tokenizer(str(tmp_path))
    assert tokenizer.eos_token == "<|im_end|>"
    markers = [*tiny_qwen3.SPECIAL, *tiny_qwen3.PLAIN_ADDED]
    assert all(len(tokenizer(marker, add_special_tokens=False).input_ids) == 1 for marker in markers)
