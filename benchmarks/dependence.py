"""What scores of annotators who err together are worth, before and after an audit of 300 rows.

    python benchmarks/dependence.py [--sets 200] [--out benchmarks/results/dependence.json]

Two annotators and a third opinion (the text classifier's part in ``weighted`` labels) err on the same rows: each errs
where a normal variable is high, and these correlate by ``shared`` (0 to .8). With the same chance ``shared``, a wrong
answer is the row's own wrong answer, alike for all. Each topic has a usual wrong answer besides (30 % of wrong
answers). Topics are unequally common. A person answers 300 rows, drawn as ``topicsmith audit`` draws them from agreed
and disputed rows; scores are calibrated on these. The error of scores and probabilities is measured on all rows
against the truth, debiased (Kumar, Liang and Ma 2019).
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.stats import norm

from benchmarks._calibration_error import calibration_error
from topicsmith.audit.sample import allocate
from topicsmith.labels.dawid_skene import dawid_skene
from topicsmith.statistics.intervals import FloatArray, IntArray
from topicsmith.statistics.score_calibration import calibrate

SHARED, AUDITED = (0.0, 0.2, 0.4, 0.6, 0.8), 300
CASES = ((8, 1000, (0.85, 0.75, 0.7)), (8, 3000, (0.85, 0.75, 0.7)), (59, 2000, (0.7, 0.62, 0.6)))


def simulated(
    topics: int, rows: int, accuracies: Sequence[float], shared: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """True topics of shape (rows,) and answers of shape (rows, annotators)."""
    common = rng.dirichlet(np.full(topics, 3.0))
    truth = rng.choice(topics, rows, p=common)
    usual = (np.arange(topics) + rng.integers(1, topics, topics)) % topics
    hardness = rng.standard_normal(rows)

    def wrong() -> IntArray:
        other = (truth + rng.integers(1, topics, rows)) % topics
        return np.where(rng.random(rows) < 0.3, usual[truth], other)

    lure = wrong()
    answers = []
    for accuracy in accuracies:
        slip = np.sqrt(shared) * hardness + np.sqrt(1 - shared) * rng.standard_normal(rows)
        own = np.where(rng.random(rows) < shared, lure, wrong())
        answers.append(np.where(slip > norm.ppf(accuracy), own, truth))
    return truth, np.column_stack(answers)


@dataclass(frozen=True)
class DependenceResult:
    """Means over the data sets; ``claimed_99`` is the share of rows with a score of .99, the highest there is."""

    topics: int
    rows: int
    shared: float
    sets: int
    right: float
    claimed: float
    claimed_99: float
    agreed_claimed: float
    agreed_right: float
    score_error: float
    calibrated_error: float
    calibrated_error_se: float
    calibrated_error_plain: float
    mean_error: float


def one(topics: int, rows: int, accuracies: Sequence[float], shared: float, seed: int) -> FloatArray:
    """The figures of one data set, in the order of :class:`DependenceResult` from ``right`` on."""
    rng = np.random.default_rng(seed)
    truth, answers = simulated(topics, rows, accuracies, shared, rng)
    scores = dawid_skene(answers, topics).probabilities
    alike = answers[:, 0] == answers[:, 1]
    label = np.where(alike, answers[:, 0], scores.argmax(axis=1))
    score, right = scores[np.arange(rows), label], (label == truth).astype(float)
    strata = {"agreed": np.flatnonzero(alike), "disagreed": np.flatnonzero(~alike)}
    sizes = {name: len(found) for name, found in strata.items() if len(found)}
    taken = allocate(sizes, min(AUDITED, rows), 30)  # type: ignore[arg-type]  # names of origins
    drawn = {name: rng.choice(strata[name], count, replace=False) for name, count in taken.items()}
    chosen = np.concatenate(list(drawn.values()))
    weights = np.concatenate([np.full(len(found), sizes[name] / len(found)) for name, found in drawn.items()])
    fitted = calibrate(score[chosen], alike[chosen], right[chosen], weights)
    confidence = fitted.probability(score, alike)
    before, after = calibration_error(score, right), calibration_error(confidence, right)
    return np.array([right.mean(), score.mean(), (score >= 0.99).mean(), score[alike].mean(), right[alike].mean(),
                     before.debiased, after.debiased, after.plain,
                     abs(float(confidence.mean()) - right.mean())])  # fmt: skip


def measure(topics: int, rows: int, accuracies: Sequence[float], shared: float, sets: int) -> DependenceResult:
    """One case over ``sets`` data sets."""
    found = np.array([one(topics, rows, accuracies, shared, 1000 * topics + seed) for seed in range(sets)])
    mean = [float(value) for value in found.mean(axis=0)]
    error = float(found[:, 6].std(ddof=1) / np.sqrt(sets))
    return DependenceResult(topics, rows, shared, sets, *mean[:7], error, *mean[7:])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every case and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "dependence.json")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    results = []
    for (topics, rows, accuracies), sets in [
        *((case, options.sets) for case in CASES),
        ((59, 13000, CASES[2][2]), 4 if options.sets > 20 else 2),
    ]:
        for shared in SHARED:
            results.append(measure(topics, rows, accuracies, shared, sets))
            shown = {k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(results[-1]).items()}
            print(f"{time.perf_counter() - started:.0f} s", shown, flush=True)
    document = {"audited": AUDITED, "cases": [asdict(result) for result in results]}
    options.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
