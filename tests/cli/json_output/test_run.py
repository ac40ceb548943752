"""What ``--json`` says of a run."""

from pathlib import Path

import pytest

from tests.test_pipeline import run
from topicsmith.cli.json_output.run import run_document
from topicsmith.pipeline import StageReport
from topicsmith.runs import RunFolder


@pytest.mark.slow
def test_only_what_was_brought_up_to_date_is_told(small_project: Path) -> None:
    run(small_project)
    folder = RunFolder((small_project / "runs/latest").resolve())
    early = run_document("run", folder, [StageReport("label", False, 1.23456), StageReport("agree", True, 0.0)])
    assert [(s.name, s.skipped, s.seconds) for s in early.stages] == [("label", False, 1.235), ("agree", True, 0.0)]
    assert early.stages[0].counts["labelled"] == 360
    assert (early.choice, early.verdict, early.candidates, early.report) == (None, None, (), None)
    late = run_document("run", folder, [StageReport("evaluate", True, 0.0)])
    assert late.choice is not None
    assert late.choice.candidate == "tfidf"
    assert late.verdict is not None
    assert late.verdict.failing_topics == ()
    assert [(c.name, c.truth) for c in late.candidates] == [("tfidf", "given"), ("floor", "given")]


@pytest.mark.slow
def test_alarms_of_every_stage_are_together(small_project: Path) -> None:
    run(small_project)
    folder = RunFolder((small_project / "runs/latest").resolve())
    folder.write_json("verdict.json", {
        "usable": "u", "failing": "", "coverage": "", "next_step": "", "failing_topics": [], "alarms": ["second"],
    })  # fmt: skip
    manifest = folder.read_json("manifest.json")
    assert isinstance(manifest, dict)
    manifest["stages"]["label"]["counts"]["alarms"] = ["first"]
    folder.write_json("manifest.json", manifest)
    found = run_document("run", folder, [StageReport("label", True, 0.0), StageReport("evaluate", True, 0.0)])
    assert found.alarms == ("first", "second")
