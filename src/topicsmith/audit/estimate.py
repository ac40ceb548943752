"""Accuracy on all rows when a person has looked at only some of them.

Where truth is not given, the rows on which annotators agreed are the easy ones, and accuracy on them flatters. A
random sample that a person judged, drawn from agreed and disagreed rows alike, gives the honest figure:

* ``stratified``: the audited rows of each stratum stand for the rest of it;
* ``prediction_powered``: the annotators' opinions of every row stand in for the truth, and the audited rows correct
  them; narrower where opinions say much about the truth, never built on trusting them.

Intervals are for rows like these, not only for these rows: they include the chance of which rows came in.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.errors import RunStateError
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval, wilson

FEWEST = 2


@dataclass(frozen=True)
class AuditedAccuracy:
    """One candidate: the flattering figure beside the honest ones.

    ``agreed_only`` is accuracy against agreed labels on agreed rows; the other two estimate accuracy against the truth
    on all ``n`` rows from ``audited`` of them.
    """

    n: int
    audited: int
    agreed_only: Interval | None
    stratified: Interval
    prediction_powered: Interval


def stratum(opinions: Sequence[str | None]) -> str:
    """Which stratum a row is in, from its annotators' topics: all the same, or not.

    >>> stratum(["a", "a"]), stratum(["a", "b"]), stratum(["a", None])
    ('agreed', 'disagreed', 'disagreed')
    """
    return "agreed" if opinions and opinions[0] is not None and len(set(opinions)) == 1 else "disagreed"


def plan_audit(strata: Sequence[str], size: int, seed: int = 13) -> list[int]:
    """Which rows a person should look at: a random sample with each stratum in proportion, at least two of each."""
    rng = np.random.default_rng(seed)
    shares = Counter(strata)
    names = np.asarray(strata, dtype=str)
    chosen: list[int] = []
    for name, count in sorted(shares.items()):
        wanted = min(count, max(FEWEST, round(size * count / len(strata))))
        chosen.extend(int(i) for i in rng.choice(np.flatnonzero(names == name), wanted, replace=False))
    return sorted(chosen)


def audited_accuracy(
    answers: Sequence[str | None],
    opinions: Sequence[Sequence[str | None]],
    audits: Mapping[int, str],
    strata: Sequence[str] | None = None,
) -> AuditedAccuracy:
    """Judge one candidate on all rows from the few that a person looked at.

    Args:
        answers: the candidate's topic for each row, ``None`` where it failed.
        opinions: each annotator's topic for each row; evidence, and the agreed label where all are the same.
        audits: by row number, the true topic as the person saw it.
        strata: the stratum each row was drawn from for the audit; by default whether its annotators agree.

    Raises:
        RunStateError: when fewer than two rows were audited.
    """
    unanimous = [stratum(each) for each in opinions]
    audited = {row: answers[row] == topic for row, topic in audits.items()}
    shares = [float(np.mean([topic == answer and answer is not None for topic in each])) if each else 0.0
              for answer, each in zip(answers, opinions, strict=True)]  # fmt: skip
    agreed = [opinion[0] == answer for opinion, answer, where in zip(opinions, answers, unanimous, strict=True)
              if where == "agreed"]  # fmt: skip
    return AuditedAccuracy(
        n=len(answers),
        audited=len(audited),
        agreed_only=wilson(sum(agreed), len(agreed)) if agreed else None,
        stratified=stratified(strata or unanimous, audited),
        prediction_powered=prediction_powered(strata or unanimous, shares, audited),
    )


def stratified(strata: Sequence[str], audited: Mapping[int, bool], level: float = 0.95) -> Interval:
    """The share of rows that is right, each stratum's audited rows standing for all of it.

    Args:
        strata: the stratum of every row.
        audited: by row number, whether it was right; drawn at random within each stratum.
        level: of the interval.

    Source: Cochran 1977, "Sampling techniques", section 5.3; the interval is Wilson's at the sample size that has the
    same variance (Korn and Graubard 1998, "Confidence intervals for proportions with small expected number").

    Raises:
        RunStateError: when fewer than two rows were audited.
    """
    return prediction_powered(strata, [0.0] * len(strata), audited, level, "stratified audit")


def prediction_powered(
    strata: Sequence[str],
    proxy: Sequence[float] | FloatArray,
    audited: Mapping[int, bool],
    level: float = 0.95,
    method: str = "prediction-powered audit",
) -> Interval:
    """The share of rows that is right: a proxy for every row, corrected by the audited ones.

    ``proxy`` guesses for every row whether it is right, from 0 to 1. It is used as far as it helps: its weight is the
    one that makes the variance smallest, and the correction keeps the estimate unbiased whatever the proxy is worth.

    Source: Angelopoulos, Duchi, Zrnic 2023, "PPI++: efficient prediction-powered inference", section 6 (power tuning);
    within strata as Fisch et al. 2024, "Stratified prediction-powered inference".

    Raises:
        RunStateError: when fewer than two rows were audited.
    """
    code, audited_rows, right = _strata(strata, audited)
    guess = np.asarray(proxy, dtype=float)
    rows = np.bincount(code).astype(float)
    seen = np.bincount(code[audited_rows], minlength=len(rows)).astype(float)
    factor = (rows / rows.sum()) ** 2 * (1 - seen / rows) / seen
    weight = _power(code[audited_rows], right, guess[audited_rows], factor)
    rest = right - weight * guess[audited_rows]
    value, variance = 0.0, 0.0
    for index in range(len(rows)):
        inside = code[audited_rows] == index
        share = rows[index] / rows.sum()
        value += share * (weight * guess[code == index].mean() + rest[inside].mean())
        variance += factor[index] * _spread(rest[inside])
    value = min(1.0, max(0.0, value))
    variance += value * (1 - value) / rows.sum()
    effective = value * (1 - value) / variance if 0 < value < 1 else float(seen.sum())
    found = wilson(value * effective, effective, level)
    return Interval(value, found.low, found.high, len(strata), level, method)


def _strata(
    strata: Sequence[str], audited: Mapping[int, bool]
) -> tuple[IntArray, IntArray, FloatArray]:  # fmt: skip
    """Strata as numbers, those with fewer than two audited rows joined; the audited rows; whether they were right."""
    if len(audited) < FEWEST:
        raise RunStateError(f"{len(audited)} rows were audited; audit at least {FEWEST}, better 300")
    seen = Counter(strata[row] for row in audited)
    names = ["" if seen[name] < FEWEST else f"={name}" for name in strata]
    few = sum(name == "" for name in names)
    if few and sum(seen[name] for name in seen if seen[name] < FEWEST) < FEWEST:
        largest = max(seen, key=lambda name: seen[name])  # strata too thin to stand alone join the best known one
        names = [f"={largest}" if name == "" else name for name in names]
    _, code = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    rows = np.array(sorted(audited), dtype=np.int64)
    return code.astype(np.int64), rows, np.array([audited[int(row)] for row in rows], dtype=float)


def _power(code: IntArray, right: FloatArray, guess: FloatArray, factor: FloatArray) -> float:
    """How much of the proxy to use: the regression of what is right on the proxy, within strata, from 0 to 1."""
    joint, alone = 0.0, 0.0
    for index in range(len(factor)):
        inside = code == index
        centred = guess[inside] - guess[inside].mean()
        joint += factor[index] * float((centred * right[inside]).sum()) / max(1, int(inside.sum()) - 1)
        alone += factor[index] * float((centred**2).sum()) / max(1, int(inside.sum()) - 1)
    return min(1.0, max(0.0, joint / alone)) if alone > 0 else 0.0


def _spread(values: NDArray[np.float64]) -> float:
    """The variance within a stratum; one imagined row at the far end keeps a handful of equal rows from meaning 0."""
    if np.ptp(values) > 0:
        return float(values.var(ddof=1))
    n = len(values)
    return n / (n + 1) ** 2
