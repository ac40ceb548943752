"""Answers out of sheets that a spreadsheet or a person changed: what can be told is taken, the rest is named."""

import csv
import json
from pathlib import Path

import pytest

from topicsmith.audit.answers import FilledSheet, read_answers
from topicsmith.audit.sample import AuditAnswer, AuditRow, AuditSample
from topicsmith.audit.sheets import write_sheet
from topicsmith.csv_cells import escape
from topicsmith.errors import ProjectError
from topicsmith.taxonomy import Taxonomy, Topic

_TAXONOMY = Taxonomy((Topic("Science"), Topic("-Minus"), Topic("Other")), catch_all="Other")
_NO_ROW = "put back the id that audit.json in the run has"


def _sample(**texts: str) -> AuditSample:
    rows = tuple(AuditRow(query_id.removeprefix("_"), text, "agreed") for query_id, text in texts.items())
    return AuditSample(rows)


_THREE = _sample(_7487328123195224="How far is the moon?", a1="one, two", b2="=1+1")
"""The first id is one of those that Excel takes for a number (F1)."""


def _read(path: Path, content: str, sample: AuditSample = _THREE, name: str = "audit.csv") -> FilledSheet:
    (path / name).write_text(content, encoding="utf-8", newline="")
    return read_answers(path / name, sample, _TAXONOMY)


def _topics(sheet: FilledSheet) -> dict[str, str | None]:
    return {answer.query_id: answer.topic for answer in sheet.answers}


def _refused(path: Path, content: str, sample: AuditSample = _THREE) -> list[str]:
    """What is said of the refused rows, in a sheet that has a good row as well."""
    filled = _read(path, content, sample)
    assert filled.answers
    return [line.removeprefix(f"{path}/audit.csv:") for line in filled.refused]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_answers_come_back(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "audit.csv"
    sample = AuditSample(tuple(AuditRow(i, f"text {i}", "agreed") for i in ("=id", "b", "c", "d")))
    write_sheet(sample, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    said = {"q-=id": "  science ", "q-b": "?", "q-d": escape("-Minus")}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["query_id", "text", "topic", "note"], delimiter=separator)
        writer.writeheader()
        writer.writerows({**row, "topic": said.get(row["query_id"], "")} for row in rows)
    assert read_answers(path, sample, _TAXONOMY) == FilledSheet(
        (AuditAnswer("=id", "Science"), AuditAnswer("b", None), AuditAnswer("d", "-Minus"))
    )


def test_answers_come_back_from_json_lines(tmp_path: Path) -> None:
    content = '{"query_id": "a1", "topic": "OTHER"}\n\n{"query_id": "b2", "topic": null}\n'
    assert _topics(_read(tmp_path, content, name="a.jsonl")) == {"a1": "Other"}


def test_a_sheet_written_before_ids_were_marked_is_read(tmp_path: Path) -> None:
    content = '"query_id","text","topic","note"\n"a1","one, two","Science",""\n"7487328123195224","","?",""\n'
    assert _topics(_read(tmp_path, content)) == {"a1": "Science", "7487328123195224": None}


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param("7.48733E+15", id="F1: Excel in English"),
        "7,48733E+15",  # in German
        "7.487.328.123.195.220",
        "7487328123195220",  # Excel keeps fifteen digits
        "7487328123195224.0",
        "",
        "#NAME?",
        "########",
        "q–7487328123195224",
    ],
)
def test_a_spoilt_id_is_that_of_its_text(tmp_path: Path, cell: str) -> None:
    content = f'query_id;text;topic\n"{cell}";How far is the moon?;Science\nq-a1;one, two;Other\n'
    assert _read(tmp_path, content) == FilledSheet(
        (AuditAnswer("7487328123195224", "Science"), AuditAnswer("a1", "Other"))
    )


def test_a_sheet_without_ids_is_read_by_its_texts(tmp_path: Path) -> None:
    assert _topics(_read(tmp_path, 'text,topic\n"one, two",Science\n=1+1,Other\n')) == {"a1": "Science", "b2": "Other"}


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param("  q-a1 ", id="F5"),
        "\xa0q-a1\xa0",
        " a1",
        "Q-A1",
        "A1",
        "'q-a1",
        '=""q-a1""',
    ],
)
def test_an_id_in_another_form_is_the_same(tmp_path: Path, cell: str) -> None:
    assert _topics(_read(tmp_path, f'query_id,text,topic\n"{cell}",changed,Science\n')) == {"a1": "Science"}


def test_ids_that_differ_in_case_alone_are_kept_apart(tmp_path: Path) -> None:
    sample = _sample(ab="one", AB="two")
    content = "query_id,text,topic\nq-ab,one,Science\nq-AB,two,Other\n"
    assert _topics(_read(tmp_path, content, sample)) == {"ab": "Science", "AB": "Other"}
    # neither id as it was written, so the text tells
    assert _topics(_read(tmp_path, "query_id,text,topic\nq-Ab,two,Science\n", sample)) == {"AB": "Science"}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("one\r\ntwo", "one\ntwo"),
        ("one\ntwo", "one\rtwo"),
        ("  one  two ", "one two"),
        ("one\xa0two", "one two"),
        ("caf\u00e9", "cafe\u0301"),
        ("=1+1", "=1+1"),  # the apostrophe is gone, as Google Sheets takes it away
        ("=1+1", "''=1+1"),
        ("'quoted", "quoted"),
        ("\t=1", "'=1"),
    ],
)
def test_a_text_is_the_same_after_a_spreadsheet_had_it(tmp_path: Path, text: str, cell: str) -> None:
    content = f'query_id,text,topic\n1E+15,"{cell}",Science\n'
    assert _topics(_read(tmp_path, content, _sample(a1=text, b2="another"))) == {"a1": "Science"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("one", "'7.48733E+15' is not a row of this audit, and 2 rows have its text"),
        ("another", "'7.48733E+15' is not a row of this audit, nor is its text that of one"),
        ("", "'7.48733E+15' is not a row of this audit, nor is its text that of one"),
    ],
)
def test_a_row_that_cannot_be_told_is_refused_alone(tmp_path: Path, text: str, why: str) -> None:
    sample = _sample(a1="one", b2="one ", c3="", d4="")
    content = f"query_id,text,topic\n7.48733E+15,{text},Science\nq-a1,one,Other\nq-c3,,Other\n"
    assert _refused(tmp_path, content, sample) == [f"2: {why}; {_NO_ROW}"]


def test_an_id_beside_the_text_of_another_row_is_refused(tmp_path: Path) -> None:
    # the column of the texts was sorted, that of the ids was not
    content = 'query_id,text,topic\nq-a1,=1+1,Science\nq-b2,"one, two",Other\nq-7487328123195224,new wording,Other\n'
    cure = "put back the right id, and sort whole rows, not one column"
    assert _refused(tmp_path, content) == [
        f"2: 'q-a1' is the id of another row than the text '=1+1'; {cure}",
        f"3: 'q-b2' is the id of another row than the text 'one, two'; {cure}",
    ]


def test_rows_without_an_answer_are_left_out_whatever_their_id(tmp_path: Path) -> None:
    content = "query_id,text,topic,note\nzz,x,,\n,,,see above\nq-a1,,,later\nq-b2,,Other,\n"
    assert _read(tmp_path, content) == FilledSheet((AuditAnswer("b2", "Other"),))


def test_an_answer_behind_a_line_end_without_quotes_is_named(tmp_path: Path) -> None:
    sample = _sample(a1="one\ntwo", b2="three")
    for said in ("Science", "?"):
        content = f"query_id,text,topic,note\nq-a1,one\ntwo,{said},\nq-b2,three,Other,\n"
        assert _refused(tmp_path, content, sample) == [
            f"3: '{said}' is not in the column 'topic'; quote cells that hold line ends"
        ]


def test_a_row_repeated_counts_once_and_two_answers_are_refused(tmp_path: Path) -> None:
    content = "query_id,topic\nq-a1,Other\nA1,other\nq-b2,Other\nq-b2,?\nq-7487328123195224,Science\n"
    filled = _read(tmp_path, content)
    assert _topics(filled) == {"a1": "Other", "7487328123195224": "Science"}
    assert [line.split(":", 1)[1] for line in filled.refused] == [
        "4: the row 'b2' is answered twice, 'Other' here and '?' in line 5; keep one",
        "5: the row 'b2' is answered twice, '?' here and 'Other' in line 4; keep one",
    ]


def test_every_bad_row_is_named_and_every_good_one_taken(tmp_path: Path) -> None:
    content = 'query_id,text,topic\nq-a1,,Scince\nzz,unknown,Other\nq-b2,"a "b" c",Other\n'
    content += "7.48733E+15,How far is the moon?,？\n"
    filled = _read(tmp_path, content)
    assert filled.answers == (AuditAnswer("7487328123195224", None),)
    assert [line.removeprefix(f"{tmp_path}/audit.csv:") for line in filled.refused] == [
        "2: 'Scince' is no topic; write one of Science, -Minus, Other, or '?'",
        f"3: 'zz' is not a row of this audit, nor is its text that of one; {_NO_ROW}",
        "4: not CSV (',' expected after '\"'); close its quotes, or take them away",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("query_id,topic\na1,Scince\n", r":2: 'Scince' is no topic; write one of Science, -Minus, Other, or '\?'$"),
        ("query_id,topic\nzz,Other\n", ":2: 'zz' is not a row of this audit"),
        ("query_id,topic\na1,Other\na1,Science\n", r":2: the row 'a1' is answered twice.*\(2 rows are refused, no"),
        ("id,topic\na1,Other\n", ":1: missing column 'query_id'"),
    ],
)
def test_a_sheet_of_which_nothing_can_be_taken_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        _read(tmp_path, content)


def test_what_was_guessed_of_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"query_id,topic,note\na1,Other,caf\xe9\n")
    filled = read_answers(tmp_path / "a.csv", _THREE, _TAXONOMY)
    assert filled.answers == (AuditAnswer("a1", "Other"),)
    assert "read as Windows-1252" in filled.notes[0]


def test_json_lines_saved_by_a_program_that_makes_numbers(tmp_path: Path) -> None:
    rows = [
        {"query_id": 7487328123195224, "text": "How far is the moon?", "topic": "Science"},
        {"query_id": 1e15, "text": "one, two", "topic": "Other"},
    ]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    assert _topics(_read(tmp_path, content, name="a.jsonl")) == {"7487328123195224": "Science", "a1": "Other"}
