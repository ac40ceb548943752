"""What is written beside the graph; the answers are held against torch's in ``test_model.py``."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from topicsmith.classifiers.encoder.tokenization import TextEncoder, load_tokenizer
from topicsmith.classifiers.onnx.parts import OnnxParts, Traceable
from topicsmith.classifiers.onnx.write import write_files
from topicsmith.errors import ModelFolderError


def test_settings_and_tokenizer(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def graph(parts: OnnxParts, path: Path) -> None:
        path.write_text("a graph")

    monkeypatch.setattr("topicsmith.classifiers.onnx.write.write_graph", graph)
    monkeypatch.setattr("topicsmith.classifiers.onnx.write.quantize", lambda source, path: path.write_text("small"))
    texts = TextEncoder(load_tokenizer(str(tiny)), 40, "windows", "left")
    head = (np.ones((2, 3)), np.zeros(2))
    for precision, written in (("fp32", "a graph"), ("int8", "small")):
        folder = tmp_path / precision
        folder.mkdir()
        write_files(OnnxParts(None, texts, head), ("a", "b"), folder, precision)  # type: ignore[arg-type]
        config = json.loads((folder / "config.json").read_text())
        assert config == {
            "model_type": "topicsmith-onnx",
            "id2label": {"0": "a", "1": "b"},
            "label2id": {"a": 0, "b": 1},
            "precision": precision,
            "head": True,
            "max_tokens": 40,
            "long_texts": "windows",
            "padding_side": "left",
            "padding_id": 0,
            "empty_id": 0,
        }
        assert (folder / "model.onnx").read_text() == written
        assert sorted(path.name for path in folder.iterdir()) == [
            "config.json",
            "head.safetensors",
            "model.onnx",
            "tokenizer.json",
        ]


def test_a_tokenizer_without_a_file_is_refused(tmp_path: Path) -> None:
    texts: Any = SimpleNamespace(tokenizer=SimpleNamespace())
    with pytest.raises(ModelFolderError, match=r"tokenizer is written in Python and has no 'tokenizer.json'; serve"):
        write_files(OnnxParts(None, texts), ("a", "b"), tmp_path, "fp32")
    assert list(tmp_path.iterdir()) == []
    assert not isinstance(object(), Traceable)
