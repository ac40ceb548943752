"""Thresholds of a cascade, chosen on validation rows so that what is promised of them holds.

A search for the cheapest thresholds that reach a target on the validation rows overfits them: of many settings, those
are taken that were lucky. Here settings are tested in an order that is fixed beforehand, from the dear end (the last
member answers everything) to the cheap one, each by an exact bound, as in Angelopoulos et al. 2021, "Learn then Test".
Since a cascade in the middle may be more accurate than its last member alone, testing begins at several places, which
share the risk, and a place reached by tests that succeeded inherits theirs (Wiens 2003, "A fixed sequence Bonferroni
procedure"). The chance that any setting is believed wrongly is then the stated risk at most.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.cascade.bounds import BoolArray, HeldRows
from topicsmith.classifiers.training_targets import IntArray

NEVER = 2.0
"""A threshold that no certainty reaches: everything is sent on."""

STEPS = 100
_STRICTNESS = (1.0, 4.0, np.inf)
"""How many times fewer errors members before the last but one may make among the answers they keep."""

_STARTS = (1.0, 0.5, 0.25)
"""Shares of rows that reach the last member where testing begins."""

_DEARER = 100.0
"""How many times dearer than the one before a member is taken to be where no price is given."""


@dataclass(frozen=True)
class AnsweredRows:
    """What the members made of the validation rows.

    ``right`` (rows, members) says who is right; ``sure`` (rows, members - 1) how probably each but the last is, -1
    where it gave no answer.
    """

    right: BoolArray
    sure: FloatArray
    sample: HeldRows

    def answering(self, thresholds: Sequence[float]) -> IntArray:
        """The member that answers each row, (rows,)."""
        kept = self.sure >= np.asarray(thresholds)
        last = np.ones((len(kept), 1), np.bool_)
        found: IntArray = np.concatenate([kept, last], axis=1).argmax(axis=1).astype(np.int64)
        return found

    def right_with(self, thresholds: Sequence[float]) -> BoolArray:
        """Which rows the cascade has right, (rows,)."""
        found: BoolArray = self.right[np.arange(len(self.right)), self.answering(thresholds)]
        return found

    def reached(self, thresholds: Sequence[float]) -> tuple[float, ...]:
        """The share of rows that comes to each member."""
        answering = self.answering(thresholds)
        return tuple(self.sample.share(answering >= member) for member in range(self.right.shape[1]))


@dataclass(frozen=True)
class Thresholds:
    """The thresholds, a member but the last each.

    ``promised``: the target is reached but for the risk. ``accuracy`` is that on the validation rows, ``bound`` what
    it lies above but for the risk where that was tested, and ``reached`` the share of rows that comes to each member.
    """

    thresholds: tuple[float, ...]
    promised: bool
    accuracy: float
    bound: float | None
    reached: tuple[float, ...]


def for_accuracy(
    rows: AnsweredRows, lower: Callable[[BoolArray, float], float], wanted: float, risk: float, prices: Sequence[float]
) -> Thresholds:
    """The cheapest thresholds of which it is shown that ``lower`` of the right rows is ``wanted`` at least.

    Where none is, the start with the highest bound, which is not ``promised``.

    Args:
        rows: what the members answered.
        lower: a lower bound of what is wanted, from the rows that are right and the risk.
        wanted: the least it may be.
        risk: of a wrong promise.
        prices: of an answer of each member, to tell cheap from dear.
    """
    paths = _paths(rows.sure)
    share = risk / len(paths) / len(_STARTS)
    shown: list[tuple[float, ...]] = []
    begun: list[tuple[float, tuple[float, ...]]] = []
    for path in paths:
        starts, carried = _starts(rows, path), 0.0
        for at, thresholds in enumerate(path):
            right = rows.right_with(thresholds)
            own = share * starts.count(at)
            if own:
                begun.append((lower(right, share), thresholds))
            at_risk = carried + own
            carried = at_risk if at_risk and lower(right, at_risk) >= wanted else 0.0
            if carried:
                shown.append(thresholds)
    if shown:
        best = min(shown, key=lambda each: _cost(rows, each, prices))
        return _chosen(rows, best, promised=True, bound=wanted)
    bound, thresholds = max(begun, key=lambda each: each[0])
    return _chosen(rows, thresholds, promised=False, bound=bound)


def for_cost(rows: AnsweredRows, most: float, risk: float, prices: Sequence[float]) -> Thresholds:
    """The most accurate thresholds of which it is shown that a text costs ``most`` at most.

    Costs rise along a path from its cheap end, so that each path is tested from there until one is too dear. Where
    nothing is cheap enough, the cheapest, which is not ``promised``.
    """
    paths = _paths(rows.sure)
    shown: list[tuple[float, ...]] = []
    for path in paths:
        for thresholds in reversed(path):
            if _upper_cost(rows, thresholds, risk / len(paths), prices) > most:
                break
            shown.append(thresholds)
    if shown:
        best = max(shown, key=lambda each: (rows.sample.share(rows.right_with(each)), -_cost(rows, each, prices)))
        return _chosen(rows, best, promised=True, bound=None)
    cheapest = min((path[-1] for path in paths), key=lambda each: _cost(rows, each, prices))
    return _chosen(rows, cheapest, promised=False, bound=None)


def usual_prices(members: int) -> tuple[float, ...]:
    """Prices where none are given: the last member's is 1, each before it far cheaper."""
    return tuple(_DEARER ** (member - members + 1) for member in range(members))


def _paths(sure: FloatArray) -> list[list[tuple[float, ...]]]:
    """Thresholds from dear to cheap: the last of them falls, those before it demand as much, more, or everything."""
    last = np.unique(sure[:, -1][sure[:, -1] >= 0])[::-1]
    cuts = (last[:-1] + last[1:]) / 2  # between rows, so that the last digit of a probability decides nothing
    if len(cuts) > STEPS:
        cuts = np.unique(cuts[np.linspace(0, len(cuts) - 1, STEPS).round().astype(int)])[::-1]
    levels = [NEVER, *cuts.tolist(), 0.0]
    if sure.shape[1] == 1:
        return [[(level,) for level in levels]]
    return [[(*_before(level, strict, sure.shape[1] - 1), level) for level in levels] for strict in _STRICTNESS]


def _before(level: float, strictness: float, count: int) -> tuple[float, ...]:
    """The thresholds of members before the last but one."""
    if level == NEVER or strictness == np.inf:
        return (NEVER,) * count
    return (1 - (1 - level) / strictness,) * count


def _starts(rows: AnsweredRows, path: Sequence[tuple[float, ...]]) -> list[int]:
    """Where on a path testing begins: the first thresholds that send no more than each of the shares."""
    sent = np.array([float((rows.answering(each) == rows.right.shape[1] - 1).mean()) for each in path])
    return [int(np.argmax(sent <= share)) if (sent <= share).any() else len(path) - 1 for share in _STARTS]


def _cost(rows: AnsweredRows, thresholds: Sequence[float], prices: Sequence[float]) -> float:
    return float(np.dot(rows.reached(thresholds), prices))


def _upper_cost(rows: AnsweredRows, thresholds: Sequence[float], risk: float, prices: Sequence[float]) -> float:
    """What a text costs at most but for ``risk``; every text comes to the first member."""
    answering = rows.answering(thresholds)
    priced = [member for member in range(1, len(prices)) if prices[member]]
    upper = [1 - rows.sample.lower(answering < member, risk / len(priced)) for member in priced]
    return prices[0] + sum(prices[member] * share for member, share in zip(priced, upper, strict=True))


def _chosen(rows: AnsweredRows, thresholds: tuple[float, ...], *, promised: bool, bound: float | None) -> Thresholds:
    accuracy = rows.sample.share(rows.right_with(thresholds))
    return Thresholds(thresholds, promised, accuracy, bound, rows.reached(thresholds))
