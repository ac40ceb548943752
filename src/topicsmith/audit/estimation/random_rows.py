"""Audits of rows that were drawn at random within strata and have no near-copies: accuracy on all rows in one call.

A run's own audits know how each row was drawn (:mod:`topicsmith.audit.run`); this is for data outside of one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.audit.estimation.design import FEWEST, AuditDesign, DrawSample, StratumSample
from topicsmith.audit.estimation.estimate import Bounds, Proxy, share_of_rows
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval, wilson


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


def random_rows(strata: Sequence[str], audited: Sequence[int]) -> AuditDesign:
    """The design of rows ``audited`` out of rows in ``strata``, drawn at random in each.

    Raises:
        RunStateError: when fewer than two rows were audited.
    """
    names, code = np.unique(np.asarray(strata, dtype=str), return_inverse=True)
    place: IntArray = np.asarray(audited, dtype=np.int64)
    found = []
    for index in range(len(names)):
        inside = np.flatnonzero(code[place] == index)
        rows = int((code == index).sum())
        found.append(StratumSample(inside, np.full(len(inside), len(inside) / rows), float(rows)))
    return AuditDesign((DrawSample(tuple(found), np.zeros(0, dtype=np.int64)),), np.ones(len(place)), float(len(code)))


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
        prediction_powered=stratified(strata or unanimous, audited, shares),
    )


def stratified(
    strata: Sequence[str],
    audited: Mapping[int, bool],
    proxy: Sequence[float] | FloatArray | None = None,
    level: float = 0.95,
) -> Interval:
    """The share of rows that is right, each stratum's audited rows standing for all of it.

    Args:
        strata: the stratum of every row.
        audited: by row number, whether it was right; drawn at random within each stratum.
        proxy: a guess for every row whether it is right, from 0 to 1, used as far as it helps: prediction-powered.
        level: of the interval.

    Raises:
        RunStateError: when fewer than two rows were audited.
    """
    rows = sorted(audited)
    design = random_rows(strata, rows)
    right = np.array([audited[row] for row in rows], dtype=float)
    guess = None if proxy is None else np.asarray(proxy, dtype=float)
    helped = None if guess is None else Proxy(guess[rows], float(guess.sum()))
    method = "stratified audit" if guess is None else "prediction-powered audit"
    return share_of_rows(design, Bounds(right, right, right), helped, level, method).like_these
