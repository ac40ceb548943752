"""What only some runs have: an audit by a person, load tests, the parts of each candidate's cost, spread over seeds."""

from collections.abc import Mapping
from dataclasses import dataclass

from topicsmith.report.labelled import estimate
from topicsmith.report.parts import Estimate
from topicsmith.report.reading import Node

_CANDIDATE = "candidate "
"""How the audit marks a candidate's name among those of labels and annotators."""


@dataclass(frozen=True)
class Audit:
    """What a person found in ``answered`` of ``drawn`` rows: accuracy on all rows, estimated from them.

    ``helped`` are estimates for candidates in which the annotators' opinions of every row help (prediction-powered);
    ``agreed_only`` is the flattering figure beside them; both by candidate.
    """

    answered: int
    drawn: int
    labels: tuple[tuple[str, Estimate], ...]
    candidates: tuple[tuple[str, Estimate], ...]
    helped: Mapping[str, Estimate | None]
    agreed_only: Mapping[str, Estimate | None]


@dataclass(frozen=True)
class Load:
    """One load test; an open loop offers texts at a rate of its own and counts from when each was due.

    ``rate`` and ``p95`` are its texts a second and 95th percentile with their intervals.
    """

    candidate: str
    loop: str
    concurrency: int
    offered_per_s: float | None
    n: int
    failures: tuple[tuple[str, int], ...]
    texts_per_s: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    output_tokens_mean: float | None
    memory_mb: float | None
    seconds: float | None
    rate: Estimate | None
    p95: Estimate | None


@dataclass(frozen=True)
class CostParts:
    """What one candidate costs to have and to use; ``basis`` says how serving is paid.

    ``training`` and ``serving`` are the arithmetic in words; ``hosted_usd`` is what a service would ask to train the
    same model on the same rows.
    """

    candidate: str
    parameters: int | None
    labelling_usd: float | None
    training_usd: float | None
    training: str | None
    hosted_usd: float | None
    hosted: str | None
    usd_per_1k: float | None
    usd_per_1k_busy: float | None
    basis: str | None
    utilisation: float | None
    machines: int | None
    serving: str | None


@dataclass(frozen=True)
class SeedSpread:
    """Candidates that differ only in their seed: ``deviation`` is that of one training from the next.

    ``over_seeds`` is the uncertainty of their mean from seed to seed, ``over_rows`` that of the same mean from row to
    row; more test rows narrow only the second.
    """

    series: str
    seeds: int
    lowest: float | None
    highest: float | None
    deviation: float | None
    over_seeds: Estimate | None
    over_rows: Estimate | None


def read_audit(document: Node) -> Audit | None:
    """What ``audit_report.json`` says; ``None`` when no person has looked."""
    if not document:
        return None
    labels: list[tuple[str, Estimate]] = []
    candidates: list[tuple[str, Estimate]] = []
    for name, item in document["accuracy"].pairs():
        found = estimate(item)
        if found is None:
            continue
        if name.startswith(_CANDIDATE):
            candidates.append((name.removeprefix(_CANDIDATE), found))
        else:
            labels.append((name, found))
    of_candidate = {name: document["accuracy"][f"{_CANDIDATE}{name}"] for name, _ in candidates}
    return Audit(
        document.count("answered") or 0,
        document.count("drawn") or 0,
        tuple(labels),
        tuple(candidates),
        {name: estimate(node["prediction_powered"]) for name, node in of_candidate.items()},
        {name: estimate(node["agreed_only"]) for name, node in of_candidate.items()},
    )


def read_loads(document: Node, candidates: tuple[str, ...]) -> tuple[Load, ...]:
    """The load tests in ``bench.json``, in the order of ``candidates``."""
    return tuple(_load(name, item) for name in candidates for item in document[name].items())


def _load(candidate: str, node: Node) -> Load:
    return Load(
        candidate=candidate,
        loop=node.text("loop") or "",
        concurrency=node.count("concurrency") or 0,
        offered_per_s=node.number("offered_per_s"),
        n=node.count("n") or 0,
        failures=node["failures"].counts(),
        texts_per_s=node.number("texts_per_s"),
        p50_ms=node.number("p50_ms"),
        p95_ms=node.number("p95_ms"),
        p99_ms=node.number("p99_ms"),
        output_tokens_mean=node.number("output_tokens_mean"),
        memory_mb=node.number("memory_mb"),
        seconds=node.number("seconds"),
        rate=_bounded(node, "texts_per_s"),
        p95=_bounded(node, "p95_ms"),
    )


def _bounded(node: Node, key: str) -> Estimate | None:
    """A figure with the bounds that stand beside it."""
    value = node.number(key)
    return None if value is None else Estimate(value, node.number(f"{key}_low"), node.number(f"{key}_high"))


def read_costs(document: Node) -> tuple[CostParts, ...]:
    """What each candidate costs to have and to use, from ``costs.json``."""
    return tuple(
        CostParts(
            candidate=item.text("candidate") or "",
            parameters=item["training"].count("parameters"),
            labelling_usd=item.number("labelling_usd"),
            training_usd=item.number("training_usd"),
            training=item["training"].text("detail") or None,
            hosted_usd=item["training"].number("hosted_usd"),
            hosted=item["training"].text("hosted_detail") or None,
            usd_per_1k=item["serving"].number("usd_per_1k"),
            usd_per_1k_busy=item["serving"].number("usd_per_1k_busy"),
            basis=item["serving"].text("basis"),
            utilisation=item["serving"].number("utilisation"),
            machines=item["serving"].count("machines"),
            serving=item["serving"].text("detail") or None,
        )
        for item in document.items()
    )


def read_seeds(document: Node) -> tuple[SeedSpread, ...]:
    """The spreads over seeds in ``seeds.json``."""
    return tuple(
        SeedSpread(
            series=item.text("series") or "",
            seeds=len(item["candidates"].texts()),
            lowest=item.number("lowest"),
            highest=item.number("highest"),
            deviation=item.number("deviation"),
            over_seeds=estimate(item["over_seeds"]),
            over_rows=estimate(item["over_rows"]),
        )
        for item in document.items()
    )
