"""What a person said of some groups of rows, set against answers to all rows: every figure that an audit gives."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from topicsmith.audit.estimation.design import AuditDesign
from topicsmith.audit.estimation.estimate import (
    AuditedFigure,
    Bounds,
    Proxy,
    difference_of_shares,
    filled,
    linearised,
    share_among,
    share_of_rows,
)
from topicsmith.audit.estimation.macro_f1 import MacroF1, OpinionCounts, TopicCounts, macro_f1_of
from topicsmith.statistics.intervals import FloatArray, IntArray

FEWEST_OF_A_TOPIC = 10
"""Audited rows of a topic below which its own figures have no interval."""

STRATIFIED = "stratified audit"
POWERED = "prediction-powered audit"


@dataclass(frozen=True)
class AuditedTruth:
    """What a person said of groups of near-copies, out of ``rows`` rows.

    Args:
        design: how the groups were drawn.
        truth: the topic of each audited group, of shape (groups,); -1 where the person could not tell.
        members: which rows are in audited groups, as positions among all rows.
        unit: the audited group of each of ``members``.
        looked_at: the row of each group that the person saw, as a position among all rows.
        opinions: each annotator's topic of every row, of shape (annotators, rows), -1 for none; no line without any.
        topics: how many topics there are.
    """

    design: AuditDesign
    truth: IntArray
    members: IntArray
    unit: IntArray
    looked_at: IntArray
    opinions: IntArray
    topics: int

    @cached_property
    def undecided(self) -> NDArray[np.bool_]:
        """Which groups the person could not tell."""
        return self.truth < 0

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return round(self.design.rows)

    def accuracy(self, answers: IntArray, powered: bool = True) -> AuditedFigure:
        """The share of rows that ``answers`` have right; -1, a row without an answer, is wrong."""
        right = self._compared(lambda truth: answers[self.members] == truth)
        bounds = self._bounds(right, np.zeros_like(right), self._sums(answers[self.members] >= 0))
        if not powered or not len(self.opinions):
            return share_of_rows(self.design, bounds, method=STRATIFIED)
        return share_of_rows(self.design, bounds, self._proxy(self._said_by(answers)), method=POWERED)

    def difference(self, first: IntArray, second: IntArray) -> AuditedFigure:
        """The accuracy of ``first`` less that of ``second``, on the same rows."""
        one, other = first[self.members], second[self.members]
        apart = self._compared(lambda truth: (one == truth) * 1.0 - (other == truth))
        differ = one != other
        bounds = self._bounds(apart, -self._sums(differ & (other >= 0)), self._sums(differ & (one >= 0)))
        share = float((first != second).mean())
        if not len(self.opinions):
            return difference_of_shares(self.design, bounds, share, method=STRATIFIED)
        proxy = self._proxy(self._said_by(first) - self._said_by(second))
        return difference_of_shares(self.design, bounds, share, proxy, method=POWERED)

    def precision(self, answers: IntArray) -> AuditedFigure:
        """The share of rows with an answer whose answer is right."""
        answered = self._sums(answers[self.members] >= 0)
        right = self._compared(lambda truth: answers[self.members] == truth)
        return share_among(self.design, self._bounds(right, np.zeros_like(right), answered), answered, STRATIFIED)

    def share(self, topic: int) -> AuditedFigure:
        """The share of rows that are of ``topic``; opinions help where enough rows of it were audited."""
        bounds = self._bounds(self._of(topic), np.zeros(len(self.truth)), self.design.sizes)
        if self.audited_of(topic) < FEWEST_OF_A_TOPIC or not len(self.opinions):
            return share_of_rows(self.design, bounds, method=STRATIFIED)
        return share_of_rows(self.design, bounds, self._proxy((self.opinions == topic).mean(axis=0)), method=POWERED)

    def recall(self, answers: IntArray, topic: int) -> AuditedFigure | None:
        """The share of the rows of ``topic`` that are answered with it; ``None`` where no audited row is of it.

        An undecided row may be of the topic where an annotator or the answer says so.
        """
        mine = answers[self.members] == topic
        of_it = self._of(topic)
        named = mine | (self.opinions[:, self.members] == topic).any(axis=0)
        maybe = np.where(self.undecided & (self._sums(named) > 0), self.design.sizes, 0.0)
        hit = self._sums(mine)
        right = np.where(of_it > 0, hit, 0.0)
        if not of_it.any():
            return None
        middle, worst, best = (
            share_among(self.design, Bounds(*[values] * 3), among, STRATIFIED)
            for values, among in (
                (right, of_it),
                (right, of_it + np.where(maybe > hit, maybe - hit, 0.0)),
                (right + np.where(maybe > 0, hit, 0.0), of_it + np.where(maybe > 0, hit, 0.0)),
            )
        )
        ends = [
            replace(
                getattr(middle, name),
                low=min(getattr(worst, name).low, getattr(middle, name).low),
                high=max(getattr(best, name).high, getattr(middle, name).high),
            )
            for name in ("like_these", "these")
        ]
        return AuditedFigure(ends[0], ends[1], worst.worst, best.best, middle.audited)

    def macro_f1(self, answers: IntArray) -> AuditedFigure | None:
        """The mean F1 over topics that have rows; ``None`` where an answered topic has no audited row.

        Undecided rows count as wrong, as another topic that an annotator named, and as right.
        """
        predicted = np.bincount(answers[answers >= 0], minlength=self.topics).astype(float)
        seen = np.bincount(self.truth[~self.undecided], minlength=self.topics)
        if ((predicted > 0) & (seen == 0)).any():
            return None
        mine = answers[self.looked_at]
        middle = self._macro_f1(answers, self.truth, predicted)
        method = POWERED if len(self.opinions) else STRATIFIED
        if not self.undecided.any():
            return linearised(self.design, middle, middle, middle, method)
        worst = np.where(self.undecided, self._another(mine), self.truth)
        best = np.where(self.undecided, np.where(mine >= 0, mine, worst), self.truth)
        low, high = (self._macro_f1(answers, truth, predicted) for truth in (worst, best))
        return linearised(self.design, middle, low, high, method)

    def audited_of(self, topic: int) -> int:
        """How many audited groups are of ``topic``."""
        return int((self.truth == topic).sum())

    def _another(self, answers: IntArray) -> IntArray:
        """A topic for each audited group that is not its answer: what an annotator said, or the commonest there is."""
        common = np.bincount(self.truth[~self.undecided], minlength=self.topics)
        first, second = np.argsort(-common, kind="stable")[:2]
        found = np.where(answers == first, second, first)
        for said in self.opinions[:, self.looked_at]:
            found = np.where((said >= 0) & (said != answers), said, found)
        chosen: IntArray = found.astype(np.int64)
        return chosen

    def _macro_f1(self, answers: IntArray, truth: IntArray, predicted: FloatArray) -> MacroF1:
        undecided = truth < 0
        counts = self._counts(answers, truth)
        if undecided.any():
            for columns in (counts.support, counts.correct):
                for topic in range(self.topics):
                    columns[:, topic] = filled(self.design, columns[:, topic], undecided)
        mine = np.zeros_like(counts.support)
        said = answers[self.members]
        np.add.at(mine, (self.unit[said >= 0], said[said >= 0]), 1.0)
        return macro_f1_of(self.design, counts, mine, predicted, self._opinion_counts(answers))

    def _counts(self, answers: IntArray, truth: IntArray) -> TopicCounts:
        support, correct = np.zeros((len(truth), self.topics)), np.zeros((len(truth), self.topics))
        units = np.flatnonzero(truth >= 0)
        support[units, truth[units]] = self.design.sizes[units]
        correct[units, truth[units]] = self._sums(answers[self.members] == truth[self.unit])[units]
        return TopicCounts(support, correct)

    def _opinion_counts(self, answers: IntArray) -> OpinionCounts | None:
        """The same by what annotators say, each counting for his share."""
        if not len(self.opinions):
            return None
        share = 1 / len(self.opinions)
        mine = TopicCounts(*(np.zeros((len(self.truth), self.topics)) for _ in range(2)))
        everything = TopicCounts(np.zeros(self.topics), np.zeros(self.topics))
        for said in self.opinions:
            for which, of_groups, total in (
                (said >= 0, mine.support, everything.support),
                ((said >= 0) & (said == answers), mine.correct, everything.correct),
            ):
                np.add.at(total, said[which], share)
                inside = which[self.members]
                np.add.at(of_groups, (self.unit[inside], said[self.members][inside]), share)
        return OpinionCounts(mine, everything)

    def _sums(self, values: NDArray[np.generic]) -> FloatArray:
        """Sums over the rows of each audited group, from values of ``members``."""
        found: FloatArray = np.bincount(self.unit, values.astype(float), minlength=len(self.truth)).astype(float)
        return found

    def _compared(self, judge: Callable[[IntArray], NDArray[np.generic]]) -> FloatArray:
        return self._sums(judge(self.truth[self.unit]))

    def _of(self, topic: int) -> FloatArray:
        return np.where(self.truth == topic, self.design.sizes, 0.0)

    def _said_by(self, answers: IntArray) -> FloatArray:
        """The share of annotators who say of each row what ``answers`` do."""
        found: FloatArray = ((self.opinions == answers[None, :]) & (answers >= 0)[None, :]).mean(axis=0)
        return found

    def _proxy(self, values: FloatArray) -> Proxy:
        return Proxy(self._sums(values[self.members]), float(values.sum()))

    def _bounds(self, values: FloatArray, worst: FloatArray, best: FloatArray) -> Bounds:
        """``values`` where the person told the topic; elsewhere the mean of their like, ``worst`` and ``best``."""
        if not self.undecided.any():
            return Bounds(values, values, values)
        middle = filled(self.design, np.where(self.undecided, 0.0, values), self.undecided)
        return Bounds(middle, np.where(self.undecided, worst, values), np.where(self.undecided, best, values))
