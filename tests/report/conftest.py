"""A run folder as the stages leave it, with figures chosen by hand."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from topicsmith.evaluation.results import AgreementBias, Comparison, Evaluation, Interval, TopicScores
from topicsmith.records import Label, Prediction, Query
from topicsmith.runs import RunFolder
from topicsmith.tables import LABELS, PREDICTIONS, QUERIES, label_row, prediction_row, query_row

TOPICS = ("Banking", "Travel", "Weather", "Other")
CONFUSION = ((40, 6, 1, 3, 0), (2, 28, 0, 0, 0), (0, 0, 12, 0, 0), (3, 2, 0, 2, 1))
CANARY = "<script>document.title='pwned'</script>"
OVERRIDE = "pay to \u202egpj.exe now"
FORMULA = '=HYPERLINK("http://127.0.0.1/","x")'


def share(right: int, n: int, low: float, high: float) -> Interval:
    return Interval(right / n, low, high, n, method="Wilson")


def evaluation(name: str, kind: str, right: int, low: float, high: float, **changes: Any) -> Evaluation:
    """82 of 100 rows by default; ``changes`` overrides fields."""
    by_topic = tuple(
        TopicScores(
            topic=topic,
            support=sum(row),
            predicted=sum(r[at] for r in CONFUSION),
            correct=row[at],
            precision=row[at] / sum(r[at] for r in CONFUSION),
            recall=row[at] / sum(row),
            f1=2 * row[at] / (sum(row) + sum(r[at] for r in CONFUSION)),
        )
        for at, (topic, row) in enumerate(zip(TOPICS, CONFUSION, strict=True))
    )
    fields: dict[str, Any] = {
        "candidate": name,
        "kind": kind,
        "model": None,
        "prompt": None,
        "split": "test",
        "truth": "given",
        "n": 100,
        "failures": 1,
        "failures_by_status": {"failed": 1},
        "accuracy": share(right, 100, low, high),
        "macro_f1": Interval(0.741, 0.655, 0.812, 100, method="bootstrap by group"),
        "balanced_accuracy": Interval(0.746, 0.66, 0.81, 100, method="bootstrap by group"),
        "macro_precision": 0.752,
        "macro_recall": 0.746,
        "topics": TOPICS,
        "by_topic": by_topic,
        "confusion": CONFUSION,
        "in_scope_accuracy": share(80, 92, 0.787, 0.923),
        "catch_all_recall": share(2, 8, 0.071, 0.591),
        "bias": AgreementBias(share(71, 75, 0.871, 0.979), share(69, 75, 0.836, 0.963), share(right, 100, low, high)),
        "p50_ms": 1.31,
        "p95_ms": 2.62,
        "texts_per_s": 763.0,
        "output_tokens_mean": None,
        "train_s": 4.2,
        "train_usd": 0.0,
        "usd_per_1k": 0.0021,
    }
    return Evaluation(**{**fields, **changes})


def evaluations() -> list[Evaluation]:
    best = evaluation("minilm", "encoder", 82, 0.733, 0.883, model="minilm", p50_ms=9.8, p95_ms=14.7, usd_per_1k=0.031, train_s=92.0)
    tied = evaluation("tfidf", "linear", 80, 0.711, 0.867, comparison=Comparison("minilm", 7, 5, 0.774, 0.774, tied=True))
    worst = evaluation(
        "majority", "majority", 50, 0.404, 0.596, p50_ms=0.01, p95_ms=0.02, usd_per_1k=0.0004,
        comparison=Comparison("minilm", 36, 4, 1.8e-7, 3.6e-7, tied=False),
    )  # fmt: skip
    return [best, tied, worst]


def leaderboard(found: list[Evaluation]) -> list[dict[str, object]]:
    return [
        {
            "candidate": e.candidate, "kind": e.kind, "model": e.model, "prompt": e.prompt, "n": e.n,
            "failures": e.failures, "accuracy": e.accuracy.value, "accuracy_low": e.accuracy.low,
            "accuracy_high": e.accuracy.high, "macro_f1": e.macro_f1.value,
            "tied_with_best": e.comparison is None or e.comparison.tied,
        }
        for e in found
    ]  # fmt: skip


def interval(value: float, low: float, high: float, n: int) -> dict[str, object]:
    return asdict(Interval(value, low, high, n, method="Wilson"))


def manifest() -> dict[str, object]:
    def stage(counts: dict[str, object], begun: str, done: str) -> dict[str, object]:
        return {
            "state": "done", "fingerprint": "0", "started": f"2026-11-23T{begun}Z", "finished": f"2026-11-23T{done}Z",
            "counts": counts, "versions": {"topicsmith": "0.1.0", "polars": "2.1.0"}, "result": "0",
        }  # fmt: skip

    return {
        "format": 1,
        "files": {},
        "stages": {
            "ingest": stage(
                {
                    "traces": 1012, "queries": 1000, "dropped": {"no user message": 9, "not JSON": 3},
                    "formats": {"table": 1012}, "tokenizer": "words and signs", "replaced_characters": 0,
                    "redacted": {"email": 4}, "groups": 968, "largest_groups": [7, 4],
                },
                "18:00:00", "18:00:02",
            ),
            "label": stage({"rows": 2000, "labelled": 1990, "abstained": 10, "pending": 0}, "18:00:02", "18:01:17"),
            "agree": stage({"agreed": 750, "disagreed": 240, "abstained": 10}, "18:01:17", "18:01:17"),
            "split": stage({"train": 700, "validation": 100, "test": 200, "notes": ["14 texts stand in two splits"]}, "18:01:17", "18:01:18"),
            "report": {"state": "running", "fingerprint": "0", "started": "2026-11-23T18:05:00Z"},
        },
    }  # fmt: skip


def agreement() -> dict[str, object]:
    confusion = [[300, 20, 5, 45], [15, 220, 4, 60], [2, 3, 130, 40], [30, 10, 6, 100]]
    annotators = [
        {
            "name": name, "rows": 1000, "labelled": 1000 - lost, "statuses": {"labelled": 1000 - lost, "refused": lost},
            "catch_all": 0, "catch_all_rate": interval(rate, rate - 0.02, rate + 0.02, 990),
            "catch_all_rate_disagreed": interval(differ, differ - 0.06, differ + 0.06, 240),
            "cost_usd": usd, "cost_unknown": 0, "usd_per_1k": usd, "usd_per_1k_kept": None, "input_tokens": None,
            "output_tokens": None, "output_tokens_mean": tokens, "served_models": {name: 1000},
        }
        for name, lost, rate, differ, usd, tokens in (
            ("google:gemini-3.5-flash", 4, 0.147, 0.19, 0.45, 12.0),
            ("anthropic:claude-sonnet-5-5", 6, 0.248, 0.6, 2.17, 89.0),
        )
    ]  # fmt: skip
    first, second = annotators[0]["name"], annotators[1]["name"]
    return {
        "format": 1, "rows": 1000, "agreed": 750, "disagreed": 240, "abstained": 10, "pending": 0,
        "rate": interval(0.75, 0.722, 0.776, 1000), "rate_labelled": interval(0.7576, 0.73, 0.783, 990),
        "kappa": interval(0.661, 0.62, 0.7, 990), "kappa_name": "Cohen's kappa", "topics": list(TOPICS),
        "catch_all": "Other", "annotators": annotators,
        "pairs": [{"first": first, "second": second, "n": 990, "agreed": 750, "rate": interval(0.7576, 0.73, 0.783, 990),
                   "kappa": interval(0.661, 0.62, 0.7, 990), "confusion": confusion}],
        "by_topic": [
            {"topic": topic, "named": named, "agreed": agreed, "rate": interval(agreed / named, low, high, named), "specific": None}
            for topic, named, agreed, low, high in (
                ("Banking", 417, 300, 0.674, 0.76), ("Travel", 332, 220, 0.61, 0.711), ("Weather", 190, 130, 0.615, 0.746),
                ("Other", 291, 100, 0.292, 0.4))
        ],
        "disagreements": [
            {"first": first, "second": second, "first_topic": a, "second_topic": b, "count": n}
            for a, b, n in (("Travel", "Other", 60), ("Banking", "Other", 45), ("Weather", "Other", 40), ("Other", "Banking", 30))
        ],
    }  # fmt: skip


def label_quality() -> dict[str, object]:
    return {
        "n": 1000, "agreed_n": 750, "kept_n": 750, "agreed": interval(0.924, 0.903, 0.941, 750),
        "kept": interval(0.924, 0.903, 0.941, 750), "by_origin": {"agreed": interval(0.924, 0.903, 0.941, 750)},
        "annotators": {"google:gemini-3.5-flash": interval(0.841, 0.817, 0.862, 1000),
                       "anthropic:claude-sonnet-5-5": interval(0.817, 0.792, 0.84, 1000)},
        "majority": interval(0.841, 0.817, 0.862, 1000),
        "by_topic": [{"topic": t, "labelled": n, "right": r, "precision": interval(r / n, r / n - 0.03, min(r / n + 0.03, 1), n)}
                     for t, n, r in (("Banking", 300, 288), ("Travel", 220, 211), ("Weather", 130, 128), ("Other", 100, 66))],
    }  # fmt: skip


def statistics() -> dict[str, object]:
    rows = (("Banking", 350, 310, 50, 100), ("Travel", 230, 230, 30, 60), ("Weather", 97, 97, 12, 24), ("Other", 23, 82, 8, 16))
    count = {"n": 1000, "mean": 14.1, "median": 11.0, "p90": 26.0, "largest": 611, "over_512": 2}
    return {
        "format": 1, "queries": 1000, "rows": {"train": 700, "validation": 100, "test": 200}, "test_truth": "given",
        "test_unlabelled": 0,
        "topics": [{"topic": t, "train": b, "validation": v, "test": s, "before": b, "after": a} for t, b, a, v, s in rows],
        "topics_without_training_rows": [], "ratio_before": 350 / 23, "ratio_after": 3.78, "largest_copies": 4,
        "tokens": {
            "query": count, "trace": {**count, "median": 430.0, "p90": 900.0}, "ratio": 39.1,
            "histogram": {"edges": [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048],
                          "query": [0, 10, 190, 500, 230, 50, 15, 2, 1, 2, 0], "trace": [0, 0, 0, 0, 5, 20, 90, 240, 330, 290, 25]},
        },
    }  # fmt: skip


def texts() -> list[str]:
    return [CANARY, OVERRIDE, FORMULA, "اريد تحويل المال", "how do I move my savings abroad?", "a cheap flight for my bank holiday"]


def fill(run: RunFolder) -> None:
    """Leave everything in ``run`` that the stages before the report leave."""
    found = evaluations()
    for name, document in (
        ("manifest.json", manifest()), ("agreement.json", agreement()), ("label_quality.json", label_quality()),
        ("statistics.json", statistics()), ("evaluations.json", [asdict(e) for e in found]),
        ("leaderboard.json", leaderboard(found)),
    ):  # fmt: skip
        run.write_json(name, document)
    queries = [Query(f"q{at}", text, f"t{at}", topic="Banking") for at, text in enumerate(texts())]
    run.write_table("queries.parquet", [query_row(query) for query in queries], QUERIES)
    run.write_table("labels.parquet", [label_row(Label(q.query_id, "Banking", None, "agreed")) for q in queries], LABELS)
    rows = [prediction_row(q.query_id, "test", Prediction("Travel" if at < 3 else "Other")) for at, q in enumerate(queries)]
    run.write_table("predictions/minilm.parquet", rows, PREDICTIONS)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A complete run."""
    folder = RunFolder(tmp_path / "pilot")
    folder.path.mkdir()
    fill(folder)
    return folder


@pytest.fixture
def empty_run(tmp_path: Path) -> RunFolder:
    """A run in which nothing has happened yet."""
    folder = RunFolder(tmp_path / "fresh")
    folder.path.mkdir()
    folder.write_json("manifest.json", {"format": 1, "stages": {}, "files": {}})
    return folder


@pytest.fixture
def without(run: RunFolder) -> Callable[[str], RunFolder]:
    """The complete run, less one file."""

    def remove(name: str) -> RunFolder:
        run.file(name).unlink()
        return run

    return remove
