"""Ingest as the run folder shows it."""

from pathlib import Path

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.errors import TaxonomyError, TraceError


def test_a_given_topic_in_another_spelling_is_the_taxonomy_s(small_project: Path) -> None:
    rows = small_project / "rows.jsonl"
    rows.write_text(rows.read_text().replace('"topic": "Music"', '"topic": "music"', 1))
    run(small_project, ["ingest", "label", "agree"])
    labels = pl.read_parquet(small_project / "runs/latest/labels.parquet")
    assert labels.height == 180
    rows.write_text(rows.read_text().replace('"topic": "music"', '"topic": "Muzak"', 1))
    with pytest.raises(TaxonomyError, match=r"lacks topics that 'topic' gives: 'Muzak' \(1 rows\)"):
        run(small_project, ["ingest"])


def test_rows_without_any_question_are_an_error_that_counts_them(small_project: Path) -> None:
    (small_project / "rows.jsonl").write_text(
        '{"id": "1", "text": "", "topic": "Music"}\n{"id": "2", "text": "  ", "topic": "Music"}\n'
    )
    with pytest.raises(TraceError, match="none of 2 traces has a question"):
        run(small_project, ["ingest"])
