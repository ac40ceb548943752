"""How reliable each annotator is, from nothing but what they say of the same queries (after Dawid and Skene).

Plain Dawid and Skene takes annotators to err independently and fits every cell of a confusion matrix alone, and with
tens of topics it talks itself into certainty. Two things here keep it modest: what an annotator does with one topic is
pulled towards what it does with all, and towards what the others do; and the scores that come of it know that rows
differ in difficulty, so that annotators err on the same rows and often with the same answer.
"""

from dataclasses import dataclass

import numpy as np

from topicsmith.statistics.intervals import FloatArray
from topicsmith.statistics.kappa import Ratings

DIFFICULTY = 1.5
"""Standard deviation of a row's difficulty, in logits of being right; all annotators share it.

Answers alone cannot tell errors that annotators share from right answers, so this and :data:`LURE` are assumptions.
Three language models on BANKING77 share more: their errors correlate at .63 to .66.
"""
LURE = 0.5
"""How often a wrong answer is the row's own wrong answer, the same for all annotators.

Where two of three language models on BANKING77 are both wrong, they say the same in .53 to .58 of cases.
"""
HIGHEST = 0.99
"""No score is higher: that errors are shared cannot be ruled out by answers alone."""
_FOR_ORDER, _FOR_SCORES = (2.0, 20.0, 20.0), (100.0, 200.0, 200.0)
"""Imagined answers a topic: an annotator's usual accuracy, the wrong answers of all annotators, those of all topics.

Few let topics differ, and rank the topics of a row best. But what the fit makes of few rows it then believes of these
same rows, so that scores need many: with 59 topics of 34 rows each they are off by .01 instead of .06.
"""
_NODES, _SHARES = np.polynomial.hermite_e.hermegauss(5)
_TINY = 1e-12


@dataclass(frozen=True)
class AnnotatorReliability:
    """What expectation-maximisation came to.

    ``probabilities`` has shape (rows, topics) and sums to 1: how far the answers speak for each topic. They are
    scores of the annotators' agreement: how often a topic with a score is right, only a person's audit tells.
    ``accuracies`` is each annotator's share of right answers if errors are independent, too high where they share
    errors; ``confusion`` has shape (annotators, true topic, answer).
    """

    probabilities: FloatArray
    accuracies: tuple[float, ...]
    confusion: FloatArray
    steps: int


@dataclass(frozen=True)
class _Parameters:
    """What the answers say of topics and annotators.

    ``prevalence`` (topics), ``right`` (annotators, topics) how probable a right answer is, ``wrong`` (annotators,
    topics, answers) which answer a wrong one is, ``pooled`` (topics, answers) the same of all annotators.
    """

    prevalence: FloatArray
    right: FloatArray
    wrong: FloatArray
    pooled: FloatArray

    @property
    def confusion(self) -> FloatArray:
        """How each annotator answers for each true topic, rows summing to 1."""
        inside = np.arange(len(self.prevalence))
        found = self.wrong * (1 - self.right)[:, :, None]
        found[:, inside, inside] = self.right
        return np.asarray(found, dtype=np.float64)


def dawid_skene(ratings: Ratings, topics: int, steps: int = 100, tolerance: float = 1e-4) -> AnnotatorReliability:
    """Interval topics and annotators' confusion matrices together.

    Starts at the shares of votes, and fits as if errors were independent, with hierarchical priors: a topic's share
    of right answers is pulled towards the annotator's over all topics, its wrong answers towards those of all
    annotators, and these towards those of all topics. The order of topics is that of this fit. The score of the first
    topic of a row is what is left of its probability where errors are shared (:data:`DIFFICULTY`, :data:`LURE`) while
    each annotator keeps its share of right answers; the row's other probabilities are flattened by the same power.

    Args:
        ratings: The topic's number or -1, of shape (rows, annotators).
        topics: How many topics there are.
        steps: At most so many rounds.
        tolerance: Stop when probability moves less than this between the topics of a row, on average.

    Sources: A. P. Dawid and A. M. Skene 1979, Applied Statistics 28, 20-28; hierarchical priors as S. Paun and others
    2018, TACL 6, 571-585; shared difficulty as Y. Qu, M. Tan and M. H. Kutner 1996, Biometrics 52, 797-810.
    """
    rows, back, counts = np.unique(ratings, axis=0, return_inverse=True, return_counts=True)
    weights = counts.astype(np.float64)
    given = [np.asarray(column[:, None] == np.arange(topics), dtype=np.float64) for column in rows.T]
    votes = sum(given, np.zeros((len(rows), topics)))
    probabilities = (votes + 1e-9) / (votes + 1e-9).sum(axis=1, keepdims=True)
    model, done = _maximise(probabilities * weights[:, None], given, _FOR_ORDER), 0
    for _ in range(steps):
        done += 1
        updated = _expect(model, rows)
        moved = float(weights @ np.abs(updated - probabilities).sum(axis=1)) / max(weights.sum(), 1) / 2
        probabilities = updated
        model = _maximise(probabilities * weights[:, None], given, _FOR_ORDER)
        if moved < tolerance:
            break
    accuracies = []
    for answers in given:
        total = float(weights @ answers.sum(axis=1))
        hits = float(weights @ (answers * probabilities).sum(axis=1))
        accuracies.append(hits / total if total else float("nan"))
    modest = _maximise(probabilities * weights[:, None], given, _FOR_SCORES)
    scores = _flattened(probabilities, _with_shared_errors(modest, rows))
    return AnnotatorReliability(scores[back.reshape(-1)], tuple(accuracies), model.confusion, done)


def _maximise(expected: FloatArray, given: list[FloatArray], imagined: tuple[float, float, float]) -> _Parameters:
    """The parameters that fit topics so probable; ``expected`` has shape (rows, topics), each row as often as it is."""
    to_usual, to_pooled, to_common = imagined
    counts = np.stack([expected.T @ answers for answers in given])
    inside = np.arange(counts.shape[1])
    hits = counts[:, inside, inside]
    counts[:, inside, inside] = 0.0
    answered = hits + counts.sum(axis=2)
    usual = (hits.sum(axis=1) + 1) / (answered.sum(axis=1) + 1.5)
    right = (hits + to_usual * usual[:, None]) / (answered + to_usual)
    common = np.repeat((counts.sum(axis=(0, 1)) + 1)[None], len(inside), axis=0)
    np.fill_diagonal(common, 0.0)
    common /= np.maximum(common.sum(axis=1, keepdims=True), _TINY)
    together = counts.sum(axis=0)
    pooled = (together + to_common * common) / (together.sum(axis=1, keepdims=True) + to_common)
    wrong = (counts + to_pooled * pooled) / (counts.sum(axis=2, keepdims=True) + to_pooled)
    prevalence = expected.sum(axis=0) + 1
    return _Parameters(prevalence / prevalence.sum(), right, wrong, pooled)


def _expect(model: _Parameters, rows: Ratings) -> FloatArray:
    """The topics' probabilities given the answers, if annotators err independently."""
    likelihood = np.repeat(np.log(model.prevalence)[None], len(rows), axis=0)
    for column, matrix in zip(rows.T, np.log(model.confusion + _TINY), strict=True):
        said = column >= 0
        likelihood[said] += matrix[:, column[said]].T
    likelihood -= likelihood.max(axis=1, keepdims=True)
    updated = np.exp(likelihood)
    return np.asarray(updated / updated.sum(axis=1, keepdims=True), dtype=np.float64)


def _with_shared_errors(model: _Parameters, rows: Ratings) -> FloatArray:
    """The topics' scores given the answers, if annotators err on the same rows and often with the same answer."""
    right = np.clip(model.right, 1e-6, 1 - 1e-6)
    # A logistic curve averaged over normal difficulty is flatter by about this factor: the mean stays ``right``.
    ability = np.log(right / (1 - right)) * np.sqrt(1 + DIFFICULTY**2 * np.pi / 8)
    total = np.zeros((len(rows), len(model.prevalence)))
    for node, share in zip(_NODES, _SHARES / _SHARES.sum(), strict=True):
        chance = 1 / (1 + np.exp(-(ability + DIFFICULTY * node)))
        likelihood = np.full(total.shape, share)
        for column, hit in zip(rows.T, chance, strict=True):
            said = np.flatnonzero(column >= 0)
            factor = np.where(column[:, None] >= 0, 1 - hit, 1.0)
            factor[said, column[said]] = hit[column[said]]
            likelihood *= factor
        total += likelihood
    scores = total * _wrong_answers(model, rows) * model.prevalence + _TINY**2
    return np.asarray(scores / scores.sum(axis=1, keepdims=True), dtype=np.float64)


def _flattened(probabilities: FloatArray, shared: FloatArray) -> FloatArray:
    """``probabilities`` to a power per row, so that each row's highest is no more than ``shared`` has for the topic."""
    rows = np.arange(len(probabilities))
    first = probabilities.argmax(axis=1)
    wanted = np.minimum(shared[rows, first], HIGHEST)[:, None]
    logs = np.log(probabilities + _TINY)
    logs -= logs[rows, first][:, None]
    low, high = np.zeros((len(rows), 1)), np.ones((len(rows), 1))
    for _ in range(20):  # a higher power makes the highest higher
        middle = (low + high) / 2
        over = 1 / np.exp(middle * logs).sum(axis=1, keepdims=True) > wanted
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    found = np.exp(high * logs)
    return np.asarray(found / found.sum(axis=1, keepdims=True), dtype=np.float64)


def _wrong_answers(model: _Parameters, rows: Ratings) -> FloatArray:
    """How probable the wrong ones among the answers are for each true topic, given that they are wrong.

    Each is the row's own wrong answer, which all annotators share, or one that the annotator comes to alone. The sum
    goes over what the shared one may be: each answer that was given, or one that nobody gave.
    """
    topics = np.arange(len(model.prevalence))
    alone = np.empty((rows.shape[1], len(rows), len(topics)))
    for who, column in enumerate(rows.T):
        alone[who] = np.where(column[:, None] < 0, 1.0, model.wrong[who][:, column].T * (1 - LURE))
        alone[who][column[:, None] == topics] = 1.0  # a right answer is no wrong one
    unnamed = np.ones((len(rows), len(topics)))
    total = np.zeros((len(rows), len(topics)))
    for who, lure in enumerate(rows.T):
        seen = (lure < 0) | (rows[:, :who] == lure[:, None]).any(axis=1)
        chance = np.where(seen[:, None], 0.0, model.pooled[:, lure].T)
        unnamed -= chance
        for other, column in enumerate(rows.T):
            shared = (column == lure)[:, None] & (column[:, None] != topics)
            chance = chance * np.where(shared, alone[other] + LURE, alone[other])
        total += chance
    return np.asarray(total + np.maximum(unnamed, 0.0) * alone.prod(axis=0), dtype=np.float64)
