"""What of a run an audit needs."""

from pathlib import Path

import pytest

from tests.test_pipeline import run
from topicsmith.audit.audited_run import AuditedRun
from topicsmith.runs import RunFolder


def test_before_there_are_splits_no_row_is_a_test_row(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    found = AuditedRun(RunFolder((small_project / "runs/latest").resolve()))
    assert found.test == {}
    assert set(found.parts.values()) == {"other"}
    assert (found.sample, found.answers, found.predictions, found.judged_candidate) == (None, [], {}, None)
    assert {row.sure for row in found.known_rows("all")} == {0.5, 0.8}
    assert found.known_rows("test") == []


@pytest.mark.slow
def test_test_rows_are_known_by_what_the_chosen_candidate_answers(small_project: Path) -> None:
    run(small_project)
    found = AuditedRun(RunFolder((small_project / "runs/latest").resolve()))
    assert found.judged_candidate == "tfidf"
    rows = found.known_rows("test")
    assert len(rows) == len(found.test) == len(found.predictions["tfidf"])
    assert set(found.annotators) == {"table:first", "table:second"}
    assert all(0 <= row.sure <= 1 for row in rows)
    assert len({row.sure for row in rows}) > 10
    assert len(found.known_rows("all")) == 180
