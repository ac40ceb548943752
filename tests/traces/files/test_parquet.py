"""Parquet, whole and ruined."""

import hashlib
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.traces.helpers import Ingest
from topicsmith.errors import TraceError
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped
from topicsmith.traces.base import Row, SourceError
from topicsmith.traces.files import parquet
from topicsmith.traces.files.parquet import parquet_head, parquet_rows
from topicsmith.traces.files.sources import Source

SETTINGS = TraceSettings(path="x")


def write(path: Path, rows: int = 5000) -> Path:
    texts = [f"question {number} " + "abc " * (number % 50) for number in range(rows)]
    pl.DataFrame({"text": texts, "n": range(rows)}).write_parquet(path, row_group_size=1000)
    return path


def test_rows_are_numbered_from_one_across_batches(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet")
    rows = [row for row in parquet_rows(Source(path, "x", True), None, SETTINGS) if isinstance(row, Row)]
    assert [row.number for row in rows] == list(range(1, 5001))
    assert rows[4321].value["n"] == 4321
    head = list(parquet_head(Source(path, "x", True), 3))
    assert [row.value["n"] for row in head if isinstance(row, Row)] == [0, 1, 2]


def ruined(data: bytes, how: str) -> bytes:
    middle = len(data) // 2
    match how:
        case "footer":
            return data[:-60] + b"\xff" * 52 + data[-8:]
        case "magic":
            return data[:-4] + b"XXXX"
        case "half":
            return data[:middle]
        case "length":
            return data[:-8] + (2**31 - 1).to_bytes(4, "little") + data[-4:]
        case _:
            return b"text,topic\nhello,A\n"


@pytest.mark.parametrize("how", ["footer", "magic", "half", "length", "csv"])
def test_a_destroyed_file_is_refused_in_one_line(tmp_path: Path, run: Ingest, how: str) -> None:
    path = write(tmp_path / "x.parquet")
    path.write_bytes(ruined(path.read_bytes(), how))
    with pytest.raises(TraceError, match=r"^x\.parquet: not readable as Parquet \(.*\); copy it again$"):
        run("x.parquet", format="table", text="text")


def test_destroyed_data_is_a_reason_with_the_row(tmp_path: Path, run: Ingest) -> None:
    path = tmp_path / "x.parquet"
    texts = [hashlib.sha512(b"%d" % number).hexdigest() for number in range(5000)]
    pl.DataFrame({"text": texts}).write_parquet(path, row_group_size=1000)
    data = bytearray(path.read_bytes())
    place = len(data) * 7 // 10
    data[place : place + 400] = b"\xff" * 400
    path.write_bytes(data)
    result = run("x.parquet", format="table", text="text")
    assert [reason for _, _, reason in result.reasons] == ["not readable as Parquet"]
    assert 0 < len(result.queries) < 5000


def test_packed_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"Parquet inside a compressed file; remove the \.gz"):
        list(parquet_rows(Source(tmp_path / "x.parquet.gz", "x", True), None, SETTINGS))


def test_a_row_that_is_too_large_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MAX_ROW_BYTES", 100)
    pl.DataFrame({"a": ["x" * 60, "x" * 60], "b": ["y" * 60, "y"]}).write_parquet(tmp_path / "x.parquet")
    first, second = parquet_rows(Source(tmp_path / "x.parquet", "x", True), None, SETTINGS)
    assert isinstance(first, Dropped)
    assert first.reason == "row too large"
    assert isinstance(second, Row)


def test_a_column_that_unpacks_to_hundreds_of_times_its_size_is_refused(
    tmp_path: Path, run: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "BOMB_BYTES", 2**20)
    rows = pl.DataFrame({"text": ["a" * 4_000_000], "n": [1]})
    rows.write_parquet(tmp_path / "bomb.parquet", compression="zstd")
    refused = r"^bomb\.parquet: looks like a decompression bomb \(the column 'text' grows to [\d,]+ times its size\);"
    with pytest.raises(TraceError, match=refused):
        run("bomb.parquet")
    with pytest.raises(TraceError, match=refused):
        run("bomb.parquet", text="text")


def test_a_large_row_group_is_read_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(write(tmp_path / "x.parquet"), "x", True)
    plain = list(parquet_rows(source, None, SETTINGS))
    monkeypatch.setattr(parquet, "LARGE_GROUP", 1000)
    assert list(parquet_rows(source, None, SETTINGS)) == plain
    assert list(parquet_head(source, 3)) == plain[:3]


def test_a_large_row_group_without_pyarrow_names_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "LARGE_GROUP", 1000)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(SourceError, match=r"x: has a row group too large to be held; pip install pyarrow, or write it"):
        list(parquet_rows(Source(write(tmp_path / "x.parquet"), "x", True), None, SETTINGS))


def test_ruin_in_a_large_row_group_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "LARGE_GROUP", 1000)
    path = write(tmp_path / "x.parquet")
    data = bytearray(path.read_bytes())
    data[200:9000] = b"\xff" * 8800
    path.write_bytes(data)
    with pytest.raises(SourceError, match="not readable as Parquet"):
        list(parquet_rows(Source(path, "x", True), None, SETTINGS))
