"""Two runs side by side: what changed in data, settings and labels, and whether scores did on the rows both judged."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from topicsmith.advice.choice import read_choice
from topicsmith.errors import RunStateError
from topicsmith.evaluation.results import Evaluation
from topicsmith.pipeline import SETTINGS
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval
from topicsmith.statistics.paired import LEVEL, discordant, holm, mcnemar_exact
from topicsmith.tables import ASSIGNMENTS, PREDICTIONS, QUERIES, read_frame, read_label_frame


@dataclass(frozen=True)
class Difference:
    """Something that is not the same in both runs; ``None`` where one lacks it."""

    name: str
    first: object
    second: object


@dataclass(frozen=True)
class LabelComparison:
    """The ``queries`` that both runs have: of how many the labels differ, and in which of them there is one at all."""

    queries: int
    different: int
    labelled_first: int
    labelled_second: int


@dataclass(frozen=True)
class ScoreComparison:
    """One candidate in both runs: its accuracy in each, and on the test ``rows`` that both judged by the same truth.

    Of those rows ``only_first`` were right in the first run alone and ``only_second`` in the second alone;
    ``p_adjusted`` is McNemar's exact test, corrected for the number of candidates by Holm, and ``changed`` whether it
    tells the two apart. ``None`` where a run lacks the candidate, or no row is shared.
    """

    candidate: str
    first: Interval | None
    second: Interval | None
    rows: int
    only_first: int | None
    only_second: int | None
    p_adjusted: float | None
    changed: bool | None


@dataclass(frozen=True)
class RunComparison:
    """Everything; ``settings`` is ``None`` where a run was made before settings were kept."""

    data: tuple[Difference, ...]
    settings: tuple[Difference, ...] | None
    labels: LabelComparison
    choices: Difference
    scores: tuple[ScoreComparison, ...]


def compare_runs(first: RunFolder, second: RunFolder) -> RunComparison:
    """Compare two runs that were evaluated.

    Raises:
        RunStateError: when one was not, or a table of it is damaged.
    """
    kept = [_settings(run) for run in (first, second)]
    differing = None if None in kept else tuple(_differences(_flat(kept[0] or {}), _flat(kept[1] or {})))
    choices = [read_choice(run).candidate for run in (first, second)]
    return RunComparison(
        data=tuple(_differences(_counts(first), _counts(second))),
        settings=differing,
        labels=_labels(first, second),
        choices=Difference("what to deploy", *choices),
        scores=tuple(_scores(first, second)),
    )


def _settings(run: RunFolder) -> Mapping[str, object] | None:
    if not run.file(SETTINGS).is_file():
        return None
    found = run.read_json(SETTINGS)
    return found if isinstance(found, Mapping) else None


def _flat(value: object, name: str = "") -> dict[str, object]:
    """Nested settings by dotted names; entries of lists that have a name, such as candidates, by that."""
    if isinstance(value, Mapping):
        inner = {str(key): item for key, item in value.items()}
    elif isinstance(value, list) and value and all(isinstance(item, Mapping) and "name" in item for item in value):
        inner = {str(item["name"]): item for item in value}
    else:
        return {name: value}
    flat: dict[str, object] = {}
    for key, item in inner.items():
        flat |= _flat(item, f"{name}.{key}" if name else key)
    return flat


def _differences(first: Mapping[str, object], second: Mapping[str, object]) -> list[Difference]:
    names = dict.fromkeys([*first, *second])
    return [
        Difference(name, first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)
    ]


def _counts(run: RunFolder) -> dict[str, object]:
    """How many queries there are, how many have a label, and how many are in each split."""
    labels = read_label_frame(run.file("labels.parquet"))
    own = run.file("assignments.parquet")
    splits = read_frame(own if own.is_file() else run.file("splits.parquet"), ASSIGNMENTS)["split"].value_counts()
    return {
        "queries": labels.height,
        "labelled": labels.height - labels["topic"].null_count(),
        **{f"split {name}": count for name, count in sorted(splits.iter_rows())},
    }


def _labels(first: RunFolder, second: RunFolder) -> LabelComparison:
    tables = [read_label_frame(run.file("labels.parquet")).select("query_id", "topic") for run in (first, second)]
    both = tables[0].join(tables[1], on="query_id", suffix="_second")
    same = both.select(pl.col("topic").eq_missing(pl.col("topic_second"))).to_series()
    return LabelComparison(
        queries=both.height,
        different=both.height - int(same.sum()),
        labelled_first=both.height - both["topic"].null_count(),
        labelled_second=both.height - both["topic_second"].null_count(),
    )


def _scores(first: RunFolder, second: RunFolder) -> list[ScoreComparison]:
    """Every candidate of either run, those of the first first."""
    accuracies = [_accuracies(run) for run in (first, second)]
    names = dict.fromkeys([*accuracies[0], *accuracies[1]])
    truth = _truth(first).join(_truth(second), on="query_id", suffix="_second")
    truth = truth.filter(pl.col("truth") == pl.col("truth_second"))
    pairs = {name: _pair(name, first, second, truth) for name in names if all(name in each for each in accuracies)}
    known = {name: pair for name, pair in pairs.items() if pair is not None}
    adjusted = dict(zip(known, holm([mcnemar_exact(a, b) for _, a, b in known.values()]), strict=True))
    found = []
    for name in names:
        rows, only_first, only_second = known.get(name, (0, None, None))
        p = adjusted.get(name)
        changed = None if p is None else p <= LEVEL
        before, after = accuracies[0].get(name), accuracies[1].get(name)
        found.append(ScoreComparison(name, before, after, rows, only_first, only_second, p, changed))
    return found


def _accuracies(run: RunFolder) -> dict[str, Interval]:
    file = "evaluations.json"
    if not run.file(file).is_file():
        raise RunStateError(f"{run.path}: was not evaluated; 'topicsmith run' does it")
    found = run.read(file, list[Evaluation])
    return {e.candidate: e.accuracy for e in found if e.split == "test"}


def _truth(run: RunFolder) -> pl.DataFrame:
    """What the test rows are judged by: the given topic where the input gives any, otherwise the label."""
    queries = read_frame(run.file("queries.parquet"), QUERIES).select("query_id", pl.col("topic").alias("given"))
    labels = read_label_frame(run.file("labels.parquet")).select("query_id", pl.col("topic").alias("label"))
    column = "given" if queries["given"].is_not_null().any() else "label"
    joined = queries.join(labels, on="query_id", how="left")
    return joined.select("query_id", pl.col(column).alias("truth")).drop_nulls()


def _pair(name: str, first: RunFolder, second: RunFolder, truth: pl.DataFrame) -> tuple[int, int, int] | None:
    """The shared test rows, and how many of them one run alone had right; ``None`` without any."""
    tables = [
        read_frame(run.predictions(name), PREDICTIONS).filter(pl.col("split") == "test").select("query_id", "topic")
        for run in (first, second)
    ]
    both = tables[0].join(tables[1], on="query_id", suffix="_second").join(truth, on="query_id")
    if both.is_empty():
        return None
    right = [both.select(pl.col(each).eq_missing(pl.col("truth"))).to_series() for each in ("topic", "topic_second")]
    return (both.height, *discordant(np.asarray(right[0]), np.asarray(right[1])))
