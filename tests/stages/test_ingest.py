"""Ingest as the run folder shows it."""

from pathlib import Path

import pytest

from tests.test_pipeline import run
from topicsmith.errors import TaxonomyError, TraceError


def test_a_given_topic_outside_the_taxonomy_is_refused_with_the_near_one(small_project: Path) -> None:
    rows = small_project / "rows.jsonl"
    rows.write_text(rows.read_text().replace('"topic": "Music"', '"topic": "music"', 1))
    with pytest.raises(TaxonomyError, match=r"trace row-0 has the topic 'music'.*write it 'Music'"):
        run(small_project, ["ingest"])


def test_rows_without_any_question_are_an_error_that_counts_them(small_project: Path) -> None:
    (small_project / "rows.jsonl").write_text(
        '{"id": "1", "text": "", "topic": "Music"}\n{"id": "2", "text": "  ", "topic": "Music"}\n'
    )
    with pytest.raises(TraceError, match="none of 2 traces has a question"):
        run(small_project, ["ingest"])
