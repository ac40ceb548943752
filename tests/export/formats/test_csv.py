"""CSV for spreadsheets."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.export.formats.sample_rows import NASTY, rows_of, written
from topicsmith.csv_cells import unescape


def read(path: Path) -> list[tuple[str, str | None]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [(unescape(row["text"]), row["topic"] or None) for row in csv.DictReader(file)]


def test_a_formula_is_defused_and_every_text_comes_back(tmp_path: Path) -> None:
    rows = rows_of(NASTY)
    path = written(tmp_path, "csv", rows)
    assert "'=1+1" in path.read_text(encoding="utf-8")
    assert read(path) == list(rows.table.select("text", "topic").iter_rows())


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=6))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    rows = rows_of(texts)
    assert read(written(tmp_path_factory.mktemp("rows"), "csv", rows)) == list(
        rows.table.select("text", "topic").iter_rows()
    )
