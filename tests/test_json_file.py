"""The reader of every JSON document: any type, depth, size or encoding ends in one line."""

import errno
import math
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from topicsmith import json_file
from topicsmith.errors import ModelFolderError, RunStateError, StorageError, TopicsmithError, UpstreamError
from topicsmith.json_file import DEEPEST, checked, interpreting, parse_json, read_json


def test_a_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": [1, 2.5, null, "\\ud83d\\ude00"]}')
    assert read_json(path) == {"a": [1, 2.5, None, "\U0001f600"]}


def test_numbers_of_python_and_of_model_folders_are_numbers() -> None:
    assert math.isnan(parse_json(b"[NaN]", "x")[0])
    assert parse_json(b"[-Infinity, 1000000000000000019884624838656]", "x") == [-math.inf, 10**30 + 19884624838656]


HOSTILE = [
    (b"", "not JSON"),
    (b"{", "not JSON"),
    (b"\xff\xfe{", "not JSON"),
    (b"\x00" * 20, "not JSON"),
    ("{}".encode("utf-16"), "not JSON"),
    (b'{"a": "\xe9"}', "not JSON"),
    (b"[" * 100_000, "nested more than 64 deep"),
    (b"[" * 100_000 + b"]" * 100_000, "nested more than 64 deep"),
    (b'{"a":' * 500 + b"1" + b"}" * 500, "nested more than 64 deep"),
    (b'["\\ud83d"]', "half of a surrogate pair"),
    (b'{"\\udc00": 1}', "half of a surrogate pair"),
    (b"[" + b"1" * 5000 + b"]", "not JSON"),
]


@pytest.mark.parametrize(("data", "said"), HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("error", [RunStateError, ModelFolderError, UpstreamError])
def test_security_k20_hostile_bytes_are_one_line(
    data: bytes, said: str, error: type[TopicsmithError], tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(error, match=said) as raised:
        read_json(path, error, "cure it")
    assert str(raised.value).startswith(f"{path}: ")
    assert str(raised.value).endswith("; cure it")
    assert "\n" not in str(raised.value)


def test_depth_that_is_allowed_is_read() -> None:
    assert parse_json(b"[" * DEEPEST + b"]" * DEEPEST, "x")
    with pytest.raises(RunStateError, match="nested"):
        parse_json(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "x")


def test_security_k20_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_file, "MOST_BYTES", 1024**2)
    (tmp_path / "a.json").write_bytes(b" " * 2 * 1024**2 + b"1")
    with pytest.raises(RunStateError, match="is larger than 1 MiB"):
        read_json(tmp_path / "a.json")


def test_security_k20_what_is_no_plain_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    for name in ("pipe.json", "folder.json", "n" * 300):
        with pytest.raises(RunStateError, match=r"cannot be read \("):
            read_json(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "none.json")


def test_a_failing_disk_is_no_fault_of_the_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(StorageError, match="Input/output error"):
        read_json(tmp_path / "a.json", ModelFolderError)
    with pytest.raises(OSError, match="Input/output error"), interpreting("x"):
        fail()


@dataclass(frozen=True)
class Row:
    """A record for the test."""

    name: str
    sizes: tuple[int, ...] = ()


def test_a_document_becomes_its_record() -> None:
    assert checked(list[Row], [{"name": "a", "sizes": [1], "more": 0}], "x") == [Row("a", (1,))]


@pytest.mark.parametrize("document", [None, 3, "a", {}, [3], [{"name": 3}], [{"name": "a", "sizes": 1}], [[[]]], True])
def test_security_k20_another_form_names_its_place(document: object) -> None:
    with pytest.raises(
        RunStateError, match=r"^board\.json: .*; was it written by another version\? remove it"
    ) as raised:
        checked(list[Row], document, "board.json")
    assert "\n" not in str(raised.value)


def test_what_takes_a_document_apart_ends_in_one_line() -> None:
    empty: dict[str, str] = {}
    with (
        pytest.raises(ModelFolderError, match=r"^m: cannot be used \(KeyError: 'a'\); copy it$"),
        interpreting("m", ModelFolderError, "copy it"),
    ):
        empty["a"]
    with pytest.raises(RunStateError, match=r"^kept$"), interpreting("m", ModelFolderError, "copy it"):
        raise RunStateError("kept")
