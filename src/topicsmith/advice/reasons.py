"""The reasons for an advice, in sentences made from what was measured: each is said only where its test holds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from topicsmith.advice.selection import Decision, saving, slower
from topicsmith.advice.targets import TargetCheck
from topicsmith.advice.wording import accuracy_text, interval_text, join, money, percent, points
from topicsmith.costs.cost import CandidateCost, break_evens
from topicsmith.evaluation.results import Evaluation
from topicsmith.project import TargetSettings
from topicsmith.statistics.intervals import Interval

"""Ten years, and ten years of a million texts a day: what pays only later than that is not worth a line."""


def why(
    decision: Decision,
    checks: Sequence[TargetCheck],
    targets: TargetSettings,
    audited: Mapping[str, Interval],
) -> list[str]:
    """Why the chosen one: its accuracy, the targets it meets or misses, and the others it was weighed against."""
    chosen = decision.chosen
    return [
        *_accuracy(chosen, audited.get(chosen.candidate)),
        *_left_out(decision),
        *_on_targets(decision, checks, targets),
        *_against_best(decision, targets, audited),
        *_against_others(decision),
        *_trade(decision, targets, audited),
    ]


def _accuracy(chosen: Evaluation, audited: Interval | None) -> list[str]:
    failures = f"; its {chosen.failures:,} failures count as wrong" if chosen.failures else ""
    judged = chosen if audited is None else replace(chosen, chosen_accuracy=None)  # the audit is what it is chosen by
    lines = [f"{chosen.candidate} is {accuracy_text(judged, None)}{failures}."]
    if audited is not None:
        lines.append(
            f"On all {audited.n:,} test rows, easy or not, a person's audit puts it at {interval_text(audited)}; that "
            "is the accuracy that counts here."
        )
    elif chosen.truth == "labels":
        lines.append(
            "That is against labels the annotators agreed on, which leaves out the rows they found hard; an audit of "
            "some 300 rows ('topicsmith audit') would measure the accuracy on all rows."
        )
    return lines


def _left_out(decision: Decision) -> list[str]:
    return [f"Left out: {join(names)} ({line})." for line, names in decision.unable]


def _on_targets(decision: Decision, checks: Sequence[TargetCheck], targets: TargetSettings) -> list[str]:
    if not targets.named:
        return []
    check = next(c for c in checks if c.candidate == decision.chosen.candidate)
    if check.meets_all:
        return [f"It meets every target of the project ({_targets_text(targets)})."]
    lines = []
    if check.misses:
        nobody = "" if any(c.meets_all for c in checks) else "No candidate is known to meet every target. "
        lines.append(f"{nobody}{decision.chosen.candidate} misses: {'; '.join(check.misses)}.")
    if check.unknown:
        lines.append(f"Not certain on the evidence so far: {'; '.join(check.unknown)}.")
    return lines


def _against_best(decision: Decision, targets: TargetSettings, audited: Mapping[str, Interval]) -> list[str]:
    """Why not the most accurate one, where it is another."""
    chosen, best = decision.chosen, decision.best
    if chosen is best:
        return []
    loss = decision.losses[chosen.candidate].interval
    reasons = []
    saved = saving(chosen, best, targets.per_day)
    if saved is not None:
        reasons.append(f"costs {_saved(saved, targets.per_day)} less")
    if slower(chosen, best):
        reasons.append(f"answers within {chosen.p95_ms:.1f} ms in 95 of 100 cases against {best.p95_ms:.1f} ms")
    because = f" It {join(reasons)}." if reasons else " It comes nearer to the other targets."
    seen = _figure(best, audited).value
    often = "more often" if seen > _figure(chosen, audited).value else "as often"
    line = (
        f"{best.candidate} was right {often} ({percent(seen)}), but {chosen.candidate} is "
        f"shown to be at most {points(loss.high)} less accurate than the best, within the margin of "
        f"{points(targets.margin)}.{because}"
    )
    return [line]


def _saved(usd: float, per_day: int | None) -> str:
    return f"{money(usd)} per 1,000" if per_day is None else f"{money(usd)} a month"


def _against_others(decision: Decision) -> list[str]:
    """Which others may be as accurate, and the next one that is shown to be less so."""
    chosen, losses, lines = decision.chosen, decision.losses, []
    others = [e for e in decision.left if e is not chosen and e is not decision.best]
    close = [e for e in decision.close if e in others]
    if close and chosen is decision.best:
        worst = max(losses[e.candidate].interval.high for e in close)
        verb = "is" if len(close) == 1 else "are"
        lines.append(
            f"{join([e.candidate for e in close])} {verb} shown to be at most {points(worst)} less accurate than the "
            f"best, but {verb} not chosen: no target, price or latency speaks for "
            f"{_it(close, 'them')} by enough to matter."
        )
    open_ = [e for e in others if losses[e.candidate].may_be_best and e not in close]
    if open_:
        worst = max(losses[e.candidate].interval.high for e in open_)
        lines.append(
            f"{join([e.candidate for e in open_])} may be the most accurate as well: the rows do not tell, and leave "
            f"up to {points(worst)} open. That is no proof that {_it(open_)} {'is' if len(open_) == 1 else 'are'} as "
            "good."
        )
    behind = [e for e in others if losses[e.candidate].interval.low > 0]
    if behind and behind[0] is others[0] and not open_ and not close:
        interval = losses[behind[0].candidate].interval
        lines.append(
            f"{behind[0].candidate} comes next and is less accurate than the best by {points(interval.low)} to "
            f"{points(interval.high)} (simultaneous 95 % interval)."
        )
    return lines


def _it(found: Sequence[Evaluation], several: str = "they") -> str:
    return "it" if len(found) == 1 else several


def _trade(decision: Decision, targets: TargetSettings, audited: Mapping[str, Interval]) -> list[str]:
    """What another would give that meets the targets of price and speed, and what it may cost in accuracy."""
    if decision.chosen in decision.affordable or not decision.affordable:
        return []
    other = decision.affordable[0]
    loss = decision.losses[other.candidate].interval
    line = (
        f"The trade: {other.candidate} meets every target of price and speed, which {decision.chosen.candidate} is not "
        f"known to do, but it is not shown to be within {points(targets.margin)} of the best in accuracy: "
        f"{percent(_figure(other, audited).value)} against {percent(_figure(decision.best, audited).value)}, and the "
        f"best may be up to {points(loss.high)} better. '--candidate' takes it all the same."
    )
    return [line]


def _figure(e: Evaluation, audited: Mapping[str, Interval]) -> Interval:
    return audited.get(e.candidate, e.accuracy)


def _targets_text(targets: TargetSettings) -> str:
    return ", ".join(key if value is True else f"{key} {value:g}" for key, value in targets.named.items())


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
                    f"{c.only_this} only {e.candidate}; near-copies count once)."
                )
    if audited is not None:
        width = 100 * (audited.high - audited.low)
        lines.append(
            f"The audit's interval for all rows is {width:.1f} points wide; four times the audited test rows "
            "would about halve it."
        )
    elif any(e.truth == "labels" for e in evaluations):
        lines.append("Audit about 300 rows, agreed and disagreed alike, to learn the accuracy on all rows.")
    unmeasured = sorted({what.partition(",")[0] for s in standings for what in s.unknown if "not measured" in what})
    lines.extend(f"Measure with 'topicsmith bench': {what}." for what in unmeasured)
    if any(e.usd_per_1k is None for e in evaluations):
        names = [e.candidate for e in evaluations if e.usd_per_1k is None]
        lines.append(f"The price of serving {join(names)} is not known, and an unknown price is not zero.")
    return lines


def never_best(evaluations: Sequence[Evaluation], audited: Mapping[str, Interval]) -> list[str]:
    """Candidates that another one matches or beats in accuracy, speed and price alike, as they were measured."""
    lines = []
    for e in evaluations:
        over = next((other for other in evaluations if _dominates(other, e, audited)), None)
        if over is not None:
            share, least = percent(_figure(over, audited).value), percent(_figure(e, audited).value)
            known = [name for name, value in (("fast", e.p95_ms), ("cheap", e.usd_per_1k)) if value is not None]
            also = f" and is as {' and as '.join(known)}" if known else ""
            lines.append(
                f"Nothing measured speaks for {e.candidate}: {over.candidate} was right at least as often ({share} "
                f"against {least}){also}."
            )
    return lines


def _dominates(other: Evaluation, e: Evaluation, audited: Mapping[str, Interval]) -> bool:
    """Whether ``other`` is no worse in accuracy, latency and price, and better in one; the unknown decides nothing."""
    if other is e or (other.candidate in audited) != (e.candidate in audited):
        return False
    better = _figure(other, audited).value > _figure(e, audited).value
    if _figure(other, audited).value < _figure(e, audited).value:
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
    """From which volume on one candidate costs less in all than another; nothing beyond ten years."""
    lines = []
    for each in break_evens(costs, targets.per_day):
        days = f", {(each.texts or 0) / targets.per_day:,.0f} days of this project" if targets.per_day else ""
        lines.append(
            f"{each.dearer_to_start} costs less in all than {each.cheaper_to_start} from {each.texts:,} texts on{days}."
        )
    return lines
