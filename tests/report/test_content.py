"""Everything the page needs, read once."""

import json
from dataclasses import asdict

import pytest

from topicsmith.costs.cost import CandidateCost, Serving
from topicsmith.report.content import read_content
from topicsmith.report.page import render
from topicsmith.runs import RunFolder


def test_what_is_chosen_is_what_the_advice_says(run: RunFolder) -> None:
    content = read_content(run, "my-topics")
    assert content.best is not None
    assert content.best.name == "minilm"
    assert content.chosen is not None
    assert content.chosen.name == "tfidf"
    run.file("advice.json").unlink()
    assert read_content(run, "my-topics").chosen == content.best


def test_labelling_costs_add_up_and_one_unknown_makes_the_sum_unknown(run: RunFolder) -> None:
    assert read_content(run, "my-topics").labelling_usd_per_1k == pytest.approx(2.62)
    agreement = run.read_json("agreement.json")
    assert isinstance(agreement, dict)
    agreement["annotators"][0]["usd_per_1k"] = None
    run.write_json("agreement.json", agreement)
    assert read_content(run, "my-topics").labelling_usd_per_1k is None


def test_the_newest_time_is_the_pages_date(run: RunFolder) -> None:
    assert read_content(run, "my-topics").finished == "2026-11-23T18:01:18Z"


def test_how_right_the_labels_are_is_the_truths_word_or_else_a_persons(run: RunFolder) -> None:
    content = read_content(run, "my-topics")
    assert content.labelling is not None
    assert content.labelling.quality is not None
    assert content.labels_right == content.labelling.quality.kept
    assert not content.labels_audited
    run.file("label_quality.json").unlink()
    audited = read_content(run, "my-topics")
    assert audited.audit is not None
    assert audited.labels_right == dict(audited.audit.labels)["labels"]
    assert audited.labels_audited
    run.file("audit_report.json").unlink()
    assert read_content(run, "my-topics").labels_right is None


def test_what_the_choice_misses_and_how_its_price_comes_about(run: RunFolder) -> None:
    assert read_content(run, "my-topics").misses == ()
    advice = json.loads(run.file("advice.json").read_text())
    run.write_json("advice.json", {**advice, "deploy": "majority"})
    run.write_json(
        "costs.json", [asdict(CandidateCost("majority", 0.0, 0.0, Serving("machine", 1.0, 1.0, detail="$1 an hour")))]
    )
    content = read_content(run, "my-topics")
    assert content.misses == ("accuracy 50.0 % [40.4, 59.6], wanted 75.0 %",)
    assert content.serving_arithmetic == "$1 an hour"
    assert "It misses 1 of the project's targets:" in render(content).replace("&#39;", "'")
