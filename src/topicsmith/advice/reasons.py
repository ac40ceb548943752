"""The reasons for an advice, in sentences made from what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from topicsmith.advice.wording import interval_text, join, money, percent
from topicsmith.costs.cost import CandidateCost, break_evens
from topicsmith.evaluation.results import Evaluation
from topicsmith.project import TargetSettings
from topicsmith.statistics.intervals import Interval

AS_CHEAP, AS_FAST = 1.1, 2.0  # factors within which prices and latencies count as equal


@dataclass(frozen=True)
class TargetCheck:
    """One candidate against the targets: which it misses, and which nothing measured can tell."""

    candidate: str
    misses: tuple[str, ...]
    unknown: tuple[str, ...]


def why(
    chosen: Evaluation,
    standing: TargetCheck,
    tied: Sequence[Evaluation],
    everyone: Sequence[Evaluation],
    targets: TargetSettings,
    audited: Interval | None,
) -> list[str]:
    """Why ``chosen``: its accuracy, the targets it meets or misses, and the others it is tied with or beats."""
    lines = [
        f"{chosen.candidate} is right on {interval_text(chosen.accuracy)} of {chosen.n:,} test rows"
        + (f"; its {chosen.failures:,} failures count as wrong." if chosen.failures else ".")
    ]
    if audited is not None:
        lines.append(
            f"On all {audited.n:,} test rows, easy or not, a person's audit puts it at {interval_text(audited)}."
        )
    elif chosen.truth == "labels":
        lines.append(
            "That is against labels the annotators agreed on, which leaves out the rows they found hard; an audit of "
            "some 300 rows ('topicsmith audit') would measure the accuracy on all rows."
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
            e for e in others if e.usd_per_1k is not None and e.usd_per_1k > AS_CHEAP * (chosen.usd_per_1k or 0.0)
        ]
        if chosen.usd_per_1k is not None and dearer:
            spread = f"{money(min(e.usd_per_1k or 0.0 for e in dearer))}"
            reasons.append(f"costs {money(chosen.usd_per_1k)} per 1,000 against {spread} or more")
        wait = chosen.p95_ms
        slower = [e for e in others if e.p95_ms is not None and wait is not None and e.p95_ms > AS_FAST * wait]
        if slower:
            quickest = min(e.p95_ms or 0.0 for e in slower)
            reasons.append(
                f"answers within {chosen.p95_ms:.1f} ms in 95 of 100 cases against {quickest:.1f} ms or more"
            )
        if not reasons and all(chosen.accuracy.value >= e.accuracy.value for e in others):
            reasons.append("scores highest, and none of them is clearly cheaper or faster")
        because = f"; it {join(reasons)}" if reasons else ""
        be = "is" if len(others) == 1 else "are"
        lines.append(f"{join([e.candidate for e in others])} {be} not significantly different from it{because}.")
    apart = [e for e in everyone if e.comparison is not None and not e.comparison.tied]
    if not others and apart and apart[0].comparison is not None and chosen is everyone[0]:
        lines.append(
            f"{apart[0].candidate} comes next with {interval_text(apart[0].accuracy)}; "
            "the paired test finds it significantly worse."
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


def know_better(
    evaluations: Sequence[Evaluation], standings: Sequence[TargetCheck], audited: Interval | None
) -> list[str]:
    """What it would take to be more certain."""
    lines = []
    for e in evaluations:
        c = e.comparison
        if c is not None and c.tied:
            if c.rows_to_tell is None:
                lines.append(
                    f"{e.candidate} and {c.best} were right on equally many rows; more rows may not separate them."
                )
            else:
                lines.append(
                    f"To separate {e.candidate} from {c.best} takes about {c.rows_to_tell:,} more test rows if they "
                    f"differ as much as here ({c.only_best} rows only {c.best} had right, "
                    f"{c.only_this} only {e.candidate})."
                )
    if audited is not None:
        width = 100 * (audited.high - audited.low)
        lines.append(
            f"The audit's interval for all rows is {width:.1f} points wide; four times the audited rows halve it."
        )
    elif any(e.truth == "labels" for e in evaluations):
        lines.append("Audit about 300 rows, agreed and disagreed alike, to learn the accuracy on all rows.")
    unmeasured = sorted({what.partition(",")[0] for s in standings for what in s.unknown if "not measured" in what})
    lines.extend(f"Measure with 'topicsmith bench': {what}." for what in unmeasured)
    if any(e.usd_per_1k is None for e in evaluations):
        names = [e.candidate for e in evaluations if e.usd_per_1k is None]
        lines.append(f"The price of serving {join(names)} is not known, and an unknown price is not zero.")
    return lines


def never_best(evaluations: Sequence[Evaluation]) -> list[str]:
    """Candidates that another one matches or beats in accuracy, speed and price alike."""
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


def break_even_lines(costs: Sequence[CandidateCost], targets: TargetSettings) -> list[str]:
    """From which volume on one candidate costs less in all than another."""
    lines = []
    for each in break_evens(costs):
        days = f", {(each.texts or 0) / targets.per_day:,.0f} days of this project" if targets.per_day else ""
        lines.append(
            f"{each.dearer_to_start} costs less in all than {each.cheaper_to_start} from {each.texts:,} texts on{days}."
        )
    return lines
