"""Reading what only some runs have: an audit by a person, load tests, and the parts of each candidate's cost."""

from topicsmith.report.labelled import estimate
from topicsmith.report.parts import Audit, CostParts, Estimate, Load
from topicsmith.report.reading import Node

_CANDIDATE = "candidate "
"""How the audit marks a candidate's name among those of labels and annotators."""


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
    return Audit(document.count("answered") or 0, document.count("drawn") or 0, tuple(labels), tuple(candidates))


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
    )


def read_costs(document: Node) -> tuple[CostParts, ...]:
    """What each candidate costs to have and to use, from ``costs.json``."""
    return tuple(
        CostParts(
            candidate=item.text("candidate") or "",
            labelling_usd=item.number("labelling_usd"),
            training_usd=item.number("training_usd"),
            usd_per_1k=item["serving"].number("usd_per_1k"),
            usd_per_1k_busy=item["serving"].number("usd_per_1k_busy"),
            basis=item["serving"].text("basis"),
            utilisation=item["serving"].number("utilisation"),
            machines=item["serving"].count("machines"),
        )
        for item in document.items()
    )
