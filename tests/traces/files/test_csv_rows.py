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
def test_cells_come_back(tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str]]) -> None:
    written = [tuple(cell.replace("\0", "").encode("utf-8", "ignore").decode() for cell in row) for row in written]  # type: ignore[misc]  # pairs stay pairs
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("a", "b"), *written])
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(text.getvalue().encode())
    rows = [row.value for row in read(path) if isinstance(row, Row)]
    assert rows == [{"a": a or None, "b": b or None} for a, b in written]


def cells(path: Path) -> list[object]:
    """The rows' values, and for rows that have none number, reason and detail."""
    return [row.value if isinstance(row, Row) else (row.row, row.reason, row.detail) for row in read(path)]


def test_short_rows_lack_their_last_cells_and_long_ones_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbfa,b\r\n1,2\r\n3\r\n\r\n4,5,6\r\n7,8,,\r\n")
    assert cells(tmp_path / "x.csv") == [
        {"a": "1", "b": "2"},
        {"a": "3", "b": None},
        (4, "wrong type", "3 cells for 2 columns"),
        {"a": "7", "b": "8"},
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,x; y\n", "a;b\n1;\"x; y\"\n", "sep=;\na;b\n1;\"x; y\"\n", "a\tb\n1\tx; y\n", "a|b\n1|x; y\n",
        "\n\na,b\n1,x; y\n", "a,b,,\n1,x; y,,\n", " a , b \n1,x; y\n", "\"sep=|\"\r\na|b\r\n1|x; y\r\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_dialect_reads_alike(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "x.csv").write_bytes(text.encode(encoding))
    assert cells(tmp_path / "x.csv") == [{"a": "1", "b": "x; y"}]


BROKEN = [
    ('1,"She said "hi" to me"', "not CSV"),
    ('1,"never closed', "not CSV"),
    ("1,2,3", "wrong type"),
    (b"1,\xff\xfe", "not UTF-8 text"),
    ("1," + "x" * 2000, "row too large"),
]


@pytest.mark.parametrize(("broken", "reason"), BROKEN)
@pytest.mark.parametrize("place", [0, 1, 30])
def test_a_broken_record_costs_itself_alone(
    tmp_path: Path, broken: str | bytes, reason: str, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "MAX_ROW_BYTES", 1000)
    lines = [b'%d,"several\nlines"' % number for number in range(31)]
    lines.insert(place, broken if isinstance(broken, bytes) else broken.encode())
    (tmp_path / "x.csv").write_bytes(b"\n".join([b"a,b", *lines, b""]))
    found = read(tmp_path / "x.csv")
    assert [row.value["a"] for row in found if isinstance(row, Row)] == [str(number) for number in range(31)]
    assert [row.reason for row in found if isinstance(row, Dropped)] == [reason]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"a,a\n1,2\n", "duplicate column"),
        (b'{"a": 1}\n', "it looks like JSON.; give it the suffix .jsonl"),
        (b"a,\xff\n1,2\n", "not UTF-8 text"),
        (
            "a,b\n1,2\n".encode("utf-16-be"),
            "looks like UTF-16 .big endian. without a byte order mark; save it as UTF-8",
        ),
    ],
)
def test_a_file_that_is_no_csv_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "x.csv").write_bytes(data)
    before = csv.field_size_limit()
    with pytest.raises(SourceError, match=message):
        read(tmp_path / "x.csv")
    assert csv.field_size_limit() == before


def test_many_quotes_that_never_close_end_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "_MOST_AGAIN", 100_000)
    (tmp_path / "x.csv").write_text("a,b\n" + ('1,"opens\n' + "1,2\n" * 50 + '"closes\n') * 1000)
    with pytest.raises(SourceError, match="too many broken quotes"):
        read(tmp_path / "x.csv")


def test_security_k10_a_short_row_costs_no_more_than_a_thousand_columns(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{i}" for i in range(1500)) + "\nx\n" + ",".join(["y"] * 1500) + "\n")
    short, whole = (row.value for row in read(path) if isinstance(row, Row))
    assert len(short) == 1000
    assert (short["c0"], short["c999"]) == ("x", None)
    assert len(whole) == 1500


def test_security_k10_a_name_twice_among_many_columns(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join([*(f"c{i}" for i in range(100_000)), "c7"]) + "\n")
    with pytest.raises(SourceError, match=r"duplicate column.*c7"):
        read(path)
