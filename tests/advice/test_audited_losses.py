"""Losses among the candidates of a run, from what a person said of its rows."""

from pathlib import Path

import pytest

from tests.audit.test_run import _answer
from tests.test_pipeline import run
from topicsmith.advice.audited_losses import audited_losses
from topicsmith.audit.run import audited_candidates, draw_sheet, judge, read_sheet
from topicsmith.records import Prediction
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import wilson
from topicsmith.statistics.simultaneous import METHOD


def test_they_rest_on_the_audited_rows_among_those_that_were_answered(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    folder = RunFolder((small_project / "runs/latest").resolve())
    sample = draw_sheet(folder, small_project / "audit.csv", 120, 13)
    _answer(small_project / "audit.csv", dict.fromkeys([row.query_id for row in sample.rows], "Music"))
    read_sheet(folder, small_project / "audit.csv")
    assert audited_candidates(judge(folder)) == {}
    test = [row.query_id for row in sample.rows][:60]
    right = {query_id: Prediction("Music") for query_id in test}
    worse = {query_id: Prediction(None if i % 4 == 0 else "Music") for i, query_id in enumerate(test)}
    accuracies = {"right": wilson(60, 60), "worse": wilson(45, 60)}
    found = audited_losses(folder, {"right": right, "worse": worse}, accuracies)(["right", "worse"])
    assert (found["worse"].interval.n, found["worse"].interval.method) == (60, METHOD)
    assert found["worse"].interval.value == pytest.approx(0.25)
    assert found["worse"].interval.low > 0.1
    assert not found["worse"].may_be_best
