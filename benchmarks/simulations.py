"""Do the statistics keep their promises? Data sets are made up with known truth, and the promises counted.

    python benchmarks/simulations.py [--sets 1000] [--out benchmarks/results/simulations.json]

Every part has a fixed seed. Reduced editions of all of them are in ``tests/evaluation/test_simulations.py``.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from topicsmith.audit.estimation.random_rows import audited_accuracy, plan_audit, stratum
from topicsmith.evaluation.confidence.thresholds import guaranteed_threshold
from topicsmith.evaluation.metrics import counts_by_row, macro_f1
from topicsmith.statistics.intervals import Resamples, bootstrap
from topicsmith.statistics.paired import LEVEL, discordant, holm, mcnemar_exact

TOPICS = 7
Answers = NDArray[np.int64]


@dataclass(frozen=True)
class AgreementResult:
    """Two annotators and a candidate whose mistakes fall on the same hard rows, ``correlation`` strongly.

    Figures in points (hundredths), averaged over data sets: what the agreed-only figure and the two estimates are off
    by; and the share of intervals that hold the true accuracy.
    """

    correlation: float
    sets: int
    true_accuracy: float
    agreed_only_off: float
    stratified_off: float
    stratified_coverage: float
    powered_off: float
    powered_coverage: float
    stratified_width: float
    powered_width: float


def flawed_answers(
    rng: np.random.Generator, truth: Answers, hardness: NDArray[np.float64], wrong: float, correlation: float
) -> Answers:
    """Answers of which a share ``wrong`` is wrong, on rows picked by shared hardness and by chance of their own.

    Mistakes on the same row are the same mistake with probability ``correlation``.
    """
    own = rng.standard_normal(len(truth))
    score = np.sqrt(correlation) * hardness + np.sqrt(1 - correlation) * own
    mistaken = score > norm.ppf(1 - wrong)
    shared = (truth + 1) % TOPICS
    alone = (truth + rng.integers(1, TOPICS, len(truth))) % TOPICS
    return np.where(mistaken, np.where(rng.random(len(truth)) < correlation, shared, alone), truth)


def agreement(correlation: float, sets: int, seed: int, rows: int = 3000, audited: int = 300) -> AgreementResult:
    """How far the agreed-only figure is off, and how far ours are; the candidate errs on 12 % of rows."""
    rng = np.random.default_rng(seed)
    agreed_only, plain, powered = [], [], []
    names = [str(i) for i in range(TOPICS)]
    for _ in range(sets):
        truth, hardness = rng.integers(0, TOPICS, rows), rng.standard_normal(rows)
        first, second, candidate = (flawed_answers(rng, truth, hardness, w, correlation) for w in (0.13, 0.15, 0.12))
        answers = [names[i] for i in candidate]
        opinions = [(names[i], names[j]) for i, j in zip(first, second, strict=True)]
        chosen = plan_audit([stratum(each) for each in opinions], audited, int(rng.integers(2**31)))
        found = audited_accuracy(answers, opinions, {row: names[truth[row]] for row in chosen})
        assert found.agreed_only is not None
        agreed_only.append(found.agreed_only.value)
        plain.append(found.stratified)
        powered.append(found.prediction_powered)
    truly = 0.88
    return AgreementResult(
        correlation=correlation,
        sets=sets,
        true_accuracy=truly,
        agreed_only_off=100 * (float(np.mean(agreed_only)) - truly),
        stratified_off=100 * (float(np.mean([i.value for i in plain])) - truly),
        stratified_coverage=float(np.mean([i.low <= truly <= i.high for i in plain])),
        powered_off=100 * (float(np.mean([i.value for i in powered])) - truly),
        powered_coverage=float(np.mean([i.low <= truly <= i.high for i in powered])),
        stratified_width=100 * float(np.mean([i.high - i.low for i in plain])),
        powered_width=100 * float(np.mean([i.high - i.low for i in powered])),
    )


@dataclass(frozen=True)
class WinnerResult:
    """Equal candidates: how often one alone is declared the winner, and how often any is called worse than the best."""

    candidates: int
    rows: int
    shared: float
    sets: int
    single_winner: float
    any_told_apart: float


def equal_candidates(candidates: int, rows: int, shared: float, sets: int, seed: int) -> WinnerResult:
    """Candidates of equal accuracy (88 %), whose mistakes fall on the same rows with correlation ``shared``.

    The decision is that of ``evaluation.compare``: McNemar's exact test of every pair, corrected by Holm.
    """
    rng = np.random.default_rng(seed)
    alone = apart = 0
    pairs = list(combinations(range(candidates), 2))
    for _ in range(sets):
        hardness = rng.standard_normal(rows)
        own = rng.standard_normal((candidates, rows))
        right = np.sqrt(shared) * hardness + np.sqrt(1 - shared) * own < norm.ppf(0.88)
        order = np.argsort(-right.sum(axis=1), kind="stable")
        right = right[order]
        adjusted = holm([mcnemar_exact(*discordant(right[i], right[j])) for i, j in pairs])
        tied = [p > LEVEL for p, (first, _) in zip(adjusted, pairs, strict=True) if first == 0]
        alone += not any(tied)
        apart += not all(tied)
    return WinnerResult(candidates, rows, shared, sets, alone / sets, apart / sets)


@dataclass(frozen=True)
class ThresholdResult:
    """How often the promise of a threshold held, how often one was found, and what share it accepted."""

    case: str
    rows: int
    wished_error: float
    sets: int
    holds: float
    found: float
    coverage: float


def threshold_promise(case: str, rows: int, wished: float, sets: int, seed: int) -> ThresholdResult:
    """Confidences of three shapes; the promise holds when the true error above the threshold is within the wish."""
    rng = np.random.default_rng(seed)
    pool_confidence = np.random.default_rng(99).beta(5, 0.5, 2_000_000)
    pool_risk = _true_risk(case, pool_confidence)
    order = np.argsort(-pool_confidence)
    sorted_confidence, mean_risk = pool_confidence[order], np.cumsum(pool_risk[order]) / np.arange(1, len(order) + 1)
    held = found = 0
    coverage = []
    for _ in range(sets):
        sure = rng.beta(5, 0.5, rows)
        right = rng.random(rows) >= _true_risk(case, sure)
        threshold = guaranteed_threshold([float(c) for c in sure], right, wished)
        coverage.append(threshold.coverage)
        if threshold.value is None:
            held += 1
            continue
        found += 1
        accepted = int(np.searchsorted(-sorted_confidence, -threshold.value, side="right"))
        held += mean_risk[accepted - 1] <= wished
    return ThresholdResult(case, rows, wished, sets, held / sets, found / sets, float(np.mean(coverage)))


def _true_risk(case: str, confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance of being wrong at a confidence: as stated, overconfident, or flat just above the wish."""
    if case == "calibrated":
        return (1 - confidence) * 0.8
    if case == "overconfident":
        return np.clip(1.6 * (1 - confidence) + 0.01, 0, 1)
    return np.full_like(confidence, 0.0205)


@dataclass(frozen=True)
class BootstrapResult:
    """How often the clustered bootstrap interval of macro F1 holds the true one."""

    rows: int
    copies: int
    sets: int
    coverage: float


def bootstrap_coverage(rows: int, copies: int, sets: int, seed: int) -> BootstrapResult:
    """Macro F1 of a candidate with known confusion, each row standing ``copies`` times."""
    rng = np.random.default_rng(seed)
    shares = np.array([0.4, 0.2, 0.15, 0.1, 0.1, 0.05])
    confusion = 0.85 * np.eye(6) + 0.15 / 6
    truth_probability = shares[:, None] * confusion
    recall_counts = np.concatenate([shares, truth_probability.sum(axis=0), np.diag(truth_probability)])
    true_f1 = float(macro_f1(recall_counts[None, :] * 1e6)[0])
    held = 0
    for _ in range(sets):
        truth = rng.choice(6, rows, p=shares)
        wrong = rng.random(rows) < 0.15
        said = np.where(wrong, rng.integers(0, 6, rows), truth)
        columns = counts_by_row(np.repeat(truth, copies), np.repeat(said, copies), 6)
        groups = np.repeat(np.arange(rows), copies).astype(str).tolist()
        interval = bootstrap(columns, macro_f1, Resamples(groups, draws=500, seed=int(rng.integers(2**31))))
        held += interval.low <= true_f1 <= interval.high
    return BootstrapResult(rows, copies, sets, held / sets)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every part and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "simulations.json")
    options = parser.parse_args(arguments)
    sets = options.sets
    started = time.perf_counter()
    results = {
        "agreement": [asdict(agreement(c, sets, 100 + i)) for i, c in enumerate((0.0, 0.2, 0.4, 0.6, 0.8))],
        "equal_candidates": [
            asdict(equal_candidates(k, n, r, sets, 200 + i))
            for i, (k, n, r) in enumerate([(2, 1300, 0.5), (4, 1300, 0.0), (4, 1300, 0.5), (10, 1300, 0.5)])
        ],
        "threshold": [
            asdict(threshold_promise(case, n, 0.02, sets, 300 + i))
            for i, (case, n) in enumerate([("calibrated", 1000), ("calibrated", 5000), ("overconfident", 1000),
                                           ("overconfident", 5000), ("just above the wish", 1000)])
        ],
        "macro_f1_bootstrap": [
            asdict(bootstrap_coverage(n, copies, sets, 400 + i)) for i, (n, copies) in enumerate([(500, 1), (500, 3)])
        ],
    }  # fmt: skip
    options.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    for part, rows in results.items():
        print(part)
        for row in rows:
            print("  ", {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()})
    print(f"{time.perf_counter() - started:.0f} s, written to {options.out}")


if __name__ == "__main__":
    main()
