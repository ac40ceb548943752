"""A small run folder, written as its stages would leave it, without running them."""

from collections.abc import Sequence
from pathlib import Path

from topicsmith.records import Label, LabelOrigin, Prediction, Query, Split
from topicsmith.runs import RunFolder
from topicsmith.tables import (
    ANNOTATIONS,
    ASSIGNMENTS,
    LABELS,
    PREDICTIONS,
    QUERIES,
    label_row,
    prediction_row,
    query_row,
)

TOPICS = ("Music", "Travel", "Money")
COUNT = 300


def topic_of(number: int) -> str:
    """The true topic of a row, in turns."""
    return TOPICS[number % 3]


def answer_of(number: int) -> str:
    """What the classifier says: one in ten rows of Travel is taken for Music."""
    return "Music" if number % 30 == 1 else topic_of(number)


def split_of(number: int) -> Split:
    """A third of the rows each, by blocks of thirty."""
    splits: Sequence[Split] = ("train", "validation", "test")
    return splits[number // 30 % 3]


def write_run(folder: Path, given: Sequence[str | None] | None = None, unlabelled: Sequence[int] = ()) -> RunFolder:
    """A run of :data:`COUNT` queries, with the topics the input gives; labels are the true topic, or none."""
    folder.mkdir(parents=True)
    run = RunFolder(folder)
    queries = [
        Query(
            f"q{n}", f"question {n}", f"t{n}", metadata={"plan": "free" if n % 2 else "paid"}, group=f"g{n // 2}",
            topic=given[n] if given is not None else None, time=f"2026-01-{1 + n // 30:02}T12:00:00Z",
        )
        for n in range(COUNT)
    ]  # fmt: skip
    run.write_table("queries.parquet", [query_row(query) for query in queries], QUERIES)
    run.write_table("labels.parquet", [label_row(_label(n, n in unlabelled)) for n in range(COUNT)], LABELS)
    run.write_table(
        "assignments.parquet", [(q.query_id, split_of(n), q.group) for n, q in enumerate(queries)], ASSIGNMENTS
    )
    run.write_table("annotations.parquet", [], ANNOTATIONS)
    held_out = [n for n in range(COUNT) if split_of(n) != "train"]
    (folder / "predictions").mkdir()
    rows = [prediction_row(f"q{n}", split_of(n), Prediction(answer_of(n), 0.9)) for n in held_out]
    run.write_table("predictions/tfidf.parquet", rows, PREDICTIONS)
    run.write_json("agreement.json", {"topics": TOPICS})
    run.write_json("choice.json", {"candidate": "tfidf", "reason": "", "next_step": ""})
    run.write_json("manifest.json", {"format": 1, "stages": {}, "files": {}})
    return run


def _label(number: int, without: bool) -> Label:
    origin: LabelOrigin = "disagreed" if without else "agreed"
    return Label(f"q{number}", None if without else topic_of(number), None, origin)
