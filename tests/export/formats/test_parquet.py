"""Parquet."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.export.formats.sample_rows import NASTY, rows_of, written


def read(path: Path) -> list[tuple[str, str | None]]:
    return list(pl.read_parquet(path).select("text", "topic").iter_rows())


def test_nasty_texts_come_back(tmp_path: Path) -> None:
    rows = rows_of(NASTY)
    assert read(written(tmp_path, "parquet", rows)) == list(rows.table.select("text", "topic").iter_rows())


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=6))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    rows = rows_of(texts)
    assert read(written(tmp_path_factory.mktemp("rows"), "parquet", rows)) == list(
        rows.table.select("text", "topic").iter_rows()
    )
