"""What the benchmarks of classifiers share: rows from a table, one fit, one measurement."""

import json
import platform
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.model_folder import candidate_kind, load_classifier
from topicsmith.classifiers.predict import predict_all
from topicsmith.classifiers.train import TrainingRecord, train_candidate
from topicsmith.progress import TerminalProgress
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.statistics.intervals import wilson
from topicsmith.taxonomy import Taxonomy, Topic

MACHINE = "2 cores, no GPU"


@dataclass(frozen=True)
class Task:
    """One data set: rows to learn from, to choose on, and to be judged on once."""

    name: str
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    catch_all: str | None = None


def examples(table: pl.DataFrame, topic: str) -> tuple[Example, ...]:
    """The rows of ``table`` with the topics in the column ``topic``."""
    return tuple(
        Example(str(index), text, name) for index, (text, name) in enumerate(table.select("text", topic).iter_rows())
    )


@contextmanager
def fitted(task: Task, candidate: dict[str, Any]) -> Iterator[tuple[Path, TrainingRecord]]:
    """One candidate, fitted and saved in a folder that is gone afterwards."""
    settings = candidate_kind(candidate["kind"]).Settings.model_validate(candidate)
    names = sorted({example.topic for example in task.train})
    taxonomy = Taxonomy(tuple(Topic(name) for name in names), task.catch_all)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        context = FitContext(taxonomy, folder / "work", folder / "ledger.sqlite", folder, TerminalProgress())
        record = train_candidate(settings, TrainSet(task.train), ValidationSet(task.validation), context, folder / "m")
        yield folder / "m", record


def fit_notes(task: Task, candidate: dict[str, Any]) -> dict[str, object]:
    """What fitting says of itself, the scores on validation rows among it."""
    with fitted(task, candidate) as (_, record):
        return dict(record.notes)


def measure(task: Task, candidate: dict[str, Any], say: Callable[[str], None]) -> dict[str, object]:
    """Fit, save, load and judge one candidate, and return its figures."""
    with fitted(task, candidate) as (folder, record):
        say(f"{task.name} {candidate['name']}: fitted in {record.seconds:.0f} s, {dict(record.notes)}")
        classifier = load_classifier(folder)
        found, timing = predict_all(classifier, [example.text for example in task.test], TerminalProgress())
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    right = np.array([topic == row.topic for topic, row in zip(found.topics, task.test, strict=True)])
    inside = np.array([row.topic != task.catch_all for row in task.test])
    figures: dict[str, object] = {
        "task": task.name,
        "candidate": candidate,
        "n": len(task.test),
        "failures": sum(item.status != "ok" for item in found),
        "accuracy": share(right),
        "in_scope_accuracy": share(right[inside]),
        "catch_all_recall": share(right[~inside]) if task.catch_all else None,
        "train_s": round(record.seconds, 1),
        "rows": record.rows,
        "p50_ms": timing.p50_ms,
        "texts_per_s": timing.texts_per_s,
        "folder_bytes": size,
        "notes": dict(record.notes),
        "device": record.device,
        "machine": f"{MACHINE}, Python {platform.python_version()}",
    }
    say(json.dumps({key: figures[key] for key in ("task", "n", "accuracy", "in_scope_accuracy", "catch_all_recall")}))
    return figures


def write_results(path: Path, results: list[dict[str, object]]) -> None:
    """Write the figures; results of the same task and candidate name that stand there are replaced."""
    kept: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    new = {_key(result) for result in results}
    merged = [result for result in kept if _key(result) not in new] + results
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(merged, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _key(result: dict[str, Any]) -> tuple[str, str]:
    return result["task"], result["candidate"]["name"]


def share(right: np.ndarray[Any, np.dtype[np.bool_]]) -> dict[str, float | int]:
    """The share of rows that are right, with its interval."""
    interval = wilson(int(right.sum()), len(right))
    return {
        "value": round(interval.value, 5),
        "low": round(interval.low, 5),
        "high": round(interval.high, 5),
        "n": interval.n,
    }
