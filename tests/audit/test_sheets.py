"""Sheets a person fills in: harmless in a spreadsheet, and nothing in them that one would change (fault 69)."""

import csv
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.audit.sample import AuditRow, AuditSample
from topicsmith.audit.sheets import write_sheet
from topicsmith.csv_cells import escape, unescape
from topicsmith.errors import ProjectError

_HOSTILE = [
    "=HYPERLINK(\"http://x\",\"y\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "'=1", "''+1",
    'say "hi", then; stop\nsecond line', "plain", "", "'quoted", "مرحبا \u202eabc",
]  # fmt: skip


def _sample(ids: list[str] | None = None) -> AuditSample:
    texts = _HOSTILE if ids is None else ["text"] * len(ids)
    names = ids or [f"id{n}" for n in range(len(texts))]
    return AuditSample(tuple(AuditRow(i, t, "agreed") for i, t in zip(names, texts, strict=True)))


def _written(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_no_cell_is_a_formula_and_none_is_lost(tmp_path: Path) -> None:
    write_sheet(_sample(), tmp_path / "audit.csv")
    rows = _written(tmp_path / "audit.csv")
    assert [row["query_id"] for row in rows] == [f"q-id{n}" for n in range(len(_HOSTILE))]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for row in rows for cell in row.values())
    assert [unescape(row["text"]) for row in rows] == _HOSTILE
    assert {row["topic"] for row in rows} == {""}


def test_no_id_is_a_number_or_a_date(tmp_path: Path) -> None:
    # digits, digits around an e, a date in some language's order, a truth value
    ids = ["7487328123195224", "74873281e0000005", "0000000000000001", "2024010112e12345", "true", "1-2"]
    write_sheet(_sample(ids), tmp_path / "audit.csv")
    written = [row["query_id"] for row in _written(tmp_path / "audit.csv")]
    assert written == [f"q-{name}" for name in ids]
    assert all(re.match(r"[a-z]-", cell) for cell in written)


def test_json_lines_hold_ids_and_text_as_they_are(tmp_path: Path) -> None:
    for name in ("audit.jsonl", "audit.JSONL"):
        write_sheet(_sample(), tmp_path / name)
        rows = [json.loads(line) for line in (tmp_path / name).read_text(encoding="utf-8").splitlines()]
        assert [row["text"] for row in rows] == _HOSTILE
        assert rows[3]["query_id"] == "id3"


@given(st.text())
def test_escaping_is_undone(text: str) -> None:
    assert unescape(escape(text)) == text
    assert not escape(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_sheet_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    path.write_text("answers")
    with pytest.raises(ProjectError, match="may hold answers"):
        write_sheet(_sample(), path)
    assert path.read_text() == "answers"


@pytest.mark.parametrize("name", ["a.xlsx", "a.XLS", "a.ods"])
def test_a_workbook_is_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProjectError, match=r"sheets are CSV or JSON lines; name it a\.csv"):
        write_sheet(_sample(), tmp_path / name)
    assert not (tmp_path / name).exists()
