"""JSON lines."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.export.formats.sample_rows import NASTY, rows_of, written


def read(path: Path) -> list[tuple[str, str | None]]:
    return [(row["text"], row["topic"]) for row in map(json.loads, path.read_text(encoding="utf-8").split("\n")[:-1])]


def test_nasty_texts_come_back(tmp_path: Path) -> None:
    rows = rows_of(NASTY)
    assert read(written(tmp_path, "jsonl", rows)) == list(rows.table.select("text", "topic").iter_rows())


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=6))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    rows = rows_of(texts)
    assert read(written(tmp_path_factory.mktemp("rows"), "jsonl", rows)) == list(
        rows.table.select("text", "topic").iter_rows()
    )
