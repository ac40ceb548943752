"""A run folder as the stages leave it, with figures chosen by hand."""

import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from topicsmith.evaluation.results import AgreementBias, Comparison, Confusion, Evaluation, SubtopicScores, TopicScores
from topicsmith.records import Query
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval
from topicsmith.tables import QUERIES, query_row

DATA = Path(__file__).parent / "data"
TOPICS = ("Banking", "Travel", "Weather", "Other")
CONFUSION = ((40, 6, 1, 3, 0), (2, 28, 0, 0, 0), (0, 0, 12, 0, 0), (3, 2, 0, 2, 1))
CANARY = "<script>document.title='pwned'</script>"
OVERRIDE = "pay to \u202egpj.exe now"
FORMULA = '=HYPERLINK("http://127.0.0.1/","x")'


def share(right: int, n: int, low: float, high: float) -> Interval:
    return Interval(right / n, low, high, n, method="Wilson")


def evaluation(name: str, kind: str, right: int, low: float, high: float) -> Evaluation:
    """One candidate with ``right`` of 100 rows right."""
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
    return Evaluation(
        candidate=name,
        kind=kind,
        model=None,
        prompt=None,
        split="test",
        truth="given",
        n=100,
        failures=1,
        failures_by_status={"failed": 1},
        accuracy=share(right, 100, low, high),
        macro_f1=Interval(0.741, 0.655, 0.812, 100, method="bootstrap by group"),
        balanced_accuracy=Interval(0.746, 0.66, 0.81, 100, method="bootstrap by group"),
        macro_precision=0.752,
        macro_recall=0.746,
        topics=TOPICS,
        by_topic=by_topic,
        confusion=CONFUSION,
        in_scope_accuracy=share(80, 92, 0.787, 0.923),
        catch_all_recall=share(2, 8, 0.071, 0.591),
        bias=AgreementBias(share(71, 75, 0.871, 0.979), share(69, 75, 0.836, 0.963), share(right, 100, low, high)),
        p50_ms=1.31,
        p95_ms=2.62,
        texts_per_s=763.0,
        output_tokens_mean=None,
        train_s=4.2,
        train_usd=0.0,
        usd_per_1k=0.0021,
    )


def evaluations() -> list[Evaluation]:
    best = evaluation("minilm", "encoder", 82, 0.733, 0.883)
    tied = evaluation("tfidf", "linear", 80, 0.711, 0.867)
    worst = evaluation("majority", "majority", 50, 0.404, 0.596)
    confusions = (
        Confusion("Banking", "Travel", 6, 0.12, ("q0", "q1", "q2")),
        Confusion("Banking", "Other", 3, 0.06, ("q3", "q4", "q5")),
        Confusion("Other", None, 1, 0.125, ()),
    )
    best = replace(best, confusions=confusions)
    return [
        replace(best, model="minilm", p50_ms=9.8, p95_ms=14.7, usd_per_1k=0.031, train_s=92.0),
        replace(
            tied,
            confusions=confusions,
            comparison=Comparison("minilm", 7, 5, 0.774, 0.774, tied=True, rows_to_tell=2300),
        ),
        replace(
            worst,
            p50_ms=0.01,
            p95_ms=0.02,
            usd_per_1k=0.0004,
            comparison=Comparison("minilm", 36, 4, 1.8e-7, 3.6e-7, tied=False),
        ),
    ]


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


def texts() -> list[str]:
    return [
        CANARY,
        OVERRIDE,
        FORMULA,
        "اريد تحويل المال",
        "how do I move my savings abroad?",
        "a cheap flight for my bank holiday",
    ]


def fill(run: RunFolder) -> None:
    """Leave everything in ``run`` that the stages before the report leave."""
    found = evaluations()
    shutil.copytree(DATA, run.path, dirs_exist_ok=True)
    run.write_json("evaluations.json", [asdict(e) for e in found])
    run.write_json("leaderboard.json", leaderboard(found))
    queries = [Query(f"q{at}", text, f"t{at}", topic="Banking") for at, text in enumerate(texts())]
    run.write_table("queries.parquet", [query_row(query) for query in queries], QUERIES)


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


def large_evaluations(candidates: int, topics: int, subtopics: int) -> list[Evaluation]:
    """Many candidates on many topics, each topic with 30 rows, each candidate a little worse than the one before."""
    names = tuple(f"Topic number {at} of a long list" for at in range(topics))
    return [_large(place, names, subtopics) for place in range(candidates)]


def _large(place: int, names: tuple[str, ...], subtopics: int) -> Evaluation:
    n, right = 30 * len(names), 28 - place // 2
    counts = [[0] * (len(names) + 1) for _ in names]
    for at, row in enumerate(counts):
        row[at] = right
        row[(at + 7) % len(names)] += 30 - right
    value = right / 30
    whole = Interval(value, value - 0.01, value + 0.01, n, method="Wilson")
    part = Interval(value, max(value - 0.1, 0), min(value + 0.1, 1), 30, method="Wilson")
    scores = tuple(TopicScores(name, 30, 30, right, value, value, value, part, part) for name in names)
    small = tuple(SubtopicScores(names[at % len(names)], f"Subtopic {at}", 10, part, part) for at in range(subtopics))
    first = evaluation(f"candidate-with-a-rather-long-name-{place}", "causal", 50, 0.4, 0.6)
    return replace(
        first, n=n, accuracy=whole, macro_f1=whole, balanced_accuracy=whole, topics=names, by_topic=scores,
        by_subtopic=small, confusion=tuple(map(tuple, counts)), bias=AgreementBias(whole, whole, whole),
        usd_per_1k=0.002 * (place % 5 + 1), p95_ms=2.0 + place, model="Qwen/Qwen3-4B", prompt=f"v{place % 3 + 1}",
        comparison=None if place == 0 else Comparison(first.candidate, 40, 20, 0.01, 0.2, tied=place < 4),
    )  # fmt: skip


@pytest.fixture(params=[(20, 30, 150), (20, 150, 0)], ids=["150 subtopics", "150 topics"])
def large_run(request: pytest.FixtureRequest, run: RunFolder) -> RunFolder:
    """The complete run with 20 candidates and 150 subtopics, and with 150 topics."""
    found = large_evaluations(*request.param)
    run.write_json("evaluations.json", [asdict(e) for e in found])
    run.write_json("leaderboard.json", leaderboard(found))
    return run
