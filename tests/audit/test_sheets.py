"""Sheets a person fills in: harmless in a spreadsheet, read back without loss (fault 69)."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.audit.sample import AuditAnswer, AuditRow, AuditSample
from topicsmith.audit.sheets import escape, read_answers, unescape, write_sheet
from topicsmith.errors import ProjectError
from topicsmith.taxonomy import Taxonomy, Topic

_HOSTILE = [
    "=HYPERLINK(\"http://x\",\"y\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "'=1", "''+1",
    'say "hi", then; stop\nsecond line', "plain", "", "'quoted", "مرحبا \u202eabc",
]  # fmt: skip
_TAXONOMY = Taxonomy((Topic("Science"), Topic("-Minus"), Topic("Other")), catch_all="Other")


def _sample(ids: list[str] | None = None) -> AuditSample:
    texts = _HOSTILE if ids is None else ["text"] * len(ids)
    names = ids or [f"q{n}" for n in range(len(texts))]
    return AuditSample(tuple(AuditRow(i, t, "agreed") for i, t in zip(names, texts, strict=True)), {"agreed": 99}, 13)


def _fill(path: Path, topics: dict[str, str], separator: str = ",") -> None:
    rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(keepends=True)))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["query_id", "text", "topic", "note"], delimiter=separator)
        writer.writeheader()
        writer.writerows({**row, "topic": topics.get(row["query_id"], "")} for row in rows)


def test_no_cell_is_a_formula_and_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    write_sheet(_sample(), path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["query_id"] for row in rows] == [f"q{n}" for n in range(len(_HOSTILE))]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for row in rows for cell in row.values())
    assert [unescape(row["text"]) for row in rows] == _HOSTILE
    assert {row["topic"] for row in rows} == {""}


def test_json_lines_hold_the_text_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    write_sheet(_sample(), path)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [row["text"] for row in rows] == _HOSTILE


@given(st.text())
def test_escaping_is_undone(text: str) -> None:
    assert unescape(escape(text)) == text
    assert not escape(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_answers_come_back(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "audit.csv"
    sample = _sample(["=id", "b", "c", "d"])
    write_sheet(sample, path)
    _fill(path, {"'=id": "  science ", "b": "?", "d": escape("-Minus")}, separator)
    assert read_answers(path, sample, _TAXONOMY) == [
        AuditAnswer("=id", "Science"),
        AuditAnswer("b", None),
        AuditAnswer("d", "-Minus"),
    ]


def test_a_program_that_took_the_mark_for_part_of_a_name_is_forgiven(tmp_path: Path) -> None:
    sheet = tmp_path / "s.csv"
    write_sheet(_sample(["a", "b"]), sheet)
    with sheet.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *([row[0], row[1], "science", ""] for row in rows)])
    found = read_answers(sheet, _sample(["a", "b"]), _TAXONOMY)
    assert found == [AuditAnswer("a", "Science"), AuditAnswer("b", "Science")]


def test_answers_come_back_from_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"query_id": "a", "topic": "OTHER"}\n\n{"query_id": "b", "topic": null}\n')
    assert read_answers(path, _sample(["a", "b"]), _TAXONOMY) == [AuditAnswer("a", "Other")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("query_id,topic\na,Scince\n", r":2: 'Scince' is no topic; write one of Science, -Minus, Other, or '\?'"),
        ("query_id,topic\nzz,Other\n", ":2: 'zz' is not a row of this audit"),
        ("query_id,topic\na,Other\na,Science\n", ":3: the row 'a' is answered twice"),
        ("id,topic\na,Other\n", ":1: missing column 'query_id'"),
        ("", ":1: missing column 'query_id'"),
    ],
)
def test_mistakes_name_their_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(ProjectError, match=message):
        read_answers(path, _sample(["a", "b"]), _TAXONOMY)


def test_files_that_are_no_sheets(tmp_path: Path) -> None:
    sample = _sample(["a"])
    with pytest.raises(ProjectError, match="no such file"):
        read_answers(tmp_path / "none.csv", sample, _TAXONOMY)
    (tmp_path / "latin.csv").write_bytes(b"query_id,topic\na,caf\xe9\n")
    with pytest.raises(ProjectError, match=r"not UTF-8 \(byte 20\); save it as 'CSV UTF-8'"):
        read_answers(tmp_path / "latin.csv", sample, _TAXONOMY)
    for content in ("[1]\n", "no json\n"):
        (tmp_path / "x.jsonl").write_text(content)
        with pytest.raises(ProjectError, match=r"x\.jsonl:1: "):
            read_answers(tmp_path / "x.jsonl", sample, _TAXONOMY)


def test_a_sheet_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    path.write_text("answers")
    with pytest.raises(ProjectError, match="may hold answers"):
        write_sheet(_sample(), path)
    assert path.read_text() == "answers"
