"""Evaluate and report as the run folder shows them."""

import json
from pathlib import Path

import polars as pl

from tests.test_pipeline import run


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


def test_a_sweep_over_training_rows_is_drawn_as_a_curve(small_project: Path) -> None:
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text.replace("kind: linear", "kind: linear, train_size: [20, 60]"))
    run(small_project)
    latest = small_project / "runs/latest"
    (curve,) = json.loads((latest / "learning_curves.json").read_text())["curves"]
    assert [(curve["candidate"], point["rows"]) for point in curve["points"]] == [("tfidf", 20), ("tfidf", 60)]
    assert "tfidf-train_size-20" in (latest / "report.html").read_text()


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
