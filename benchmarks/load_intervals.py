"""Do the intervals of a load test's percentiles hold the true percentile? Servers with known answers, by simulation.

    python benchmarks/load_intervals.py [--runs 1000] [--out benchmarks/results/load_intervals.json]

Three servers: one that takes 20 ms a text (or 2 ms) and is offered texts at random at 70 % of what it can do, from
empty on; one whose answers are unrelated; one that falls into another mood every two seconds. ``printed`` is the share
of runs that give an interval, ``held`` the share of those that hold the true percentile, ``misled`` the share of all
runs with an interval that does not.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import norm

from topicsmith.loadtest.percentiles import percentile_range
from topicsmith.statistics.intervals import FloatArray

PERCENTS = (50, 95, 99)
ANSWERS = (30, 100, 300, 1000, 3000)
LOAD = 0.7
LONG = 8_000_000
MOOD_SECONDS, MOOD_RATE, MOOD_SPREAD, OWN_SPREAD = 2.0, 100, 0.4, 0.4
Server = Callable[[np.random.Generator], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True)
class CoverageOfPercentile:
    """What the intervals of one percentile of one server did over ``runs``; the true percentile is in ms."""

    server: str
    percent: int
    true_ms: float
    answers: float
    runs: int
    printed: float
    held: float | None
    misled: float


def queue(service: float, seconds: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Times and moments of a server with one lane and constant ``service``, empty at the start.

    A text leaves ``service`` after it came or after the one before left: unrolled, a running maximum (Lindley).
    """
    due = np.cumsum(rng.exponential(service / LOAD, int(1.4 * seconds * LOAD / service) + 60))
    due = due[due < seconds]
    index = np.arange(len(due))
    left = np.maximum.accumulate(due - index * service) + (index + 1) * service
    return left - due, left


def unrelated(n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """``n`` answers that know nothing of each other."""
    return np.exp(0.6 * rng.standard_normal(n) - 4), np.arange(n, dtype=float)


def moody(seconds: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """100 texts a second, whose times all go up or down together with a mood that is drawn every two seconds."""
    at = np.sort(rng.random(rng.poisson(MOOD_RATE * seconds))) * seconds
    moods = MOOD_SPREAD * rng.standard_normal(int(seconds / MOOD_SECONDS) + 2)
    mood = moods[((at + MOOD_SECONDS * rng.random()) // MOOD_SECONDS).astype(int)]
    return np.exp(mood + OWN_SPREAD * rng.standard_normal(len(at)) - 4), at


def coverage(
    server: str, answer: Server, truth: Callable[[float], float], runs: int, seed: int
) -> list[CoverageOfPercentile]:
    """How the intervals of each percentile do over ``runs`` load tests of one server."""
    rng = np.random.default_rng(seed)
    drawn = [answer(rng) for _ in range(runs)]
    answers = float(np.mean([len(times) for times, _ in drawn]))
    rows = []
    for percent in PERCENTS:
        true = 1000 * truth(percent / 100)
        found = [percentile_range(times.tolist(), moments.tolist(), percent) for times, moments in drawn]
        held = [r.low <= true <= r.high for r in found if r.low is not None and r.high is not None]
        share = len(held) / runs
        rows.append(
            CoverageOfPercentile(
                server, percent, true, answers, runs, share, float(np.mean(held)) if held else None,
                (len(held) - sum(held)) / runs,
            )
        )  # fmt: skip
    return rows


def simulate(runs: int) -> list[CoverageOfPercentile]:
    """Every server; the queue's true percentiles come from one run of eight million texts."""
    long, _ = queue(0.02, LONG * 0.02 / LOAD, np.random.default_rng(99))

    def of_queue(service: float, share: float) -> float:
        return float(np.quantile(long, share)) * service / 0.02

    def normal(spread: float, share: float) -> float:
        return float(np.exp(spread * norm.ppf(share) - 4))

    both = float(np.hypot(MOOD_SPREAD, OWN_SPREAD))
    servers: list[tuple[str, Server, Callable[[float], float]]] = [
        *(
            (f"unrelated, {n:,} answers", partial(unrelated, n), partial(normal, 0.6))
            for n in (30, 100, 300, 1000, 3000)
        ),
        *((f"queue of 20 ms, {s} s", partial(queue, 0.02, s), partial(of_queue, 0.02)) for s in (5, 20, 60)),
        *((f"queue of 2 ms, {s} s", partial(queue, 0.002, s), partial(of_queue, 0.002)) for s in (5, 20, 60)),
        *((f"moods of 2 s, {s} s", partial(moody, s), partial(normal, both)) for s in (5, 20, 60, 300)),
    ]
    return [
        row
        for seed, (name, answer, truth) in enumerate(servers)
        for row in coverage(name, answer, truth, runs, 500 + seed)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every server and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "load_intervals.json")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    rows = simulate(options.runs)
    options.out.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")
    for row in rows:
        held = "-" if row.held is None else f"{row.held:.3f}"
        print(f"{row.server:<26} p{row.percent}  printed {row.printed:.3f}  held {held:<6} misled {row.misled:.3f}")
    print(f"{time.perf_counter() - started:.0f} s, written to {options.out}")


if __name__ == "__main__":
    main()
