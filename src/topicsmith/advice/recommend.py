"""What to deploy and why, in sentences made from what was measured; ``advice.json``.

The rule is in :mod:`topicsmith.advice.selection`: accuracy first, and the cheaper or faster one only where it is shown
to lose no more than the project's margin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from topicsmith.advice.checklist import Check, checklist
from topicsmith.advice.choice import eligible, too_little, why_none
from topicsmith.advice.inputs import Facts
from topicsmith.advice.losses import LossesAmong, losses_by_intervals
from topicsmith.advice.next_steps import next_steps
from topicsmith.advice.reasons import break_even_lines, know_better, never_best, why
from topicsmith.advice.selection import decide
from topicsmith.advice.targets import TargetCheck, check_targets, demands_on
from topicsmith.costs.cost import CandidateCost
from topicsmith.evaluation.results import Evaluation
from topicsmith.project import TargetSettings
from topicsmith.statistics.intervals import Interval


@dataclass(frozen=True)
class Advice:
    """What to do, in sentences that hold the numbers they rest on.

    ``tied`` are the others that may be the most accurate; ``never_best`` are those that another one matches or beats
    in accuracy, speed and price alike, as measured.
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
    losses: LossesAmong | None = None,
) -> Advice:
    """Advise from measurements.

    Args:
        evaluations: on the test rows, best first, as ``compare`` gives them.
        costs: by candidate, where known.
        targets: what the team needs.
        statistics: the document ``statistics.json``.
        agreement: the document ``agreement.json``, where several annotators labelled.
        audited: by candidate, its accuracy on all rows as a person's audit estimates it. Where test rows are those on
            which annotators agreed, it is the accuracy that ranks, and that targets and checks ask for.
        labelled_share: of the queries, where it is known.
        losses: what choosing one of some candidates costs in the accuracy that ranks; by default from the intervals of
            the accuracies alone, which shows less than the rows behind them would.
    """
    audited = audited or {}
    facts = Facts.read(statistics, agreement)
    prices = {cost.candidate: cost.usd_per_1k for cost in costs}
    priced = [replace(e, usd_per_1k=_first(prices.get(e.candidate), e.usd_per_1k)) for e in evaluations if e.n]
    demands = {e.candidate: demands_on(e, targets, facts, audited) for e in priced}
    checks = tuple(check_targets(e.candidate, demands[e.candidate]) for e in priced)
    fit = eligible(priced, audited)
    lines = checklist(priced, costs, targets, facts, audited)
    thin = too_little(priced, None if audited else labelled_share)
    if thin or not fit:
        none = thin or why_none(priced, audited)
        return Advice(None, (none.reason, none.next_step), (), checks, (), (), (), lines, ())
    accuracies = {e.candidate: audited.get(e.candidate, e.accuracy) for e in fit}
    decision = decide(fit, demands, targets, accuracies, losses or losses_by_intervals(accuracies))
    chosen = decision.chosen
    return Advice(
        deploy=chosen.candidate,
        why=tuple(why(decision, checks, targets, audited)),
        tied=tuple(e.candidate for e in decision.tied),
        standings=checks,
        know_better=tuple(know_better(priced, checks, audited.get(chosen.candidate))),
        never_best=tuple(never_best(priced, audited)),
        break_even=tuple(break_even_lines(costs, targets)),
        checklist=lines,
        weakest=next_steps(chosen, facts),
    )


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
