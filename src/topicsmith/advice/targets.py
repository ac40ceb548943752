"""A candidate against the project's targets: met, missed by how much, or not known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, log
from typing import Literal

from topicsmith.advice.inputs import Facts
from topicsmith.advice.wording import interval_text, money, percent, points
from topicsmith.classifiers.base import traits_of
from topicsmith.evaluation.results import Evaluation, Part
from topicsmith.llm.types import OWN_SERVERS, provider_of
from topicsmith.project import TargetSettings
from topicsmith.statistics.intervals import Interval

DAY_S = 86_400


@dataclass(frozen=True)
class TargetCheck:
    """One candidate against the targets: which it misses, and which nothing measured shows to be met or missed."""

    candidate: str
    misses: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def meets_all(self) -> bool:
        """Whether every target is known to be met."""
        return not self.misses and not self.unknown


@dataclass(frozen=True)
class Demand:
    """One target of one candidate: ``met`` is ``None`` where it is not certain, ``line`` says it with its figures.

    A ``fact`` is a yes or no of the candidate's kind, a ``measure`` has a size. ``distance`` is how far at worst the
    figure is beyond the target, as the logarithm of their ratio; 0 when it is met, infinite when nothing was measured.
    """

    key: str
    kind: Literal["fact", "measure", "accuracy"]
    line: str
    met: bool | None
    distance: float = 0.0


def check_targets(candidate: str, demands: Sequence[Demand]) -> TargetCheck:
    """The targets that are missed, and those that are not certain."""
    return TargetCheck(
        candidate,
        tuple(demand.line for demand in demands if demand.met is False),
        tuple(demand.line for demand in demands if demand.met is None),
    )


def demands_on(e: Evaluation, targets: TargetSettings, facts: Facts, audited: Mapping[str, Interval]) -> list[Demand]:
    """Every target the project names, against what was measured of ``e``."""
    found = []
    if targets.accuracy is not None:
        found.append(_accuracy(e, targets.accuracy, audited.get(e.candidate)))
    if targets.p95_ms is not None:
        found.append(_p95(e, targets.p95_ms))
    if targets.usd_per_1k is not None:
        found.append(_price(e, targets.usd_per_1k))
    if targets.per_day is not None:
        found.append(_capacity(e, targets.per_day))
    return [*_facts(e, targets, facts), *found]


def _accuracy(e: Evaluation, wanted: float, audited: Interval | None) -> Demand:
    """The target ``accuracy``; agreed rows are the easier ones, so that meeting it there proves nothing."""
    figure = audited or e.accuracy
    met = False if figure.high < wanted else True if figure.low >= wanted else None
    rows = " of all rows, audited" if audited else ""
    if audited is None and e.truth == "labels":
        rows = " of agreed rows only"
        met = met and None
    line = f"accuracy {interval_text(figure)}{rows}, wanted {percent(wanted)}"
    if met is False:
        line += f": {points(wanted - figure.value)} short, at least {points(wanted - figure.high)}"
    return Demand("accuracy", "accuracy", line, met)


def _p95(e: Evaluation, wanted: float) -> Demand:
    if e.p95_ms is None:
        return Demand("p95_ms", "measure", f"latency not measured, wanted {wanted:g} ms", None, inf)
    low, high = p95_ends(e) or (e.p95_ms, e.p95_ms)
    met = True if high <= wanted else False if low > wanted else None
    ends = f" [{low:.1f}, {'unknown' if high == inf else f'{high:.1f}'}]" if low < high else ""
    line = f"95 % of answers within {e.p95_ms:.1f} ms{ends}, wanted {wanted:g} ms"
    if met is False:
        line += f": {e.p95_ms - wanted:.1f} ms too slow"
    return Demand("p95_ms", "measure", line, met, max(0.0, log(high / wanted)) if high > 0 else 0.0)


def p95_ends(e: Evaluation) -> tuple[float, float] | None:
    """Between which values the 95th percentile lies; ``None`` where it was not measured.

    Of too few texts the upper end is infinite; where nothing at all was told of the ends, both are the figure.
    """
    if e.p95_ms is None:
        return None
    if e.p95_low is None and e.p95_high is None:
        return e.p95_ms, e.p95_ms
    return (0.0 if e.p95_low is None else e.p95_low), (inf if e.p95_high is None else e.p95_high)


def _price(e: Evaluation, wanted: float) -> Demand:
    line = f"{money(e.usd_per_1k)} per 1,000, wanted {money(wanted)}"
    if e.usd_per_1k is None:
        return Demand("usd_per_1k", "measure", line, None, inf)
    met = e.usd_per_1k <= wanted
    if not met:
        line += f": {money(e.usd_per_1k - wanted)} too dear"
    return Demand("usd_per_1k", "measure", line, met, 0.0 if met else log(e.usd_per_1k / wanted) if wanted else inf)


def _capacity(e: Evaluation, wanted: int) -> Demand:
    if e.texts_per_s is None:
        return Demand("per_day", "measure", f"texts a second not measured, wanted {wanted:,} a day", None, inf)
    capacity = e.texts_per_s * DAY_S
    met = capacity >= wanted
    line = f"{capacity:,.0f} texts a day at full load, wanted {wanted:,}"
    return Demand("per_day", "measure", line, met, 0.0 if met else log(wanted / capacity) if capacity else inf)


def _facts(e: Evaluation, targets: TargetSettings, facts: Facts) -> list[Demand]:
    """What a kind can or cannot do, the weightiest first: where texts go, what can change, how much is read."""
    found, parts = [], [Part(e.kind, e.model), *e.parts]
    traits = [traits_of(part.kind) for part in parts]
    if targets.self_hosted:
        leaves = any(traits_of(p.kind).remote and provider_of(p.model or "") not in OWN_SERVERS for p in parts)
        found.append(Demand("self_hosted", "fact", "texts leave for a service", not leaves))
    if targets.changing_topics:
        found.append(
            Demand("changing_topics", "fact", "new topics need new training", all(each.updatable for each in traits))
        )
    if targets.long_texts:
        limits = [each.reads_tokens for each in traits if each.reads_tokens is not None]
        limit, share = min(limits, default=None), facts.share_over_512
        longer = "" if share is None else f" ({percent(share)} of the queries here are longer than 512)"
        line = f"reads the first {limit or 512} tokens at most{longer}"
        found.append(Demand("long_texts", "fact", line, limit is None))
    return found
