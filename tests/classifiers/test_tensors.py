from pathlib import Path

import numpy as np
import pytest

from topicsmith.classifiers.tensors import (
    header_of,
    read_arrays,
    read_config,
    read_json,
    tensor_entries,
    topics_of,
    write_arrays,
    write_config,
)  # fmt: skip
from topicsmith.errors import ModelFolderError


def test_arrays_and_config_come_back(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.safetensors", {"x": np.array([[1.5, 2.0]]).T})
    write_config(tmp_path, "some-kind", ["Ä", "b"], {"more": 1})
    assert read_arrays(tmp_path / "a.safetensors", ["x"])["x"].tolist() == [[1.5], [2.0]]
    config = read_config(tmp_path, "some-kind")
    assert topics_of(config, tmp_path) == ("Ä", "b")
    assert config["label2id"] == {"Ä": 0, "b": 1}
    assert config["more"] == 1


@pytest.mark.parametrize("content", [b"", b"\xff" * 20, b"\x10\x00\x00\x00\x00\x00\x00\x00{not json here}"])
def test_fault_76_a_damaged_array_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(ModelFolderError, match="cannot be read as safetensors"):
        read_arrays(tmp_path / "a.safetensors", ["x"])


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.safetensors", {"x": np.zeros(1)})
    with pytest.raises(ModelFolderError, match="missing array 'y'"):
        read_arrays(tmp_path / "a.safetensors", ["x", "y"])
    with pytest.raises(ModelFolderError, match="is missing"):
        read_json(tmp_path / "none.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(ModelFolderError, match="is not a mapping"):
        read_json(tmp_path / "list.json")


def test_another_type_and_gaps_in_the_topics_are_refused(tmp_path: Path) -> None:
    write_config(tmp_path, "some-kind", ["a", "b"], {})
    with pytest.raises(ModelFolderError, match="is a 'some-kind', not a 'other'"):
        read_config(tmp_path, "other")
    with pytest.raises(ModelFolderError, match="lacks the index '1'"):
        topics_of({"id2label": {"0": "a", "2": "b"}}, tmp_path)
    with pytest.raises(ModelFolderError, match="names no topics"):
        topics_of({}, tmp_path)


@pytest.mark.parametrize(
    "header",
    [b"", b"[]", b"null", b"[" * 5000, b'{"a":' * 5000, b'{"a": 1}', b'{"a": {"shape": 3, "data_offsets": [0, 1]}}',
     b'{"a": {"shape": [1], "data_offsets": [0]}}', b'{"a": {"shape": [1], "data_offsets": [0, 1, 2]}}',
     b'{"a": {"shape": ["x"], "data_offsets": [0, 4]}}', b'{"a": {"shape": [1e999], "data_offsets": [0, 4]}}', b"\xff"],
)  # fmt: skip
def test_a_damaged_header_lists_no_tensors(header: bytes) -> None:
    assert tensor_entries(header) == []


def test_the_header_of_a_file_lists_its_tensors(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.safetensors", {"x": np.zeros((2, 3)), "y": np.zeros(4, dtype=np.float32)})
    with (tmp_path / "a.safetensors").open("rb") as file:
        entries = tensor_entries(header_of(file))
    assert sorted((entry.shape, entry.end - entry.begin) for entry in entries) == [((2, 3), 48), ((4,), 16)]
    (tmp_path / "b.safetensors").write_bytes((2**63).to_bytes(8, "little") + b"{}")
    with (tmp_path / "b.safetensors").open("rb") as file:
        assert header_of(file) == b"{}"
