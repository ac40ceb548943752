"""Rows out of sheets as Excel, Numbers, LibreOffice and Google Sheets save them, and as people break them."""

import io
import zipfile
from pathlib import Path

import pytest

from topicsmith.audit.sheet_rows import read_rows
from topicsmith.errors import ProjectError

_ROWS = [{"query_id": "q-a", "text": "one; two, three", "topic": "Music", "note": "é"}]


def _read(path: Path, data: str | bytes, name: str = "a.csv") -> list[dict[str, str]]:
    file = path / name
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    rows = read_rows(file).rows
    assert not [row.problem for row in rows if row.problem]
    return [dict(row.cells) for row in rows]


def _refusal(path: Path, data: str | bytes, name: str = "a.csv") -> str:
    (path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(ProjectError) as refused:
        read_rows(path / name)
    return str(refused.value).replace(str(path), ".")


def _problems(path: Path, text: str) -> list[tuple[int, str | dict[str, str]]]:
    (path / "a.csv").write_text(text, newline="")
    return [(row.line, row.problem or dict(row.cells)) for row in read_rows(path / "a.csv").rows]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_line_ends_and_encodings(tmp_path: Path, separator: str, end: str, encoding: str) -> None:
    lines = [["query_id", "text", "topic", "note"], ["q-a", '"one; two, three"', "Music", "é"]]
    text = "".join(separator.join(line) + end for line in lines)
    assert _read(tmp_path, text.encode(encoding)) == _ROWS


def test_utf_16_with_the_other_order_of_bytes(tmp_path: Path) -> None:
    data = b"\xfe\xff" + "query_id\ttopic\r\nq-a\tMusic\r\n".encode("utf-16-be")
    assert _read(tmp_path, data) == [{"query_id": "q-a", "topic": "Music"}]


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("QUERY_ID;TEXT;TOPIC", id="F4"),
        " query_id ;text\xa0; Topic",
        "Query ID;Text;topic",
        "query-id;text;topic",
        '\ufeff\ufeff"query_id";"text";"topic"',
        "ï»¿query_id;text;topic",
    ],
)
def test_the_header_in_any_case_and_with_blanks(tmp_path: Path, header: str) -> None:
    assert _read(tmp_path, f"{header}\nq-a;one;Music\n") == [{"query_id": "q-a", "text": "one", "topic": "Music"}]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param("sep=;", id="F3"),
        "SEP=;",
        '"sep=;"',
        "sep=;,,,",
        '"sep=;";;;',
        "sep=",
        "sep=,",  # what a program that changed the separators left
        "\nsep=;",
        ";;;",
        "",
    ],
)
def test_lines_before_the_header(tmp_path: Path, first: str) -> None:
    assert _read(tmp_path, f"{first}\r\nquery_id;topic\r\nq-a;Music\r\n") == [{"query_id": "q-a", "topic": "Music"}]


def test_a_separator_that_only_the_first_line_tells(tmp_path: Path) -> None:
    assert _read(tmp_path, "sep=^\nquery_id^topic\nq-a^Music\n") == [{"query_id": "q-a", "topic": "Music"}]
    assert _read(tmp_path, "sep=\t\nquery_id\ttopic\nq-a\tMusic\n") == [{"query_id": "q-a", "topic": "Music"}]


@pytest.mark.parametrize(
    "empty",
    [
        pytest.param(";;;\n;;;\n", id="F2"),
        '"";"";"";""\n',
        " ; ;\t;\xa0\n",
        ";;;;;;;;;\n",
        "\n\n \n",
    ],
)
def test_rows_without_a_cell_are_passed_over(tmp_path: Path, empty: str) -> None:
    text = f"query_id;text;topic;note\n{empty}q-a;one;Music;\n{empty}"
    assert _read(tmp_path, text) == [{"query_id": "q-a", "text": "one", "topic": "Music", "note": ""}]


def test_more_columns_in_another_order(tmp_path: Path) -> None:
    text = "who,Topic,,query_id,text,\nme,Music,x,q-a,'=1,\n"
    assert _read(tmp_path, text) == [{"who": "me", "topic": "Music", "query_id": "q-a", "text": "=1"}]


def test_quotes_as_spreadsheets_write_them(tmp_path: Path) -> None:
    # Excel ends lines by CRLF and those inside a cell by LF; it doubles quotes and quotes no more cells than it must
    text = 'query_id,text,topic\r\nq-a,"He said ""no, no"",\nthen left",Music\r\nq-b,"""x""",\r\n'
    assert _read(tmp_path, text) == [
        {"query_id": "q-a", "text": 'He said "no, no",\nthen left', "topic": "Music"},
        {"query_id": "q-b", "text": '"x"', "topic": ""},
    ]


def test_lines_that_stand_in_one_cell_with_the_answers_beside(tmp_path: Path) -> None:
    # Excel where lists are separated by semicolons, after a double click on a sheet with commas
    header = '"query_id,""text"",""topic"",""note""";;\r\n'
    rows = '"q-a,""say """"hi"""", now"","""",""""";Music;\r\n"q-b,""two"","""",""""";;\r\n'
    assert _read(tmp_path, header + rows) == [
        {"query_id": "q-a", "text": 'say "hi", now', "topic": "Music", "note": ""},
        {"query_id": "q-b", "text": "two", "topic": "", "note": ""},
    ]
    # written into the line, and nothing beside it
    rows = '"q-a,""two"",""Music"",""""";;\r\n'
    assert _read(tmp_path, header + rows) == [{"query_id": "q-a", "text": "two", "topic": "Music", "note": ""}]


def test_a_text_that_leaves_its_cell_where_lines_stand_in_one(tmp_path: Path) -> None:
    header = '"query_id,""text"",""topic"",""note""";;\n'
    # a semicolon in the text, and then a line end in it
    rows = '"q-a,""one"; two"","""",""""";Music\n"q-b,""one";Music;\n"two"","""",""""";;\n'
    assert _problems(tmp_path, header + rows) == [
        (2, "more than one answer in a row that stands in one cell; leave one, the topic"),
        (3, {"query_id": "q-b", "text": "one", "topic": "Music", "note": ""}),
        (4, {"query_id": 'two"', "text": "", "topic": "", "note": ""}),
    ]


def test_a_blank_after_the_separator(tmp_path: Path) -> None:
    assert _read(tmp_path, 'query_id, text, topic\nq-a, "one, two", Music\n') == [
        {"query_id": "q-a", "text": "one, two", "topic": "Music"}
    ]


def test_a_cell_longer_than_the_csv_modules_limit(tmp_path: Path) -> None:
    assert len(_read(tmp_path, f"query_id,text,topic\nq-a,{'x' * 200_000},Music\n")[0]["text"]) == 200_000


def test_a_quote_that_is_not_closed_costs_its_own_line(tmp_path: Path) -> None:
    text = 'query_id,text,topic,note\nq-a,"one,Music,\nq-b,"two",Music,\nq-c,three,Music,"x\nq-d,four,Music,\n'
    cells = {"topic": "Music", "note": ""}
    assert _problems(tmp_path, text) == [
        (2, "not CSV (',' expected after '\"'); close its quotes, or take them away"),
        (3, {"query_id": "q-b", "text": "two", **cells}),
        (4, "not CSV (unexpected end of data); close its quotes, or take them away"),
        (5, {"query_id": "q-d", "text": "four", **cells}),
    ]


def test_a_quote_that_a_cell_below_closes_costs_its_own_line(tmp_path: Path) -> None:
    text = 'query_id,text,topic,note\nq-a,one,Music,"x\nq-b,", two",Music,\n'
    assert _problems(tmp_path, text) == [
        (2, "7 cells under 4 columns; close its quotes, or take them away"),
        (3, {"query_id": "q-b", "text": ", two", "topic": "Music", "note": ""}),
    ]


def test_a_separator_in_a_cell_without_quotes_is_named(tmp_path: Path) -> None:
    assert _problems(tmp_path, "query_id,text,topic\nq-a,one, two,Music\n") == [
        (2, "4 cells under 3 columns; quote cells that hold a separator")
    ]


def test_a_row_is_named_by_the_line_it_begins_in(tmp_path: Path) -> None:
    text = 'query_id,text,topic\n"q-a","1\n2\n3",Music\nq-b,4,\n'
    assert [row[0] for row in _problems(tmp_path, text)] == [2, 5]


def test_windows_1252_is_read_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("query_id;topic\r\nq-a;Café “x”\r\n".encode("cp1252"))
    content = read_rows(tmp_path / "a.csv")
    assert [dict(row.cells) for row in content.rows] == [{"query_id": "q-a", "topic": "Café “x”"}]
    (note,) = content.notes
    cure = "if its letters come out wrong, save it as 'CSV UTF-8'"
    assert note == f"{tmp_path}/a.csv: not UTF-8 (byte 23), read as Windows-1252; {cure}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("query_id,topic\na,、日本".encode("shift_jis"), "./a.csv: not UTF-8 (byte 17); save it as 'CSV UTF-8'"),
        (
            "query_id\ttopic\n".encode("utf-16-le"),
            "./a.csv: looks like UTF-16 without its mark; save it as 'CSV UTF-8'",
        ),
        (
            "query_id\ttopic\n".encode("utf-16-be"),
            "./a.csv: looks like UTF-16 without its mark; save it as 'CSV UTF-8'",
        ),
        (b"", "./a.csv:1: missing column 'query_id' (here: none); keep the first line as it was written"),
        (
            b"\nid;topic;x\n",
            "./a.csv:2: missing column 'query_id' (here: id, topic, x); keep the first line as it was written",
        ),
        (
            b"query_id;text\nq-a;one\n",
            "./a.csv:1: missing column 'topic' (here: query_id, text); keep the first line as it was written",
        ),
        (b"query_id,topic,Topic\nq-a,Music,\n", "./a.csv:1: 2 columns are called 'topic'; keep one"),
    ],
)
def test_files_that_are_no_sheets(tmp_path: Path, data: bytes, message: str) -> None:
    assert _refusal(tmp_path, data) == message


@pytest.mark.parametrize("name", ["a.xlsx", "a.ods", "a.csv"])
def test_a_workbook_is_named_with_the_cure(tmp_path: Path, name: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("xl/workbook.xml", "<workbook/>")
    message = f"./{name}: is a workbook, not CSV; save it as 'CSV UTF-8' and name that file"
    assert _refusal(tmp_path, archive.getvalue(), name) == message


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"none\.csv: no such file"):
        read_rows(tmp_path / "none.csv")
    # Numbers keeps some documents as folders
    (tmp_path / "a.numbers").mkdir()
    with pytest.raises(ProjectError, match=r"cannot be read \(.*\); close it where it is open, or save it as 'CSV UTF"):
        read_rows(tmp_path / "a.numbers")


def test_json_lines_with_any_line_end(tmp_path: Path) -> None:
    text = '\ufeff{"Query_ID": "a", "topic": null}\r\n\r\n{"query_id": 7487328123195224, "topic": "\u2028x"}\r'
    assert _read(tmp_path, text, "a.jsonl") == [
        {"query_id": "a", "topic": ""},
        {"query_id": "7487328123195224", "topic": "\u2028x"},
    ]


def test_a_broken_line_of_json_costs_itself(tmp_path: Path) -> None:
    deep, long = "[" * 100_000, f'{{"query_id": {"9" * 5000}}}'
    (tmp_path / "a.jsonl").write_text(f'[1]\nno json\n{deep}\n{{"query_id": "a"}}\n{long}\n')
    rows = read_rows(tmp_path / "a.jsonl").rows
    assert [(row.line, row.problem) for row in rows] == [
        (1, "a JSON object with query_id and topic was expected"),
        (2, "not JSON (invalid literal, expected 'null': line 1 column 1 (char 0)); write it as it was"),
        (3, "is nested more than 64 deep; write it as it was"),
        (4, ""),
        (5, "not JSON (number is infinity when parsed as double: line 1 column 14 (char 13)); write it as it was"),
    ]
