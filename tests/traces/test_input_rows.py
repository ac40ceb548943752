"""One row for every line, whatever the line is."""

import gzip
import io
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.errors import TraceError
from topicsmith.traces.input_rows import InputRow, InputSettings, find_inputs, input_rows


def read(folder: Path, text: str | bytes, name: str = "lines.txt", field: str = "text") -> list[InputRow]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return rows_of(path, field=field)


def rows_of(*paths: Path, field: str = "text", form: str | None = None) -> list[InputRow]:
    settings = InputSettings(field, form)
    with TemporaryDirectory() as workspace:
        return list(input_rows(find_inputs(paths, settings, Path(workspace)), settings))


@pytest.mark.parametrize(
    ("line", "status", "text"),
    [
        ("how do I pay", "ok", "how do I pay"),
        ("", "empty", ""),
        ("  \t", "empty", ""),
        ('{"text": "a loan"}', "ok", "a loan"),
        ('{"text": ""}', "empty", ""),
        ('{"text": null}', "unreadable", ""),
        ('{"txt": "a"}', "unreadable", ""),
        ('{"text": "a', "unreadable", ""),
        ('[{"role": "user", "content": "hello"}]', "ok", "hello"),
        ("[urgent] my card is lost", "ok", "[urgent] my card is lost"),
        ('["a", "b"]', "ok", '["a", "b"]'),
        ('{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]}', "ok", "hi"),
        ('{"conversations": [{"from": "human", "value": "hi"}]}', "ok", "hi"),
        ('{"conversation_hash": "h", "conversation": [{"role": "user", "content": "hi"}]}', "ok", "hi"),
        ('{"model": "m", "input": "hi"}', "ok", "hi"),
        ('{"messages": [{"role": "assistant", "content": "hi"}]}', "unreadable", ""),
    ],
)
def test_what_a_line_says(tmp_path: Path, line: str, status: str, text: str) -> None:
    [before, row, after] = read(tmp_path, f"before\n{line}\nafter\n")
    assert (row.status, row.text) == (status, text)
    assert (before.text, after.text, row.where) == ("before", "after", f"{tmp_path / 'lines.txt'}:2")
    assert bool(row.problem) == (status != "ok")


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\n\r"))))
def test_as_many_rows_as_lines(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    folder = tmp_path_factory.mktemp("lines")
    assert len(read(folder, "".join(f"{line}\n" for line in lines))) == len(lines)


def test_bytes_that_are_no_text_and_other_line_ends_keep_their_line(tmp_path: Path) -> None:
    rows = read(tmp_path, b"\xef\xbb\xbfa\r\n\xff\xfe\n\x0b\x0cb\xe2\x80\xa8c\n")
    assert [row.text for row in rows] == ["a", "\ufffd\ufffd", "\x0b\x0cb\u2028c"]


def test_a_row_s_own_id_comes_back(tmp_path: Path) -> None:
    rows = read(tmp_path, '{"id": "a-1", "text": "x"}\n{"id": 7, "text": ""}\n{"id": true, "text": "y"}\n')
    assert [row.id for row in rows] == ["a-1", "7", None]


def test_a_csv_file_is_read_by_its_header(tmp_path: Path) -> None:
    rows = read(tmp_path, 'id,text\n1,"pay, please"\n2,\n3\n', "a.csv")
    assert [(row.id, row.status, row.text) for row in rows] == [
        ("1", "ok", "pay, please"),
        ("2", "empty", ""),
        ("3", "empty", ""),
    ]
    [row] = read(tmp_path, "question\nhow much\n", "b.csv", field="question")
    assert row.text == "how much"


def test_a_parquet_file_is_read_by_its_columns(tmp_path: Path) -> None:
    pl.DataFrame({"id": ["a", "b"], "text": ["pay", None]}).write_parquet(tmp_path / "a.parquet")
    rows = rows_of(tmp_path / "a.parquet")
    assert [(row.id, row.status, row.text) for row in rows] == [("a", "ok", "pay"), ("b", "empty", "")]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"gone\.txt: no such file"):
        rows_of(tmp_path / "gone.txt")


def test_files_come_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "x"}) + "\n")
    (tmp_path / "b.txt").write_text("y")
    assert [row.text for row in rows_of(tmp_path / "a.jsonl", tmp_path / "b.txt")] == ["x", "y"]


def test_a_folder_is_searched_as_ingest_does(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.jsonl").write_text('{"text": "x"}\n')
    (tmp_path / "in" / "deep" / "b.csv").write_text("text\ny\n")
    (tmp_path / "in" / "notes.md").write_text("no log")
    assert [row.text for row in rows_of(tmp_path / "in")] == ["x", "y"]
    assert [row.text for row in rows_of(tmp_path / "in" / "*.jsonl")] == ["x"]


@pytest.mark.parametrize(
    "text",
    ['[{"id": "a", "text": "x"}, {"id": "b"}]', '{"data": [{"id": "a", "text": "x"}, {"id": "b", "txt": "y"}]}'],
)
def test_a_json_file_is_read_by_its_items(tmp_path: Path, text: str) -> None:
    rows = read(tmp_path, text, "a.json")
    assert [(row.id, row.status, row.text) for row in rows] == [("a", "ok", "x"), ("b", "unreadable", "")]


SPANS = [
    {"traceId": "t1", "id": "o1", "type": "GENERATION", "startTime": "2026-01-01T00:00:00Z",
     "input": [{"role": "user", "content": "first"}], "output": {"role": "assistant", "content": "a"}},
    {"traceId": "t1", "id": "o2", "type": "GENERATION", "startTime": "2026-01-01T00:01:00Z",
     "input": [{"role": "user", "content": "first"}, {"role": "assistant", "content": "a"},
               {"role": "user", "content": "second"}], "output": {"role": "assistant", "content": "b"}},
]  # fmt: skip


@pytest.mark.parametrize("form", [None, "langfuse"])
def test_spans_of_one_conversation_get_one_answer(tmp_path: Path, form: str | None) -> None:
    (tmp_path / "spans.jsonl").write_text("".join(json.dumps(span) + "\n" for span in SPANS) + "{broken\n")
    rows = rows_of(tmp_path / "spans.jsonl", form=form)
    assert sorted((row.status, row.id, row.text) for row in rows) == [
        ("ok", "t1", "first"),
        ("unreadable", None, ""),
    ]


def test_a_conversation_without_a_question_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"messages": [{"role": "user", "content": " "}]}\n')
    [row] = rows_of(tmp_path / "a.jsonl", form="openai")
    assert (row.status, row.problem) == ("empty", "user messages without text")


def test_a_line_too_long_to_hold_is_one_unreadable_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topicsmith.traces.files.streams.MAX_ROW_BYTES", 10)
    rows = read(tmp_path, "short\n" + "x" * 11 + "\nlast\n")
    assert [row.status for row in rows] == ["ok", "unreadable", "ok"]
    assert rows[2].where.endswith(":3")


def test_packed_lines_are_unpacked(tmp_path: Path) -> None:
    for name in ("lines.txt.gz", "lines.txt"):
        assert [row.text for row in read(tmp_path, gzip.compress(b"a\nb\n"), name)] == ["a", "b"]
    assert [row.text for row in read(tmp_path, "é\nb\n".encode("utf-16"), "lines.txt")] == ["é", "b"]


@pytest.mark.parametrize(
    ("begins", "says"),
    [
        (b"PAR1\x00", "lines.txt: is a Parquet file; give it the suffix .parquet"),
        (b"\x1f\x8b\x08", "lines.txt: gzip file cut short; copy it again"),
        ("hello".encode("utf-16-le"), "lines.txt: looks like UTF-16 (little endian) without a byte"),
        (b"PK\x03\x04", "lines.txt: is a zip archive; unpack it"),
    ],
)
def test_what_is_no_text_is_not_taken_for_it(tmp_path: Path, begins: bytes, says: str) -> None:
    with pytest.raises(TraceError, match=re.escape(says)):
        read(tmp_path, begins + b"\nmore\n")


class Stdin:
    """Standard input with these bytes."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BufferedReader(io.BytesIO(content))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'text,label\n"pay, please",a\nlost card,b\n', ["pay, please", "lost card"]),
        (b"\xef\xbb\xbfid\ttext\r\n1\tpay\r\n", ["pay"]),
        (b"hello, text me\nbye\n", ["hello, text me", "bye"]),
        (b"text\nbye\n", ["text", "bye"]),
        (b"", []),
    ],
)
def test_a_table_on_standard_input_is_told_by_its_header(
    monkeypatch: pytest.MonkeyPatch, content: bytes, expected: list[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Stdin(content))
    assert [row.text for row in rows_of(Path("-"))] == expected


def test_parquet_on_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pl.DataFrame({"text": ["pay"] * 3}).write_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr("sys.stdin", Stdin((tmp_path / "a.parquet").read_bytes()))
    assert [row.text for row in rows_of(Path("-"))] == ["pay"] * 3


def test_fields_that_are_asked_for_stay_with_their_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [
        {"text": "hello", "created_at": "2026-01-02", "user": {"plan": "free"}},
        {"messages": [{"role": "user", "content": "hi"}], "time": "2026-01-03", "plan": 3},
        {"text": " "},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\nplain text\n")
    settings = InputSettings(keep=("time", "user.plan"))
    found = list(input_rows(find_inputs([path], settings, tmp_path), settings))
    assert [dict(row.kept) for row in found] == [
        {"time": "2026-01-02", "user.plan": "free"},
        {"time": "2026-01-03", "user.plan": None},
        {"time": None, "user.plan": None},
        {},
    ]
