"""An audit of a run, with the truth playing the person."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.test_pipeline import run
from topicsmith.errors import RunStateError
from topicsmith.runs import RunFolder
from topicsmith.stages.audit import as_text, draw_sheet, read_sheet
from topicsmith.tables import read_annotations, read_labels


def _answer(sheet: Path, truth: dict[str, str]) -> None:
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["query_id", "text", "topic", "note"])
        writer.writeheader()
        writer.writerows({**row, "topic": truth.get(row["query_id"], "")} for row in rows)


def test_a_whole_audit_gives_exact_figures(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    folder = RunFolder((small_project / "runs/latest").resolve())
    sheet = small_project / "audit.csv"
    sample = draw_sheet(folder, sheet, 1000, 13)
    assert len(sample.rows) == 180
    # The person agrees with the first annotator everywhere, so that its accuracy must come out as 1.
    first = {
        a.query_id: str(a.topic)
        for a in read_annotations(folder.file("annotations.parquet"))
        if a.annotator == "table:first"
    }
    _answer(sheet, first)
    report: dict[str, Any] = read_sheet(folder, sheet)
    figures = report["accuracy"]
    assert figures["table:first"]["value"] == 1.0
    labels = read_labels(folder.file("labels.parquet"))
    agreed = sum(label.topic is not None for label in labels)
    assert figures["labels"]["value"] == pytest.approx(agreed / 180)
    assert figures["labels"]["low"] < agreed / 180 < figures["labels"]["high"]
    assert {stratum["name"]: stratum["size"] for stratum in figures["labels"]["strata"]} == sample.sizes
    assert folder.read_json("audit_report.json") == report
    assert as_text(report).startswith("180 of 180 rows answered, 0 could not be told\nlabels ")


def test_candidates_are_judged_on_the_test_rows(small_project: Path) -> None:
    run(small_project)
    folder = RunFolder((small_project / "runs/latest").resolve())
    sheet = small_project / "audit.csv"
    sample = draw_sheet(folder, sheet, 1000, 13)
    _answer(sheet, dict.fromkeys([row.query_id for row in sample.rows], "Music"))
    report: dict[str, Any] = read_sheet(folder, sheet)
    candidates = {name: figure for name, figure in report["accuracy"].items() if name.startswith("candidate ")}
    assert candidates
    for figure in candidates.values():
        assert figure["n"] == figure["audited"] < 180
        # every row was looked at, so opinions cannot add anything
        assert figure["prediction_powered"]["value"] == pytest.approx(figure["value"])
        assert figure["agreed_only"]["n"] < figure["n"]
        assert "strata" not in figure


def test_an_empty_sheet_is_named(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    folder = RunFolder((small_project / "runs/latest").resolve())
    draw_sheet(folder, small_project / "audit.csv", 20, 13)
    with pytest.raises(RunStateError, match=r"audit\.csv: 0 rows are answered; fill in the column 'topic'"):
        read_sheet(folder, small_project / "audit.csv")
