"""CSV and TSV."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.records import Dropped
from topicsmith.traces.base import Row, SourceError
from topicsmith.traces.files import csv_rows
from topicsmith.traces.files.sources import Source


def read(path: Path) -> list[Row | Dropped]:
    return list(csv_rows.csv_rows(Source(path, path.name, True)))


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), min_size=1, max_size=5))
def test_cells_come_back(tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]) -> None:
    cells = [tuple(cell.replace("\0", "").encode("utf-8", "ignore").decode() for cell in row) for row in cells]  # type: ignore[misc]  # pairs stay pairs
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("a", "b"), *cells])
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(text.getvalue().encode())
    rows = [row.value for row in read(path) if isinstance(row, Row)]
    assert rows == [{"a": a or None, "b": b or None} for a, b in cells]


def test_rows_with_other_numbers_of_cells_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbfa,b\r\n1,2\r\n3\r\n\r\n4,5,6\r\n")
    first, second, third = read(tmp_path / "x.csv")
    assert isinstance(first, Row)
    assert first.value == {"a": "1", "b": "2"}
    assert [(d.row, d.detail) for d in (second, third) if isinstance(d, Dropped)] == [
        (2, "1 cells for 2 columns"),
        (4, "3 cells for 2 columns"),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"a,a\n1,2\n", "duplicate column"),
        (b'a,b\n1,"never closed\n2,3\n', "x.csv:1: not CSV"),
        (b"a,b\n\xff\xfe,2\n", "not UTF-8 text"),
        (b"a,b\n1," + b"x" * 2000, "row too large"),
        (b'a,b\n1,"' + b"x\n" * 1000, "not CSV"),
    ],
)
def test_a_file_that_is_no_csv_is_refused(
    tmp_path: Path, data: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "MAX_ROW_BYTES", 1000)
    (tmp_path / "x.csv").write_bytes(data)
    before = csv.field_size_limit()
    with pytest.raises(SourceError, match=message):
        read(tmp_path / "x.csv")
    assert csv.field_size_limit() == before
