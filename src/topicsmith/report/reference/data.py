"""The published figures of the experiment this project repeats, as package data with their source."""

from dataclasses import dataclass
from importlib.resources import files

import orjson

from topicsmith.reference import results as statistics
from topicsmith.reference.sizes import (
    PublishedServing,
    PublishedTraining,
    published_serving,
    published_training,
)
from topicsmith.report.parts import Estimate
from topicsmith.report.reading import Node


@dataclass(frozen=True)
class PublishedResult:
    """One row of the published results; no interval was published, ``accuracy`` has ours where ``n`` is known."""

    name: str
    model: str
    prompt: str | None
    n: int | None
    accuracy: Estimate
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


def read_published() -> Published:
    """Read the figures that are shipped with the package."""
    data = orjson.loads(files("topicsmith.report").joinpath("published.json").read_bytes())
    document = Node(data)
    read = {row.name: row.accuracy for row in statistics.read_published(data).rows}
    intervals = {name: Estimate(a.value, a.low, a.high, a.n, a.method) for name, a in read.items()}
    costs = {name: usd for name, item in document["usd_per_1k"].pairs() if (usd := item.number()) is not None}
    labelling, imbalance, tokens = document["labelling"], document["imbalance"], document["tokens"]
    tuned = [_result(item, costs, intervals, True) for item in document["fine_tuned"].items()]
    base = [_result(item, costs, intervals, False) for item in document["base"].items()]
    return Published(
        source=document.text("source") or "",
        results=(*tuned, *base),
        rows=labelling.count("rows") or 0,
        agreement=labelling.number("agreement") or 0.0,
        kappa=labelling.number("kappa") or 0.0,
        labelling_usd=tuple((name, item.number() or 0.0) for name, item in labelling["usd"].pairs()),
        labelling_usd_per_1k=costs["dual labelling"],
        ratio_before=imbalance.number("original") or 0.0,
        ratio_after=imbalance.number("balanced") or 0.0,
        query_median=tokens.number("query_median") or 0.0,
        trace_median=tokens.number("conversation_median") or 0.0,
        throughput=tuple(
            (model, prompt, rate.number() or 0.0)
            for model, prompts in document["requests_per_second_at_50"].pairs()
            for prompt, rate in prompts.pairs()
        ),
        training=published_training(data),
        serving=published_serving(data),
        topics=tuple(_topic(item) for item in document["topics"].items()),
        output_tokens=tuple((prompt, *map(int, data["output_tokens"][prompt])) for prompt in data["output_tokens"]),
        disagreements=tuple(
            (item.text("first_topic") or "", item.text("second_topic") or "", item.count("count") or 0)
            for item in document["disagreements"].items()
        ),
    )


def _topic(node: Node) -> PublishedTopic:
    return PublishedTopic(
        node.text("topic") or "",
        node.number("original") or 0.0,
        node.number("balanced") or 0.0,
        node.count("train") or 0,
        node.count("validation") or 0,
    )


def _result(node: Node, costs: dict[str, float], intervals: dict[str, Estimate], fine_tuned: bool) -> PublishedResult:
    model, prompt = node.text("model") or "", node.text("prompt")
    # the published cost of a fine-tuned model is that of its reasoning prompt, v3
    priced = not fine_tuned or prompt == "v3"
    name = ", ".join(part for part in (model, prompt, node.text("note")) if part)
    return PublishedResult(
        name=name,
        model=model,
        prompt=prompt,
        n=node.count("n"),
        accuracy=intervals.get(name, Estimate(node.number("accuracy") or 0.0)),
        macro_f1=node.number("macro_f1"),
        balanced_accuracy=node.number("balanced_accuracy"),
        usd_per_1k=costs.get(model) if priced else None,
        fine_tuned=fine_tuned,
        note=node.text("note"),
    )
