"""All traces of a project's input."""

from pathlib import Path

import pytest

from tests.traces.helpers import write_lines
from topicsmith.errors import TraceError
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.files.sources import find_sources
from topicsmith.traces.reading import Reader


def reader(folder: Path, path: str) -> Reader:
    settings = TraceSettings(path=path)
    return Reader(find_sources(path, folder, folder), settings)


def chat(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}]}


def test_rows_are_counted_as_they_are_read(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", [chat("1"), chat("2"), b"{"])
    write_lines(tmp_path / "b.jsonl", [chat("3")])
    counted: list[int] = []
    found = reader(tmp_path, "*.jsonl")
    results = list(found.traces(counted.append))
    assert [type(result) for result in results] == [Trace, Trace, Dropped, Trace]
    assert sum(counted) == found.rows == 4


def test_a_file_of_a_folder_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", [chat("1")])
    (tmp_path / "b.jsonl").write_bytes(b"")
    (tmp_path / "c.parquet").write_bytes(b"nothing")
    results = list(reader(tmp_path, ".").traces(lambda _: None))
    reasons = [result.reason for result in results if isinstance(result, Dropped)]
    assert reasons == ["is empty", "not readable as Parquet"]
    assert sum(isinstance(result, Trace) for result in results) == 1


def test_when_no_file_can_be_read_the_first_reason_is_raised(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(b"")
    (tmp_path / "c.parquet").write_bytes(b"nothing")
    with pytest.raises(TraceError, match=r"b\.jsonl: is empty"):
        reader(tmp_path, ".")


def test_a_file_that_is_named_must_be_readable(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", [chat("1")])
    (tmp_path / "b.jsonl").write_bytes(b"")
    settings = TraceSettings(path=["a.jsonl", "b.jsonl"])
    with pytest.raises(TraceError, match=r"b\.jsonl: is empty"):
        Reader(find_sources(["a.jsonl", "b.jsonl"], tmp_path, tmp_path), settings)
