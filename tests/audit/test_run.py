"""An audit of a run, with the truth playing the person."""

import csv
import json
from pathlib import Path
from typing import Any, cast

import pytest

from tests.conftest import small_rows
from tests.test_pipeline import run
from topicsmith.advice.wording import interval_text
from topicsmith.audit.audited_run import audit_answers
from topicsmith.audit.run import (
    audit_weights,
    audited_candidates,
    audited_truth,
    draw_sheet,
    judge,
    read_sheet,
)
from topicsmith.audit.text import as_text
from topicsmith.errors import RunStateError
from topicsmith.runs import RunFolder
from topicsmith.tables import read_annotations, read_labels, read_queries

SMALL = {row["id"]: row["topic"] for row in small_rows()}


def _answer(sheet: Path, truth: dict[str, str]) -> None:
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["query_id", "text", "topic", "note"])
        writer.writeheader()
        writer.writerows({**row, "topic": truth.get(row["query_id"].removeprefix("q-"), "")} for row in rows)


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
    report: dict[str, Any] = read_sheet(folder, sheet)[0]
    figures = report["accuracy"]
    assert figures["table:first"]["value"] == 1.0
    labels = read_labels(folder.file("labels.parquet"))
    agreed = sum(label.topic is not None for label in labels)
    assert figures["labels"]["value"] == pytest.approx(agreed / 180)
    assert figures["labels"]["low"] < agreed / 180 < figures["labels"]["high"]
    # nothing is left to chance for these rows; every label there is was agreed to by the person
    assert figures["labels"]["these_low"] == figures["labels"]["these_high"] == figures["labels"]["value"]
    assert figures["labels"]["precision"]["value"] == pytest.approx(1.0)
    assert figures["labels"]["coverage"] == pytest.approx(agreed / 180)
    assert report["of"] == "all rows"
    shares = {entry["topic"]: entry["share"]["value"] for entry in report["topics"]}
    assert shares == pytest.approx({topic: list(first.values()).count(topic) / 180 for topic in shares})
    assert json.loads(json.dumps(folder.read_json("audit_report.json"))) == report
    assert as_text(report).startswith("180 of 180 rows answered, 0 of them test rows; 0 could not be decided\n")


@pytest.mark.slow
def test_candidates_are_judged_on_the_test_rows(small_project: Path) -> None:
    run(small_project)
    folder = RunFolder((small_project / "runs/latest").resolve())
    sheet = small_project / "audit.csv"
    sample = draw_sheet(folder, sheet, 1000, 13)
    _answer(sheet, dict.fromkeys([row.query_id for row in sample.rows], "Music"))
    assert sample.source == "test"
    assert len(sample.rows) == sample.test_rows < 180
    report: dict[str, Any] = read_sheet(folder, sheet)[0]
    assert (report["of"], report["answered_test"]) == ("test rows", sample.test_rows)
    candidates = {name: figure for name, figure in report["accuracy"].items() if name.startswith("candidate ")}
    assert set(candidates) == {"candidate floor", "candidate tfidf"}
    for figure in candidates.values():
        assert figure["n"] == figure["audited"] == report["test_rows"]
        # every row was looked at, so opinions cannot add anything
        assert figure["stratified"]["value"] == pytest.approx(figure["value"])
        assert figure["agreed_only"]["n"] < figure["n"]
    (difference,) = report["differences"]
    values = [figure["value"] for figure in candidates.values()]
    assert difference["value"] == pytest.approx(max(values) - min(values))
    weights = audit_weights(folder)
    assert set(weights) == {row.query_id for row in sample.rows}
    assert sum(weights.values()) == pytest.approx(report["test_rows"])
    truth = audited_truth(folder, list(weights)[:20])
    assert {row.topic for row in truth.values()} == {"Music"}
    assert sum(row.weight for row in truth.values()) == pytest.approx(20)


@pytest.mark.slow
def test_sheets_of_test_rows_and_of_all_rows_add_up(small_project: Path) -> None:
    run(small_project)
    folder = RunFolder((small_project / "runs/latest").resolve())
    truth = {query.query_id: str(SMALL[query.trace_id]) for query in read_queries(folder.file("queries.parquet"))}
    first = draw_sheet(folder, small_project / "one.csv", 30, 13)
    _answer(small_project / "one.csv", truth)
    before: dict[str, Any] = read_sheet(folder, small_project / "one.csv")[0]
    second = draw_sheet(folder, small_project / "two.csv", 120, 13, "all")
    assert not {row.query_id for row in first.rows} & {row.query_id for row in second.rows}
    _answer(small_project / "two.csv", truth)
    report: dict[str, Any] = read_sheet(folder, small_project / "two.csv")[0]
    assert (before["of"], report["of"], report["answered"]) == ("test rows", "all rows", 150)
    right = sum(label.topic == truth[label.query_id] for label in read_labels(folder.file("labels.parquet"))) / 180
    labels = report["accuracy"]["labels"]
    assert labels["low"] < right < labels["high"]
    assert labels["value"] == pytest.approx(right, abs=0.06)
    assert sum(audit_weights(folder).values()) == pytest.approx(180)


@pytest.mark.slow
def test_undecided_rows_widen_every_figure_and_are_told(small_project: Path) -> None:
    run(small_project)
    folder = RunFolder((small_project / "runs/latest").resolve())
    truth = {query.query_id: str(SMALL[query.trace_id]) for query in read_queries(folder.file("queries.parquet"))}
    sample = draw_sheet(folder, small_project / "audit.csv", 40, 13)
    unsure = dict.fromkeys([row.query_id for row in sample.rows][:10], "?")
    _answer(small_project / "audit.csv", truth | unsure)
    report: dict[str, Any] = read_sheet(folder, small_project / "audit.csv")[0]
    figure = report["accuracy"]["candidate tfidf"]
    assert figure["best"] - figure["worst"] > 0.15
    assert figure["low"] < figure["worst"] <= figure["value"] <= figure["best"] <= figure["high"]
    text = as_text(report)
    assert "10 could not be decided\nundecided rows are not left out" in text
    assert "undecided rows put it between" in text


@pytest.mark.slow
def test_a_persons_answers_leave_the_test_set_as_it_was(small_project: Path) -> None:
    """Neither which rows are test rows, nor the agreed ones among them and their labels, change with an audit."""
    text = (small_project / "topicsmith.yaml").read_text().replace(", topic: topic}", "}")
    (small_project / "topicsmith.yaml").write_text(text)
    run(small_project)
    folder = RunFolder((small_project / "runs/latest").resolve())
    splits, board = folder.file("assignments.parquet").read_bytes(), folder.read_json("leaderboard.json")
    sample = draw_sheet(folder, small_project / "audit.csv", 40, 13)
    _answer(small_project / "audit.csv", dict.fromkeys([row.query_id for row in sample.rows], "Travel"))
    read_sheet(folder, small_project / "audit.csv")
    run(small_project)
    after: Any = folder.read_json("leaderboard.json")
    assert folder.file("assignments.parquet").read_bytes() == splits
    for row, was in zip(after, cast("list[dict[str, Any]]", board), strict=True):
        assert (row["n"], row["accuracy"], was["audited_accuracy"]) == (was["n"], was["accuracy"], None)
        assert row["judged_by"] == "agreed labels"
        assert row["audited_low"] <= row["audited_accuracy"] <= row["audited_high"]
    card = (folder.classifier("tfidf") / "README.md").read_text()
    assert card.index("accuracy on all rows, by a person's audit") < card.index("accuracy against agreed labels")


def test_an_empty_sheet_is_named(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    folder = RunFolder((small_project / "runs/latest").resolve())
    draw_sheet(folder, small_project / "audit.csv", 20, 13)
    with pytest.raises(RunStateError, match=r"audit\.csv: 0 rows are answered; fill in the column 'topic'"):
        read_sheet(folder, small_project / "audit.csv")


def test_a_row_that_is_refused_keeps_no_other_from_being_taken(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    folder = RunFolder((small_project / "runs/latest").resolve())
    sheet = small_project / "audit.jsonl"
    rows = draw_sheet(folder, sheet, 4, 13).rows
    said = ["Travel", "Musik", "?", "Music"]
    lines = [json.dumps({"query_id": row.query_id, "topic": topic}) for row, topic in zip(rows, said, strict=True)]
    sheet.write_text("\n".join(lines))
    report, filled = read_sheet(folder, sheet)
    assert (report["answered"], report["undecided"], len(filled.refused)) == (2, 1, 1)
    assert filled.refused[0].startswith(f"{sheet}:2: 'Musik' is no topic; write one of ")
    assert {answer.query_id: answer.topic for answer in audit_answers(folder)} == {
        rows[0].query_id: "Travel",
        rows[2].query_id: None,
        rows[3].query_id: "Music",
    }


def test_too_few_answers_beside_refused_ones_name_both(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    folder = RunFolder((small_project / "runs/latest").resolve())
    sheet = small_project / "audit.jsonl"
    rows = draw_sheet(folder, sheet, 2, 13).rows
    lines = [json.dumps({"query_id": row.query_id, "topic": t}) for row, t in zip(rows, ("Music", "x"), strict=True)]
    sheet.write_text("\n".join(lines))
    with pytest.raises(RunStateError, match=r"1 rows are answered \(1 more are refused, the first: .*:2: 'x' is no"):
        read_sheet(folder, sheet)
    assert audit_answers(folder) == []


@pytest.mark.slow
def test_a_persons_answers_are_labels_from_the_next_run_on_and_judge_the_labels_before_them(
    small_project: Path,
) -> None:
    run(small_project)
    folder = RunFolder((small_project / "runs/latest").resolve())
    labels = {label.query_id: label for label in read_labels(folder.file("labels.parquet"))}
    sheet = small_project / "audit.csv"
    sample = draw_sheet(folder, sheet, 100, 13, "all")
    asked = {row.query_id for row in sample.rows}
    _answer(sheet, dict.fromkeys(asked, "Travel"))
    before: dict[str, Any] = read_sheet(folder, sheet)[0]

    skipped = run(small_project)
    assert not skipped["agree"]
    now = {label.query_id: label for label in read_labels(folder.file("labels.parquet"))}
    assert {query_id for query_id, label in now.items() if label.origin == "human"} == asked
    assert {now[query_id].topic for query_id in asked} == {"Travel"}
    assert all(now[query_id] == labels[query_id] for query_id in now if query_id not in asked)
    # the labels' accuracy is that of the labels the person was not asked for
    after: dict[str, Any] = judge(folder) or {}
    assert after["accuracy"]["labels"] == before["accuracy"]["labels"]
    assert all(run(small_project).values())

    _answer(sheet, dict.fromkeys(list(asked)[:50], "Music"))
    read_sheet(folder, sheet)
    kept = {answer.query_id: answer.topic for answer in audit_answers(folder)}
    assert sorted(kept.values(), key=str) == ["Music"] * 50 + ["Travel"] * 50


@pytest.mark.slow
def test_advice_rests_on_the_audit_where_there_is_one(small_project: Path) -> None:
    # without given topics the test rows are those on which the annotators agree
    text = (small_project / "topicsmith.yaml").read_text().replace(", topic: topic}", "}")
    (small_project / "topicsmith.yaml").write_text(text + "targets: {accuracy: 0.5}\n")
    run(small_project)
    folder = RunFolder((small_project / "runs/latest").resolve())
    advice: Any = folder.read_json("advice.json")
    standing = next(s for s in advice["standings"] if s["candidate"] == "tfidf")
    assert "of agreed rows only, wanted 50.0 %" in standing["unknown"][0]
    sheet = small_project / "audit.csv"
    sample = draw_sheet(folder, sheet, 180, 13)
    truth = {query.query_id: str(SMALL[query.trace_id]) for query in read_queries(folder.file("queries.parquet"))}
    _answer(sheet, {row.query_id: truth[row.query_id] for row in sample.rows})
    read_sheet(folder, sheet)
    run(small_project)
    advice = folder.read_json("advice.json")
    audited = audited_candidates(judge(folder))["tfidf"]
    assert f"a person's audit puts it at {interval_text(audited)}" in " ".join(advice["why"])
    assert [s["misses"] for s in advice["standings"] if s["candidate"] == "tfidf"] == [[]]
