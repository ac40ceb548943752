"""What is written as a graph, and what is refused in one line."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from topicsmith.classifiers.encoder.tokenization import TextEncoder, load_tokenizer
from topicsmith.classifiers.onnx.graph import OPSET, need_exporter, write_graph
from topicsmith.classifiers.onnx.parts import OnnxParts
from topicsmith.errors import MissingExtraError, ModelFolderError


def module(**parts: Any) -> Any:
    import torch

    class Sums(torch.nn.Module):
        """The sum of the ids that the mask keeps, or whatever ``forward`` is given."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, ids: Any, mask: Any) -> Any:
            if "fails" in parts:
                raise ValueError("no such thing.\nand more")
            return (ids * mask).sum(1, keepdim=True) * self.weight

    return Sums()


@pytest.fixture(scope="module")
def texts(tiny: Path) -> TextEncoder:
    return TextEncoder(load_tokenizer(str(tiny)), 64, "head")


@pytest.mark.slow
def test_batch_and_length_are_open_and_nothing_is_said(
    texts: TextEncoder, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import onnxruntime

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_graph(OnnxParts(module(), texts), tmp_path / "m.onnx")
    assert capfd.readouterr() == ("", "")
    assert onnx.load(str(tmp_path / "m.onnx")).opset_import[0].version == OPSET == 18
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    for shape in ((1, 1), (1, 9), (5, 3)):
        ids, mask = np.full(shape, 2), np.ones(shape, np.int64)
        mask[:, 0] = 0
        found = session.run(["numbers"], {"input_ids": ids, "attention_mask": mask})[0]
        assert found.tolist() == [[2.0 * (shape[1] - 1)]] * shape[0]


@pytest.mark.slow
def test_what_cannot_be_traced_is_told_in_one_line(texts: TextEncoder, tmp_path: Path) -> None:
    with pytest.raises(
        ModelFolderError, match=r"^this encoder cannot be written as ONNX \(.+\); serve the trained"
    ) as e:
        write_graph(OnnxParts(module(fails=True), texts), tmp_path / "m.onnx")
    assert "\n" not in str(e.value)


def test_what_is_too_large(texts: TextEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topicsmith.classifiers.onnx.graph._LARGEST", 1)
    with pytest.raises(ModelFolderError, match=r"an ONNX file holds 2 GB and this encoder has 0.0; export a smaller"):
        write_graph(OnnxParts(module(), texts), tmp_path / "m.onnx")


@pytest.mark.parametrize(("library", "extra"), [("torch", "train"), ("onnxscript", "onnx")])
def test_what_is_not_installed_is_named(library: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    need_exporter()
    monkeypatch.setattr(
        "topicsmith.classifiers.onnx.graph.find_spec", lambda name: None if name == library else object()
    )
    with pytest.raises(MissingExtraError, match=rf"'export --onnx' needs libraries that are not installed.*{extra}"):
        need_exporter()
