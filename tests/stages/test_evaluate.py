"""Evaluate and report as the run folder shows them."""

import json
from pathlib import Path

import polars as pl
import pytest

import topicsmith as ts
from tests.conftest import small_rows
from tests.test_pipeline import run
from topicsmith.project import CandidateSettings
from topicsmith.records import Prediction
from topicsmith.stages import evaluate
from topicsmith.stages.base import StageContext
from topicsmith.stages.predictions import Answers, answers_of


def test_every_candidate_answers_the_same_rows(small_project: Path) -> None:
    run(small_project)
    latest = small_project / "runs/latest"
    tables = [pl.read_parquet(latest / f"predictions/{name}.parquet") for name in ("floor", "tfidf")]
    assert tables[0]["query_id"].to_list() == tables[1]["query_id"].to_list()
    assert set(tables[0]["split"]) == {"validation", "test"}


def test_the_leaderboard_has_the_columns_of_the_contract(small_project: Path) -> None:
    run(small_project)
    board = json.loads((small_project / "runs/latest/leaderboard.json").read_text())
    columns = [
        "candidate",
        "kind",
        "model",
        "prompt",
        "n",
        "failures",
        "accuracy",
        "accuracy_low",
        "accuracy_high",
        "macro_f1",
        "balanced_accuracy",
        "macro_precision",
        "macro_recall",
        "p50_ms",
        "p95_ms",
        "texts_per_s",
        "output_tokens_mean",
        "usd_per_1k",
        "train_usd",
        "train_s",
        "tied_with_best",
    ]
    for row in board:
        assert set(columns) <= set(row)
        assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]


@pytest.mark.slow
def test_a_sweep_over_training_rows_is_drawn_as_a_curve(small_project: Path) -> None:
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text.replace("kind: linear", "kind: linear, train_size: [20, 60]"))
    run(small_project)
    latest = small_project / "runs/latest"
    (curve,) = json.loads((latest / "learning_curves.json").read_text())["curves"]
    assert [(curve["candidate"], point["rows"]) for point in curve["points"]] == [("tfidf", 20), ("tfidf", 60)]
    assert "tfidf-train_size-20" in (latest / "report.html").read_text()


@pytest.mark.slow
def test_a_sweep_over_seeds_has_its_own_spread(small_project: Path) -> None:
    file = small_project / "topicsmith.yaml"
    text = file.read_text()
    assert "name: tfidf" in text
    file.write_text(text.replace("name: tfidf,", "name: tfidf, seed: [1, 2],"))
    run(small_project)
    (spread,) = json.loads((small_project / "runs/latest/seeds.json").read_text())
    assert spread["series"] == "tfidf"
    assert sorted(spread["candidates"]) == ["tfidf-seed-1", "tfidf-seed-2"]
    assert spread["over_seeds"]["n"] == 2
    assert spread["lowest"] <= spread["over_seeds"]["value"] <= spread["highest"]


@pytest.mark.slow
def test_a_sweep_is_stood_for_by_its_best_on_validation_though_another_is_better_on_test(
    small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second member is right on every test row and wrong on every third validation row; the first the reverse."""
    file = small_project / "topicsmith.yaml"
    file.write_text(file.read_text().replace("name: tfidf,", "name: tfidf, seed: [1, 2],"))
    truth = {row["text"]: row["topic"] for row in small_rows()}

    def told(candidate: CandidateSettings, context: StageContext) -> Answers:
        found, rows = answers_of(candidate, context), context.tables.held_out
        weak = {"tfidf-seed-1": "test", "tfidf-seed-2": "validation"}.get(candidate.name)
        if weak is None:
            return found
        right = {
            split: {
                query.query_id: Prediction(None if split == weak and place % 3 == 0 else truth[query.text])
                for place, (part, query) in enumerate(rows)
                if part == split
            }
            for split in ("validation", "test")
        }
        return Answers(right["validation"], right["test"], found.timing)

    monkeypatch.setattr(evaluate, "answers_of", told)
    run(small_project)
    latest = small_project / "runs/latest"
    board = json.loads((latest / "leaderboard.json").read_text())
    assert [(row["candidate"], row["stood_for"]) for row in board] == [
        ("tfidf-seed-1", None),
        ("floor", None),
        ("tfidf-seed-2", "tfidf-seed-1"),
    ]
    assert board[2]["accuracy"] == 1.0 > board[0]["accuracy"] > board[1]["accuracy"]
    assert [row["tied_with_best"] for row in board] == [True, False, False]
    advice = json.loads((latest / "advice.json").read_text())
    assert advice["deploy"] == "tfidf-seed-1"
    assert "tfidf-seed-2" not in json.dumps(advice)
    assert "tfidf-seed-1 represents the 2 candidates of the sweep 'tfidf'" in advice["why"][-1]
    tests = [e for e in json.loads((latest / "evaluations.json").read_text()) if e["split"] == "test"]
    assert tests[1]["comparison"]["best"] == "tfidf-seed-1"
    assert tests[2]["comparison"] is None
    page = (latest / "report.html").read_text()
    assert "represents the 2 candidates of the sweep" in page
    assert ts.load(latest).folder.name == "tfidf-seed-1"
    (manifest_counts,) = [json.loads((latest / "manifest.json").read_text())["stages"]["evaluate"]["counts"]]
    assert (manifest_counts["best"], manifest_counts["tied_with_best"]) == ("tfidf-seed-1", [])


@pytest.mark.slow
def test_the_scores_stand_on_the_card_of_every_model_with_their_intervals(small_project: Path) -> None:
    run(small_project)
    latest = small_project / "runs/latest"
    for row in json.loads((latest / "leaderboard.json").read_text()):
        card = (latest / "classifiers" / row["candidate"] / "README.md").read_text()
        low, high = f"{row['accuracy_low']:.4f}", f"{row['accuracy_high']:.4f}"
        assert f"| accuracy | {row['accuracy']:.4f} | {low} to {high} | {row['n']} | test |" in card
        assert f"| macro F1 | {row['macro_f1']:.4f} |" in card
        for part in ("## Data", "| seed | 13 |", "## Limits"):
            assert part in card
        assert ts.load(latest, row["candidate"]).classes_ == ("Music", "Travel", "Money")
    (small_project / "topicsmith.yaml").write_text(
        (small_project / "topicsmith.yaml").read_text().replace("topic: topic}", "}")
    )
    run(small_project)
    card = (latest / "classifiers/tfidf/README.md").read_text()
    assert "| accuracy against agreed labels | " in card
    assert "Rows on which the annotators disagreed are not among those" in card


@pytest.mark.slow
def test_a_sweep_over_a_setting_is_drawn_against_it(small_project: Path) -> None:
    file = small_project / "topicsmith.yaml"
    file.write_text(file.read_text().replace("name: tfidf,", "name: tfidf, c: [0.01, 1.0],"))
    run(small_project)
    latest = small_project / "runs/latest"
    (curve,) = json.loads((latest / "learning_curves.json").read_text())["settings"]
    assert (curve["setting"], curve["candidate"]) == ("c", "tfidf")
    assert [(point["candidate"], point["value"]) for point in curve["points"]] == [
        ("tfidf-c-0.01", 0.01),
        ("tfidf-c-1.0", 1.0),
    ]
    board = {row["candidate"]: row["accuracy"] for row in json.loads((latest / "leaderboard.json").read_text())}
    assert [point["accuracy"]["value"] for point in curve["points"]] == [board["tfidf-c-0.01"], board["tfidf-c-1.0"]]
    assert "<b>Accuracy by <" in (latest / "report.html").read_text()
