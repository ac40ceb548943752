"""Agree as the run folder shows it."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.audit.run import draw_sheet
from topicsmith.pipeline import run_path, run_stages
from topicsmith.progress import SilentProgress
from topicsmith.project_file import read_project
from topicsmith.runs import RunFolder, open_run
from topicsmith.tables import read_labels, read_queries


class Heard(SilentProgress):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def test_given_topics_are_the_labels_when_nobody_is_asked(small_project: Path) -> None:
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(
        text.replace("labeling: {annotators: ['table:first', 'table:second']}\n", "")
    )
    run(small_project, ["ingest", "label", "agree"])
    labels = pl.read_parquet(small_project / "runs/latest/labels.parquet")
    assert dict(labels["origin"].value_counts().iter_rows()) == {"given": 180}
    assert dict(labels["topic"].value_counts().iter_rows()) == {"Music": 60, "Travel": 60, "Money": 60}


def test_an_adjudicator_settles_the_disputed_rows_only(small_project: Path) -> None:
    text = (small_project / "topicsmith.yaml").read_text()
    adjudicated = "labeling: {annotators: ['table:first', 'table:second'], adjudicator: 'local:trained'}"
    (small_project / "topicsmith.yaml").write_text(
        text.replace("labeling: {annotators: ['table:first', 'table:second']}", adjudicated)
    )
    run(small_project, ["ingest", "label", "agree"])
    folder = RunFolder(small_project / "runs/latest")
    disputed = sum((n % 11 == 0) != (n % 13 == 0) for n in range(180))
    annotations = pl.read_parquet(folder.file("annotations.parquet"))
    assert annotations.filter(pl.col("annotator") == "local:trained").height == disputed
    assert annotations.height == 360 + disputed
    labels = pl.read_parquet(folder.file("labels.parquet"))
    assert dict(labels["origin"].value_counts().iter_rows()) == {"agreed": 180 - disputed, "adjudicated": disputed}
    agreement: Any = folder.read_json("agreement.json")
    assert [use["name"] for use in agreement["annotators"]] == ["table:first", "table:second"]
    quality: Any = folder.read_json("label_quality.json")
    assert quality["by_origin"]["adjudicated"]["value"] > 0.8


def test_weighted_labels_carry_scores_and_no_confidence(small_project: Path) -> None:
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text.replace("'table:second']", "'table:second'], labels: weighted"))
    run(small_project, ["ingest", "label", "agree"])
    labels = read_labels(small_project / "runs/latest/labels.parquet")
    assert all(label.topic is not None and label.score is not None and label.confidence is None for label in labels)
    for label in labels:
        assert label.probabilities is not None
        assert sum(score for _, score in label.probabilities) == pytest.approx(1, abs=0.01)


def test_an_audit_makes_confidence_of_scores_and_names_the_best_annotator(small_project: Path) -> None:
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text.replace("'table:second']", "'table:second'], labels: weighted"))
    run(small_project, ["ingest", "label", "agree"])
    folder = RunFolder(small_project / "runs/latest")
    sample = draw_sheet(folder, small_project / "sheet.csv", 60, 13)
    truth = {query.query_id: query.topic for query in read_queries(folder.file("queries.parquet"))}
    answers = [{"query_id": row.query_id, "topic": truth[row.query_id]} for row in sample.rows]
    folder.write_json("audit_answers.json", {"format": 1, "answers": answers})
    run(small_project, ["agree"])
    labels = read_labels(folder.file("labels.parquet"))
    machine = [label for label in labels if label.origin != "human"]
    assert machine
    assert all(label.confidence is not None and 0 < label.confidence < 1 for label in machine)
    quality: Any = folder.read_json("label_quality.json")
    assert quality["score"]["judged"] == 60
    assert quality["alone"]["judged_by"] == "truth"  # of all 180 rows, more than the audit has
    assert quality["alone"]["annotator"] in {"table:first", "table:second"}
    assert quality["alone"]["n"] == 180


def test_suspected_labels_are_listed(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    document: Any = RunFolder(small_project / "runs/latest").read_json("suspicious.json")
    # Rows 0 and 143 are those on which both annotators are wrong alike.
    assert document["labelled"] == 180 - sum((n % 11 == 0) != (n % 13 == 0) for n in range(180))
    assert {row["query_id"] for row in document["rows"]} <= {
        label.query_id for label in read_labels(small_project / "runs/latest/labels.parquet") if label.topic
    }


def test_audited_topics_that_the_taxonomy_lost_do_not_count(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree"])
    folder = RunFolder((small_project / "runs/latest").resolve())
    first, second = [label.query_id for label in read_labels(folder.file("labels.parquet"))][:2]
    answers = [{"query_id": first, "topic": "Cooking"}, {"query_id": second, "topic": "Money"}]
    folder.write_json("audit_answers.json", {"format": 1, "answers": answers})
    run(small_project, ["ingest", "label", "agree"])
    now = {label.query_id: label for label in read_labels(folder.file("labels.parquet"))}
    assert (now[second].topic, now[second].origin) == ("Money", "human")
    assert now[first].origin != "human"
    folder.write_json("audit_answers.json", {"format": 1, "answers": answers[:1]})
    run(small_project, ["ingest", "label", "agree"])
    assert not folder.file("labels_unaudited.parquet").exists()
    assert all(label.origin != "human" for label in read_labels(folder.file("labels.parquet")))


def test_audited_rows_follow_edits_and_those_of_divided_topics_are_put_up_again(small_project: Path) -> None:
    stages = ["ingest", "label", "agree"]
    run(small_project, stages)
    latest = small_project / "runs/latest"
    digest = json.loads((latest / "manifest.json").read_text())["stages"]["label"]["counts"]["taxonomy"]["digest"]
    ids = pl.read_parquet(latest / "queries.parquet")["query_id"].to_list()[:5]
    said = dict(zip(ids, ["Music", "Travel", "Money", "Gone"], strict=False))
    answers = [{"query_id": query_id, "topic": topic, "named_by": digest} for query_id, topic in said.items()]
    answers.append({"query_id": ids[4], "topic": "Money"})  # of an earlier version, which did not note its own
    (latest / "audit_answers.json").write_text(json.dumps({"format": 1, "answers": answers}))
    project = small_project / "topicsmith.yaml"
    text = project.read_text()
    new = "[{name: Sound, was: Music}, {name: Travel, description: trips}, Money]"
    project.write_text(text.replace("[Music, Travel, Money]", new))
    settings, progress = read_project(small_project), Heard()
    with open_run(run_path(settings)) as opened:
        run_stages(settings, opened, progress, stages)
    labels = pl.read_parquet(latest / "labels.parquet").filter(pl.col("origin") == "human")
    assert dict(labels.select("query_id", "topic").iter_rows()) == {
        ids[0]: "Sound", ids[2]: "Money", ids[4]: "Money",
    }  # fmt: skip
    assert [line for line in progress.lines if "audited" in line] == [
        "agree: 1 audited rows name topics that are no longer in the taxonomy; they do not count",
        (
            "agree: 1 audited rows are put up again, since their topics were divided, removed or worded anew; they "
            "count when a person answers them once more"
        ),
    ]
