"""The published figures of the experiment this project repeats, as package data with their source."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson

from topicsmith.reference import results
from topicsmith.reference.sizes import (
    PublishedServing,
    PublishedTraining,
    published_serving,
    published_training,
)
from topicsmith.report.view_model import bare
from topicsmith.statistics.intervals import Interval


@dataclass(frozen=True)
class PublishedResult:
    """One row of the published results; no interval was published, ``accuracy`` has ours where ``n`` is known."""

    name: str
    model: str
    prompt: str | None
    n: int | None
    accuracy: Interval
    macro_f1: float | None
    balanced_accuracy: float | None
    usd_per_1k: float | None
    fine_tuned: bool
    note: str | None


@dataclass(frozen=True)
class PublishedTopic:
    """A topic's published share of the rows before and after balancing, and its rows in two splits."""

    topic: str
    original: float
    balanced: float
    train: int
    validation: int


@dataclass(frozen=True)
class Published:
    """What the experiment published, as far as the page shows it."""

    source: str
    results: tuple[PublishedResult, ...]
    rows: int
    agreement: float
    kappa: float
    labelling_usd: tuple[tuple[str, float], ...]
    labelling_usd_per_1k: float
    ratio_before: float
    ratio_after: float
    query_median: float
    trace_median: float
    throughput: tuple[tuple[str, str, float], ...]
    training: tuple[PublishedTraining, ...]
    serving: tuple[PublishedServing, ...]
    topics: tuple[PublishedTopic, ...]
    output_tokens: tuple[tuple[str, int, int], ...]
    disagreements: tuple[tuple[str, str, int], ...]


NOTHING_PUBLISHED = Published(
    source="", results=(), rows=0, agreement=0.0, kappa=0.0, labelling_usd=(), labelling_usd_per_1k=0.0,
    ratio_before=0.0, ratio_after=0.0, query_median=0.0, trace_median=0.0, throughput=(), training=(), serving=(),
    topics=(), output_tokens=(), disagreements=(),
)  # fmt: skip
"""For a page that is not to be compared with the experiment."""


def read_published() -> Published:
    """Read the figures that are shipped with the package."""
    data = orjson.loads(files("topicsmith.reference").joinpath("published.json").read_bytes())
    intervals = {row.name: row.accuracy for row in results.read_published(data).rows}
    costs, labelling = data["usd_per_1k"], data["labelling"]
    return Published(
        source=data["source"],
        results=(
            *(_result(item, costs, intervals, True) for item in data["fine_tuned"]),
            *(_result(item, costs, intervals, False) for item in data["base"]),
        ),
        rows=labelling["rows"],
        agreement=labelling["agreement"],
        kappa=labelling["kappa"],
        labelling_usd=tuple(labelling["usd"].items()),
        labelling_usd_per_1k=costs["dual labelling"],
        ratio_before=data["imbalance"]["original"],
        ratio_after=data["imbalance"]["balanced"],
        query_median=data["tokens"]["query_median"],
        trace_median=data["tokens"]["conversation_median"],
        throughput=tuple(
            (model, prompt, rate)
            for model, prompts in data["requests_per_second_at_50"].items()
            for prompt, rate in prompts.items()
        ),
        training=published_training(data),
        serving=published_serving(data),
        topics=tuple(PublishedTopic(**{key: item[key] for key in _TOPIC}) for item in data["topics"]),
        output_tokens=tuple((prompt, *map(int, found)) for prompt, found in data["output_tokens"].items()),
        disagreements=tuple((d["first_topic"], d["second_topic"], d["count"]) for d in data["disagreements"]),
    )


_TOPIC = ("topic", "original", "balanced", "train", "validation")


def _result(
    item: Mapping[str, Any], costs: Mapping[str, float], intervals: Mapping[str, Interval], fine_tuned: bool
) -> PublishedResult:
    model, prompt, note = item["model"], item.get("prompt"), item.get("note")
    # the published cost of a fine-tuned model is that of its reasoning prompt, v3
    priced = not fine_tuned or prompt == "v3"
    name = ", ".join(part for part in (model, prompt, note) if part)
    return PublishedResult(
        name=name,
        model=model,
        prompt=prompt,
        n=item.get("n"),
        accuracy=intervals.get(name) or bare(item["accuracy"]),
        macro_f1=item.get("macro_f1"),
        balanced_accuracy=item.get("balanced_accuracy"),
        usd_per_1k=costs.get(model) if priced else None,
        fine_tuned=fine_tuned,
        note=note,
    )
