"""Answers as lines, CSV and Parquet."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.answering.answers import RowAnswer
from topicsmith.answering.output import MoreColumns, to_line, write_answers
from topicsmith.csv_cells import unescape
from topicsmith.errors import UserError

ANSWERS = [
    RowAnswer("1", "A", 0.5, "ok", "A1", text='=1+1, "quoted"\nline', probabilities={"A": 0.75, "B": 0.25}),
    RowAnswer(None, None, None, "unreadable", problem="no text"),
]
COLUMNS = ["id", "text", "topic", "subtopic", "confidence", "status", "problem", "probability of A", "probability of B"]


def test_a_line_leaves_out_what_is_not_there() -> None:
    assert [json.loads(to_line(answer)) for answer in ANSWERS] == [
        {
            "id": "1", "text": "=1+1, \"quoted\"\nline", "topic": "A", "confidence": 0.5, "status": "ok",
            "subtopic": "A1", "probabilities": {"A": 0.75, "B": 0.25},
        },
        {"topic": None, "confidence": None, "status": "unreadable", "problem": "no text"},
    ]  # fmt: skip


def written(folder: Path, name: str, answers: list[RowAnswer], topics: tuple[str, ...]) -> Path:
    write_answers(folder / name, (to_line(answer) + b"\n" for answer in answers), MoreColumns(topics))
    assert [path.name for path in folder.iterdir()] == [name]
    return folder / name


def test_a_csv_file_is_harmless_in_a_spreadsheet(tmp_path: Path) -> None:
    with written(tmp_path, "a.csv", ANSWERS, ("A", "B")).open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows == [
        COLUMNS,
        ["1", '\'=1+1, "quoted"\nline', "A", "A1", "0.5", "ok", "", "0.75", "0.25"],
        ["", "", "", "", "", "unreadable", "no text", "", ""],
    ]


def test_a_parquet_file_has_typed_columns(tmp_path: Path) -> None:
    table = pl.read_parquet(written(tmp_path, "a.parquet", ANSWERS, ("A", "B")))
    assert table.columns == COLUMNS
    assert table["confidence"].to_list() == [0.5, None]
    assert table["text"].to_list() == ['=1+1, "quoted"\nline', None]
    assert table["probability of B"].to_list() == [0.25, None]
    empty = pl.read_parquet(written(tmp_path / "none", "b.parquet", [], ()))
    assert (empty.height, empty.columns) == (0, COLUMNS[:7])


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.xlsx: the suffix names no form of answers; end it in \.jsonl"):
        write_answers(tmp_path / "a.xlsx", [], MoreColumns())


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.floats(0, 1)), max_size=8))
def test_every_form_gives_back_what_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, float]]
) -> None:
    answers = [RowAnswer(text, text, sure, "ok", text=text) for text, sure in said]
    folder = tmp_path_factory.mktemp("answers")
    (folder / "c").mkdir()
    (folder / "p").mkdir()
    with written(folder / "c", "a.csv", answers, ()).open(newline="", encoding="utf-8") as file:
        found = [(unescape(row["text"]), float(row["confidence"])) for row in csv.DictReader(file)]
    assert found == said
    table = pl.read_parquet(written(folder / "p", "a.parquet", answers, ()))
    assert list(zip(table["text"], table["confidence"], strict=True)) == said


def test_kept_fields_are_columns_of_their_own(tmp_path: Path) -> None:
    kept = [RowAnswer("1", "A", 0.5, "ok", kept={"plan": "free", "time": None}), RowAnswer("2", "A", 0.5, "ok")]
    assert json.loads(to_line(kept[0]))["plan"] == "free"
    out = tmp_path / "a.parquet"
    write_answers(out, (to_line(answer) + b"\n" for answer in kept), MoreColumns(kept=("time", "plan")))
    table = pl.read_parquet(out)
    assert table.columns == [*COLUMNS[:7], "time", "plan"]
    assert table["plan"].to_list() == ["free", None]


def test_the_version_of_the_topics_stands_beside_answers_where_topics_may_change(tmp_path: Path) -> None:
    lines = [to_line(RowAnswer("1", "A", 0.5, "ok", taxonomy="0f" * 8)) + b"\n"]
    write_answers(tmp_path / "a.csv", lines, MoreColumns(taxonomy=True))
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        header, row = csv.reader(file)
    assert dict(zip(header, row, strict=True))["taxonomy"] == "0f" * 8
    assert json.loads(lines[0])["taxonomy"] == "0f" * 8


def test_the_member_that_answered_stands_beside_answers_of_several(tmp_path: Path) -> None:
    lines = [to_line(RowAnswer("1", "A", 0.5, "ok", member="asked")) + b"\n"]
    write_answers(tmp_path / "a.csv", lines, MoreColumns(kept=("time",), taxonomy=True, member=True))
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        header, row = csv.reader(file)
    assert header[7:] == ["taxonomy", "member", "time"]
    assert dict(zip(header, row, strict=True))["member"] == "asked"
    assert json.loads(lines[0])["member"] == "asked"
