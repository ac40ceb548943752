"""What following the advice costs in accuracy, and whether what it says holds. Candidates are made up, truth is known.

    python -m benchmarks advice_loss [--sets 200] [--out benchmarks/results/advice_loss.json]

Candidates answer the same rows; their true accuracies lie evenly over 10 points, prices and latencies are drawn at
random, and mistakes fall on the same rows with a correlation. The loss is the truly best one's accuracy minus that of
the one advised. A reduced edition is in ``tests/advice/test_selection.py``.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from topicsmith.advice.losses import Loss
from topicsmith.advice.selection import Decision, decide
from topicsmith.evaluation.comparison import interval_of
from topicsmith.evaluation.results import AgreementBias, Evaluation
from topicsmith.project import TargetSettings
from topicsmith.statistics.intervals import Interval, wilson
from topicsmith.statistics.simultaneous import losses_of_shares
from topicsmith.statistics.winner import winner_share

TOP, SPREAD = 0.9, 0.1
Answers = NDArray[np.bool_]


@dataclass(frozen=True)
class AdviceLoss:
    """Candidates over ``spread`` points on ``rows`` rows whose mistakes have ``correlation``; figures in points.

    ``loss`` is the mean of what the advice loses, ``most_accurate_loss`` of always taking who was right most often;
    ``switched`` is how often another one was advised, and ``broken`` how often that one truly lost more than the margin
    (of all sets).
    """

    candidates: int
    rows: int
    correlation: float
    sets: int
    loss: float
    most_accurate_loss: float
    switched: float
    broken: float


@dataclass(frozen=True)
class Coverage:
    """How often intervals hold, for ``candidates`` over ``spread`` points in groups of ``copies`` equal rows.

    ``winner`` is the best one's accuracy corrected for having been chosen, ``plain`` its usual interval,
    ``winner_off`` and ``plain_off`` their mean errors in points; ``losses`` is all losses together, ``best_held`` that
    the truly best one is among those that may be, both over every fourth of the ``sets``.
    """

    candidates: int
    rows: int
    correlation: float
    spread: float
    copies: int
    sets: int
    winner: float
    plain: float
    winner_off: float
    plain_off: float
    losses: float
    best_held: float


def made_up(
    rng: np.random.Generator, accuracies: NDArray[np.float64], rows: int, correlation: float, copies: int = 1
) -> tuple[Answers, NDArray[np.int64]]:
    """Which rows each candidate has right, and the group of each row."""
    groups = np.arange(rows) // copies
    shared = rng.standard_normal(groups[-1] + 1)
    own = rng.standard_normal((len(accuracies), groups[-1] + 1))
    score = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    return (score < norm.ppf(accuracies)[:, None])[:, groups], groups


def advised(right: Answers, groups: NDArray[np.int64], prices: Sequence[float], waits: Sequence[float]) -> Decision:
    """What the advice takes of candidates that are named by their place."""
    rows = right.shape[1]
    accuracies = {str(i): wilson(int(row.sum()), rows) for i, row in enumerate(right)}
    found = [
        replace(_BLANK, candidate=str(i), accuracy=accuracies[str(i)], n=rows, usd_per_1k=prices[i], p95_ms=waits[i])
        for i in range(len(right))
    ]

    def losses(names: Sequence[str]) -> Mapping[str, Loss]:
        of = losses_of_shares(right[[int(name) for name in names]], groups)
        return {name: Loss(interval_of(of, i, rows), bool(of.may_be_best[i])) for i, name in enumerate(names)}

    return decide(found, {e.candidate: () for e in found}, TargetSettings(), accuracies, losses)


def loss_of_advice(candidates: int, rows: int, correlation: float, sets: int, seed: int) -> AdviceLoss:
    """Follow the advice ``sets`` times."""
    rng = np.random.default_rng(seed)
    lost, most, switched, broken = [], [], 0, 0
    margin = TargetSettings().margin
    for _ in range(sets):
        true = rng.permutation(np.linspace(TOP - SPREAD, TOP, candidates))
        right, groups = made_up(rng, true, rows, correlation)
        prices, waits = 10 ** rng.uniform(-4, 0, candidates), 10 ** rng.uniform(0, 3, candidates)
        decision = advised(right, groups, prices.tolist(), waits.tolist())
        lost.append(TOP - true[int(decision.chosen.candidate)])
        most.append(TOP - true[int(decision.best.candidate)])
        switched += decision.chosen is not decision.best
        broken += decision.chosen is not decision.best and bool(lost[-1] > margin + 1e-12)
    return AdviceLoss(
        candidates,
        rows,
        correlation,
        sets,
        100 * float(np.mean(lost)),
        100 * float(np.mean(most)),
        switched / sets,
        broken / sets,
    )


def coverage(
    candidates: int, rows: int, correlation: float, spread: float, copies: int, sets: int, seed: int
) -> Coverage:
    """Make up ``sets`` races and count what holds."""
    rng = np.random.default_rng(seed)
    true = np.linspace(TOP, TOP - spread, candidates)
    held, plain, off, plain_off, losses_held, best_held = 0, 0, 0.0, 0.0, 0, 0
    for place in range(sets):
        right, groups = made_up(rng, true, rows, correlation, copies)
        seen = right.sum(axis=1)
        winner = int(rng.choice(np.flatnonzero(seen == seen.max())))
        found, usual = winner_share(right, groups, winner), wilson(int(seen.max()), rows)
        held += found.low <= true[winner] <= found.high
        plain += usual.low <= true[winner] <= usual.high
        off, plain_off = off + found.value - true[winner], plain_off + usual.value - true[winner]
        if place % 4:
            continue
        losses, lost = losses_of_shares(right, groups), TOP - true
        losses_held += bool(((losses.low <= lost + 1e-12) & (lost <= losses.high + 1e-12)).all())
        best_held += bool(losses.may_be_best[0])
    return Coverage(
        candidates, rows, correlation, spread, copies, sets, held / sets, plain / sets, 100 * off / sets,
        100 * plain_off / sets, losses_held / -(-sets // 4), best_held / -(-sets // 4),
    )  # fmt: skip


_UNKNOWN = Interval(0.0, 0.0, 0.0, 0)
_BLANK = Evaluation(
    candidate="", kind="linear", model=None, prompt=None, split="test", truth="given", n=0, failures=0,
    failures_by_status={}, accuracy=_UNKNOWN, macro_f1=_UNKNOWN, balanced_accuracy=_UNKNOWN, macro_precision=0.0,
    macro_recall=0.0, topics=(), by_topic=(), confusion=(), in_scope_accuracy=None, catch_all_recall=None,
    bias=AgreementBias(None, None, None), p50_ms=None, p95_ms=None, texts_per_s=None, output_tokens_mean=None,
    train_s=None, train_usd=None, usd_per_1k=None,
)  # fmt: skip


def main() -> None:
    """Run every part and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/advice_loss.json"))
    options = parser.parse_args()
    started = time.perf_counter()
    losses = [loss_of_advice(k, n, rho, options.sets, 13) for k, n in ((10, 300), (20, 100)) for rho in (0.0, 0.5, 0.8)]
    held = [
        coverage(k, n, rho, spread, copies, 2 * options.sets, 13)
        for k in (5, 10, 20)
        for n, rho, spread, copies in (
            (300, 0.0, 0.0, 1), (300, 0.5, 0.0, 1), (300, 0.8, 0.0, 1), (300, 0.5, 0.02, 1), (300, 0.5, 0.0, 3),
        )
    ]  # fmt: skip
    document = {
        "seconds": round(time.perf_counter() - started, 1),
        "loss": [asdict(each) for each in losses],
        "coverage": [asdict(each) for each in held],
    }
    options.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for each in (*losses, *held):
        sys.stdout.write(f"{each}\n")


if __name__ == "__main__":
    main()
