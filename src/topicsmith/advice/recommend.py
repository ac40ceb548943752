"""What to deploy and why, in sentences made from what was measured; ``advice.json``.

The rule, in order: of the candidates that meet every target (failing that, miss the fewest), those that the test rows
do not tell apart from the most accurate of them; of those, the cheapest, then the fastest, then the most accurate.
What is nearly as cheap or as fast counts as equal: a busy machine does as much to one and the same candidate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from topicsmith.advice.checklist import Check, checklist
from topicsmith.advice.inputs import Facts
from topicsmith.advice.next_steps import next_steps
from topicsmith.advice.wording import interval_text, join, money, percent
from topicsmith.costs.cost import CandidateCost, break_evens
from topicsmith.evaluation.results import Evaluation
from topicsmith.project import TargetSettings
from topicsmith.statistics.intervals import Interval

ELSEWHERE = frozenset({"hosted", "prompted"})
"""Kinds that send texts to somebody else's machine, unless their model is one of the local providers."""
LOCAL_PROVIDERS = ("vllm:", "ollama:", "compatible:")
SHORT_SIGHTED = frozenset({"encoder", "embedding"})
"""Kinds that read only the first 512 tokens or fewer."""
NEEDS_RETRAINING = frozenset({"linear", "embedding", "encoder", "causal", "hosted", "hierarchy"})
_AS_CHEAP, _AS_FAST = 1.1, 2.0  # factors within which prices and latencies count as equal


@dataclass(frozen=True)
class Standing:
    """One candidate against the targets: which it misses, and which nothing measured can tell."""

    candidate: str
    misses: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Advice:
    """What to do, in sentences that hold the numbers they rest on.

    ``tied`` are candidates the rows do not tell apart from ``deploy``; ``never_best`` are those that another one
    matches or beats in accuracy, speed and price alike.
    """

    deploy: str | None
    why: tuple[str, ...]
    tied: tuple[str, ...]
    standings: tuple[Standing, ...]
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
    """
    audited = audited or {}
    facts = Facts.read(statistics, agreement)
    prices = {cost.candidate: cost.usd_per_1k for cost in costs}
    priced = [replace(e, usd_per_1k=_first(prices.get(e.candidate), e.usd_per_1k)) for e in evaluations if e.n]
    if not priced:
        line = "No test row has a topic to be judged by, so there is nothing to advise from."
        return Advice(None, (line,), (), (), (), (), (), checklist(priced, costs, targets, facts), ())
    standings = tuple(_standing(e, targets, facts, audited) for e in priced)
    fewest = min(len(standing.misses) for standing in standings)
    meeting = [e for e, standing in zip(priced, standings, strict=True) if len(standing.misses) == fewest]
    tied = _not_told_apart(meeting)
    chosen = _preferred(tied)
    standing = next(s for s in standings if s.candidate == chosen.candidate)
    return Advice(
        deploy=chosen.candidate,
        why=tuple(_why(chosen, standing, tied, priced, targets, audited.get(chosen.candidate))),
        tied=tuple(e.candidate for e in tied if e is not chosen),
        standings=standings,
        know_better=tuple(_know_better(priced, standings, audited.get(chosen.candidate))),
        never_best=tuple(_never_best(priced)),
        break_even=tuple(_break_even_lines(costs, targets)),
        checklist=checklist(priced, costs, targets, facts, audited),
        weakest=next_steps(chosen, facts),
    )


def _standing(e: Evaluation, targets: TargetSettings, facts: Facts, audited: Mapping[str, Interval]) -> Standing:
    misses, unknown = [], []
    for line, missed in _demands(e, targets, facts, audited.get(e.candidate)):
        if missed is None:
            unknown.append(line)
        elif missed:
            misses.append(line)
    return Standing(e.candidate, tuple(misses), tuple(unknown))


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
    if targets.long_texts:
        share = (
            "" if facts.share_over_512 is None else f" ({percent(facts.share_over_512)} of the queries here are longer)"
        )
        found.append((f"reads the first 512 tokens at most{share}", e.kind in SHORT_SIGHTED))
    if targets.changing_topics:
        found.append(("new topics need new training", e.kind in NEEDS_RETRAINING))
    if targets.self_hosted:
        local = (e.model or "").startswith(LOCAL_PROVIDERS)
        found.append(("texts leave for a service", e.kind in ELSEWHERE and not local))
    return found


def _not_told_apart(meeting: Sequence[Evaluation]) -> list[Evaluation]:
    """The most accurate of ``meeting`` and those not told apart from it.

    Tests are against the overall best. Where that one is not among ``meeting``, intervals that overlap decide.
    """
    best = meeting[0]
    if best.comparison is None:
        return [e for e in meeting if e.comparison is None or e.comparison.tied]
    return [e for e in meeting if e.accuracy.high >= best.accuracy.low]


def _preferred(tied: Sequence[Evaluation]) -> Evaluation:
    """The most accurate of those that are about as fast as the fastest of those about as cheap as the cheapest."""
    cheap = _near_least(tied, [e.usd_per_1k for e in tied], _AS_CHEAP)
    fast = _near_least(cheap, [e.p95_ms for e in cheap], _AS_FAST)
    return max(fast, key=lambda e: e.accuracy.value)


def _near_least(found: Sequence[Evaluation], values: Sequence[float | None], factor: float) -> Sequence[Evaluation]:
    known = [value for value in values if value is not None]
    if not known:
        return found
    most = min(known) * factor
    return [e for e, value in zip(found, values, strict=True) if value is not None and value <= most]


def _why(
    chosen: Evaluation,
    standing: Standing,
    tied: Sequence[Evaluation],
    everyone: Sequence[Evaluation],
    targets: TargetSettings,
    audited: Interval | None,
) -> list[str]:
    lines = [
        f"{chosen.candidate} answers {interval_text(chosen.accuracy)} of {chosen.n:,} test rows rightly"
        + (f"; its {chosen.failures:,} failures count as wrong." if chosen.failures else ".")
    ]
    if audited is not None:
        lines.append(
            f"On all {audited.n:,} test rows, easy or not, a person's audit puts it at {interval_text(audited)}."
        )
    elif chosen.truth == "labels":
        lines.append(
            "That is against labels the annotators agreed on, which leaves out the rows they found hard; an audit of "
            "some 300 rows ('topicsmith audit') would tell the accuracy on all rows."
        )
    asked = targets != TargetSettings()
    if standing.misses:
        lines.append(f"No candidate meets every target; {chosen.candidate} misses the fewest: {join(standing.misses)}.")
    elif asked and not standing.unknown:
        lines.append(f"It meets every target of the project ({_targets_text(targets)}).")
    if standing.unknown:
        lines.append(f"Not certain on the evidence so far: {join(standing.unknown)}.")
    lines.extend(_against_others(chosen, tied, everyone))
    return lines


def _against_others(chosen: Evaluation, tied: Sequence[Evaluation], everyone: Sequence[Evaluation]) -> list[str]:
    lines = []
    others = [e for e in tied if e is not chosen]
    if others:
        reasons = []
        dearer = [
            e for e in others if e.usd_per_1k is not None and e.usd_per_1k > _AS_CHEAP * (chosen.usd_per_1k or 0.0)
        ]
        if chosen.usd_per_1k is not None and dearer:
            spread = f"{money(min(e.usd_per_1k or 0.0 for e in dearer))}"
            reasons.append(f"costs {money(chosen.usd_per_1k)} per 1,000 against {spread} or more")
        wait = chosen.p95_ms
        slower = [e for e in others if e.p95_ms is not None and wait is not None and e.p95_ms > _AS_FAST * wait]
        if slower:
            quickest = min(e.p95_ms or 0.0 for e in slower)
            reasons.append(
                f"answers within {chosen.p95_ms:.1f} ms in 95 of 100 cases against {quickest:.1f} ms or more"
            )
        if not reasons and all(chosen.accuracy.value >= e.accuracy.value for e in others):
            reasons.append("scores highest, and none of them is clearly cheaper or faster")
        because = f"; it {join(reasons)}" if reasons else ""
        lines.append(f"The rows do not tell {join([e.candidate for e in others])} apart from it{because}.")
    apart = [e for e in everyone if e.comparison is not None and not e.comparison.tied]
    if not others and apart and apart[0].comparison is not None and chosen is everyone[0]:
        lines.append(
            f"{apart[0].candidate} comes next with {interval_text(apart[0].accuracy)}; the paired test tells it apart."
        )
    best = everyone[0]
    if best is not chosen and best not in tied:
        lines.append(
            f"{best.candidate} is more accurate ({interval_text(best.accuracy)}) but misses more of the targets."
        )
    return lines


def _targets_text(targets: TargetSettings) -> str:
    plain = TargetSettings().model_dump()
    named = {key: value for key, value in targets.model_dump().items() if value != plain[key]}
    return ", ".join(key if value is True else f"{key} {value:g}" for key, value in named.items())


def _know_better(
    evaluations: Sequence[Evaluation], standings: Sequence[Standing], audited: Interval | None
) -> list[str]:
    lines = []
    for e in evaluations:
        c = e.comparison
        if c is not None and c.tied:
            if c.rows_to_tell is None:
                lines.append(
                    f"{e.candidate} and {c.best} were right on equally many rows; more rows may never part them."
                )
            else:
                lines.append(
                    f"To tell {e.candidate} from {c.best} takes about {c.rows_to_tell:,} more test rows if they differ "
                    f"as much as here ({c.only_best} rows only {c.best} had right, {c.only_this} only {e.candidate})."
                )
    if audited is not None:
        width = 100 * (audited.high - audited.low)
        lines.append(
            f"The audit leaves {width:.1f} points of doubt about all rows; four times the audited rows halve it."
        )
    elif any(e.truth == "labels" for e in evaluations):
        lines.append("Audit about 300 rows, agreed and disagreed alike, to learn the accuracy on all rows.")
    unmeasured = sorted({what.partition(",")[0] for s in standings for what in s.unknown if "not measured" in what})
    lines.extend(f"Measure with 'topicsmith bench': {what}." for what in unmeasured)
    if any(e.usd_per_1k is None for e in evaluations):
        names = [e.candidate for e in evaluations if e.usd_per_1k is None]
        lines.append(f"The price of serving {join(names)} is not known, and an unknown price is not zero.")
    return lines


def _never_best(evaluations: Sequence[Evaluation]) -> list[str]:
    lines = []
    for e in evaluations:
        over = next((other for other in evaluations if _dominates(other, e)), None)
        if over is not None:
            lines.append(
                f"{e.candidate} is never the best choice: {over.candidate} is at least as accurate "
                f"({percent(over.accuracy.value)} against {percent(e.accuracy.value)}), as fast and as cheap."
            )
    return lines


def _dominates(other: Evaluation, e: Evaluation) -> bool:
    """Whether ``other`` is no worse in accuracy, latency and price, and better in one; the unknown decides nothing."""
    if other is e:
        return False
    better = other.accuracy.value > e.accuracy.value
    if other.accuracy.value < e.accuracy.value:
        return False
    for mine, theirs in ((other.p95_ms, e.p95_ms), (other.usd_per_1k, e.usd_per_1k)):
        if (mine is None) != (theirs is None):
            return False
        if mine is not None and theirs is not None:
            if mine > theirs:
                return False
            better = better or mine < theirs
    return better


def _break_even_lines(costs: Sequence[CandidateCost], targets: TargetSettings) -> list[str]:
    lines = []
    for each in break_evens(costs):
        days = f", {(each.texts or 0) / targets.per_day:,.0f} days of this project" if targets.per_day else ""
        lines.append(
            f"{each.dearer_to_start} costs less in all than {each.cheaper_to_start} from {each.texts:,} texts on{days}."
        )
    return lines


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
