"""What to deploy and why, in sentences made from what was measured; ``advice.json``.

The rule, in order: of the candidates that are shown to beat a constant answer, those that meet every target (failing
that, miss the fewest); of those, the ones that the test rows
do not separate from the most accurate of them; of those, the cheapest, then the fastest, then the most accurate.
What is nearly as cheap or as fast counts as equal: a busy machine does as much to one and the same candidate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from topicsmith.advice.checklist import Check, checklist
from topicsmith.advice.choice import eligible, too_little, why_none
from topicsmith.advice.inputs import Facts
from topicsmith.advice.next_steps import next_steps
from topicsmith.advice.reasons import AS_CHEAP, AS_FAST, TargetCheck, break_even_lines, know_better, never_best, why
from topicsmith.advice.wording import interval_text, money, percent
from topicsmith.classifiers.base import traits_of
from topicsmith.costs.cost import CandidateCost
from topicsmith.evaluation.results import Evaluation
from topicsmith.llm.types import OWN_SERVERS, provider_of
from topicsmith.project import TargetSettings
from topicsmith.statistics.intervals import Interval


@dataclass(frozen=True)
class Advice:
    """What to do, in sentences that hold the numbers they rest on.

    ``tied`` are candidates not significantly different from ``deploy``; ``never_best`` are those that another one
    matches or beats in accuracy, speed and price alike.
    """

    deploy: str | None
    why: tuple[str, ...]
    tied: tuple[str, ...]
    standings: tuple[TargetCheck, ...]
    know_better: tuple[str, ...]
    never_best: tuple[str, ...]
    break_even: tuple[str, ...]
    checklist: tuple[Check, ...]
    weakest: tuple[str, ...]


def advise(
    evaluations: Sequence[Evaluation],
    costs: Sequence[CandidateCost],
    targets: TargetSettings,
    statistics: Mapping[str, object],
    agreement: Mapping[str, object] | None = None,
    audited: Mapping[str, Interval] | None = None,
    labelled_share: float | None = None,
) -> Advice:
    """Advise from measurements.

    Args:
        evaluations: on the test rows, best first, as ``compare`` gives them.
        costs: by candidate, where known.
        targets: what the team needs.
        statistics: the document ``statistics.json``.
        agreement: the document ``agreement.json``, where several annotators labelled.
        audited: by candidate, its accuracy on all rows as a person's audit estimates it. Where test rows are those on
            which annotators agreed, it stands for the accuracy wherever a target or a check asks for one.
        labelled_share: of the queries, where it is known.
    """
    audited = audited or {}
    facts = Facts.read(statistics, agreement)
    prices = {cost.candidate: cost.usd_per_1k for cost in costs}
    priced = [replace(e, usd_per_1k=_first(prices.get(e.candidate), e.usd_per_1k)) for e in evaluations if e.n]
    standings = tuple(_standing(e, targets, facts, audited) for e in priced)
    fit = {e.candidate for e in eligible(priced)}
    thin = too_little(priced, None if audited else labelled_share)
    if thin or not fit:
        none = thin or why_none(priced)
        checks = checklist(priced, costs, targets, facts, audited)
        return Advice(None, (none.reason, none.next_step), (), standings, (), (), (), checks, ())
    fewest = min(len(standing.misses) for standing in standings if standing.candidate in fit)
    meeting = [e for e, s in zip(priced, standings, strict=True) if len(s.misses) == fewest and e.candidate in fit]
    tied = _not_told_apart(meeting)
    chosen = _preferred(tied)
    standing = next(s for s in standings if s.candidate == chosen.candidate)
    return Advice(
        deploy=chosen.candidate,
        why=tuple(why(chosen, standing, tied, priced, targets, audited.get(chosen.candidate))),
        tied=tuple(e.candidate for e in tied if e is not chosen),
        standings=standings,
        know_better=tuple(know_better(priced, standings, audited.get(chosen.candidate))),
        never_best=tuple(never_best(priced)),
        break_even=tuple(break_even_lines(costs, targets)),
        checklist=checklist(priced, costs, targets, facts, audited),
        weakest=next_steps(chosen, facts),
    )


def _standing(e: Evaluation, targets: TargetSettings, facts: Facts, audited: Mapping[str, Interval]) -> TargetCheck:
    misses, unknown = [], []
    for line, missed in _demands(e, targets, facts, audited.get(e.candidate)):
        if missed is None:
            unknown.append(line)
        elif missed:
            misses.append(line)
    return TargetCheck(e.candidate, tuple(misses), tuple(unknown))


def _accuracy_demand(e: Evaluation, wanted: float, audited: Interval | None) -> tuple[str, bool | None]:
    """The target ``accuracy``; agreed rows are the easier ones, so that meeting it there proves nothing."""
    figure = audited or e.accuracy
    missed = True if figure.value < wanted else False if figure.low >= wanted else None
    rows = " of all rows, audited" if audited else ""
    if audited is None and e.truth == "labels":
        rows = " of agreed rows only"
        missed = missed or None
    return f"accuracy {interval_text(figure)}{rows}, wanted {percent(wanted)}", missed


def _demands(
    e: Evaluation, targets: TargetSettings, facts: Facts, audited: Interval | None
) -> list[tuple[str, bool | None]]:
    """Every target with whether this candidate misses it; ``None`` when that was not measured."""
    found: list[tuple[str, bool | None]] = []
    if targets.accuracy is not None:
        found.append(_accuracy_demand(e, targets.accuracy, audited))
    if targets.p95_ms is not None:
        line = f"95 % of answers within {e.p95_ms:.1f} ms" if e.p95_ms is not None else "latency not measured"
        found.append((f"{line}, wanted {targets.p95_ms:g} ms", None if e.p95_ms is None else e.p95_ms > targets.p95_ms))
    if targets.usd_per_1k is not None:
        missed = None if e.usd_per_1k is None else e.usd_per_1k > targets.usd_per_1k
        found.append((f"{money(e.usd_per_1k)} per 1,000, wanted {money(targets.usd_per_1k)}", missed))
    if targets.per_day is not None:
        capacity = None if e.texts_per_s is None else e.texts_per_s * 86_400
        line = "texts a second not measured" if capacity is None else f"{capacity:,.0f} texts a day at full load"
        found.append((f"{line}, wanted {targets.per_day:,}", None if capacity is None else capacity < targets.per_day))
    traits = traits_of(e.kind)
    if targets.long_texts:
        share = (
            "" if facts.share_over_512 is None else f" ({percent(facts.share_over_512)} of the queries here are longer)"
        )
        limit = traits.reads_tokens
        found.append((f"reads the first {limit or 512} tokens at most{share}", limit is not None))
    if targets.changing_topics:
        found.append(("new topics need new training", not traits.updatable))
    if targets.self_hosted:
        local = provider_of(e.model or "") in OWN_SERVERS
        found.append(("texts leave for a service", traits.remote and not local))
    return found


def _not_told_apart(meeting: Sequence[Evaluation]) -> list[Evaluation]:
    """The most accurate of ``meeting`` and those not significantly different from it.

    Tests are against the overall best. Where that one is not among ``meeting``, intervals that overlap decide.
    """
    best = meeting[0]
    if best.comparison is None:
        return [e for e in meeting if e.comparison is None or e.comparison.tied]
    return [e for e in meeting if e.accuracy.high >= best.accuracy.low]


def _preferred(tied: Sequence[Evaluation]) -> Evaluation:
    """The most accurate of those that are about as fast as the fastest of those about as cheap as the cheapest."""
    cheap = _near_least(tied, [e.usd_per_1k for e in tied], AS_CHEAP)
    fast = _near_least(cheap, [e.p95_ms for e in cheap], AS_FAST)
    return max(fast, key=lambda e: e.accuracy.value)


def _near_least(found: Sequence[Evaluation], values: Sequence[float | None], factor: float) -> Sequence[Evaluation]:
    known = [value for value in values if value is not None]
    if not known:
        return found
    most = min(known) * factor
    return [e for e, value in zip(found, values, strict=True) if value is not None and value <= most]


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
