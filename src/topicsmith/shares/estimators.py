"""Estimators of topic shares from a classifier's answers: counted, adjusted by the confusion, and by EM."""

import numpy as np

from topicsmith.statistics.intervals import FloatArray

_TOLERANCE = 1e-7
_STEPS = 1000
_HEAVY = 1e4  # the weight of "the shares add up to one" beside the other equations


def classify_and_count(counts: FloatArray) -> FloatArray:
    """The share of each output among all rows, the shares of no answer included.

    >>> classify_and_count(np.array([6.0, 3.0, 1.0]))
    array([0.6, 0.3, 0.1])
    """
    shares: FloatArray = counts / counts.sum()
    return shares


def likelihood(confusion: FloatArray) -> FloatArray:
    """How probable each output is for each true topic: ``confusion``, of shape (..., topics, outputs), by row.

    A topic without rows has zeros.
    """
    total = confusion.sum(axis=-1, keepdims=True)
    found: FloatArray = np.divide(confusion, total, out=np.zeros_like(confusion, dtype=float), where=total > 0)
    return found


def adjusted(counts: FloatArray, probable: FloatArray) -> FloatArray:
    """The shares that, seen through the confusion, come closest to the counts: least squares, none below 0, sum 1.

    Args:
        counts: rows of each output, of shape (outputs,).
        probable: the :func:`likelihood`, of shape (topics, outputs).

    Source: the adjusted count of Forman 2008, "Quantifying counts and costs via classification", for many topics as in
    Lipton, Wang, Smola 2018, "Detecting and correcting for label shift with black box predictors".
    """
    from scipy.optimize import nnls

    equations = np.vstack([probable.T, np.full((1, len(probable)), _HEAVY)])
    found = nnls(equations, np.append(classify_and_count(counts), _HEAVY))[0]
    shares: FloatArray = found / found.sum()
    return shares


def em(
    counts: FloatArray,
    probable: FloatArray,
    known: FloatArray | None = None,
    start: FloatArray | None = None,
    tolerance: float = _TOLERANCE,
) -> FloatArray:
    """The most likely shares, by expectation maximisation; many data sets at once.

    With outputs that are single rows, ``counts`` of 1 and ``probable`` the classifier's probabilities divided by the
    shares it was trained on, it is the method as published; here the outputs are the topics answered, and how probable
    each is comes from judged rows, so that nothing rests on the classifier's own probabilities.

    Args:
        counts: rows of each output whose truth is unknown, of shape (sets, outputs).
        probable: the :func:`likelihood` of each output by topic, of shape (sets, topics, outputs).
        known: rows known to be of each topic, of shape (sets, topics); they enter as they are.
        start: shares to begin with, of shape (topics,) and none of them 0; by default all alike.
        tolerance: the last step moves no share by more.

    Returns:
        Shares of shape (sets, topics). Rows with an output that is impossible for every topic are left out.

    Source: M. Saerens, P. Latinne, C. Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori
    probabilities", Neural Computation 14.
    """
    told = np.zeros(probable.shape[:2]) if known is None else known
    first = np.full(probable.shape[1], 1 / probable.shape[1]) if start is None else start
    shares = np.broadcast_to(first, probable.shape[:2])
    for _ in range(_STEPS):
        seen = np.matmul(shares[:, None, :], probable)[:, 0]
        ratio = np.divide(counts, seen, out=np.zeros_like(seen), where=seen > 0)
        found = shares * np.matmul(probable, ratio[:, :, None])[:, :, 0] + told
        total = found.sum(axis=1, keepdims=True)
        found = np.divide(found, total, out=shares.copy(), where=total > 0)
        moved = float(np.abs(found - shares).max())
        shares = found
        if moved < tolerance:
            break
    return shares
