"""Do the audit's intervals hold the truth, and how wide are they against simple random rows?

    python -m benchmarks audit_intervals [--sets 1000] [--processes 2] [--out benchmarks/results/audit_intervals.json]

Made-up rows of eight topics, two annotators whose mistakes correlate at .3 and who agree on a set share of rows, and
two classifiers (right on about 80 and 75 %) whose mistakes correlate with theirs. Rows stand alone, in threes, or half
of them in fives; near-copies are answered alike but for 5 %. With ``undecided``, the person cannot tell the hardest
quarter of the rows on which annotators differ. 1,500 rows; a person looks at 100 or 300.

"Like" is the share of intervals for rows like these that hold the figure of the population, "these" the share of
intervals for these rows that hold theirs. "Random" is the width for simple random groups of the same number, without
strata and opinions.
"""

import argparse
import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from topicsmith.audit.allocation import chosen_groups, expected_half_width, inclusion_probabilities, neyman
from topicsmith.audit.estimation.design import AuditDesign, DrawSample, StratumSample
from topicsmith.audit.estimation.estimate import AuditedFigure
from topicsmith.audit.estimation.truth import AuditedTruth
from topicsmith.audit.strata import expected_right, stratum_names, sureness
from topicsmith.statistics.clusters import effective_rows

ROWS, TOPICS, AMONG, ODD = 1500, 8, 0.3, 0.05
SHARES = np.array([0.28, 0.2, 0.15, 0.1, 0.09, 0.07, 0.06, 0.05])
RARE = 5
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """One setting: rows audited, share agreed, correlation of the classifier's mistakes, copies, and '?' answers."""

    audited: int
    agreed: float
    correlation: float
    copies: str
    undecided: bool


@dataclass(frozen=True)
class World:
    """The rows of one set: groups, truth, opinions, answers and confidence, by row; ``hardness`` by group."""

    sizes: Ints
    group: Ints
    truth: Ints
    opinions: Ints
    first: Ints
    second: Ints
    confidence: Floats
    hardness: Floats


def make(rng: np.random.Generator, cell: Cell, wrong: float) -> World:
    """One set of rows; annotators are wrong on a share ``wrong``."""
    alone, fives = np.ones(ROWS, dtype=np.int64), np.full(ROWS // 10, 5)
    copies = {"none": alone, "threes": np.full(ROWS // 3, 3), "fives": np.concatenate([fives, alone[: ROWS // 2]])}
    sizes = copies[cell.copies]
    groups = len(sizes)
    group = np.repeat(np.arange(groups), sizes)
    truth, hardness = rng.choice(TOPICS, groups, p=SHARES), rng.standard_normal(groups)

    def answers(share: float, correlation: float) -> tuple[Ints, Floats]:
        score = sqrt(correlation) * hardness + sqrt(1 - correlation) * rng.standard_normal(groups)
        limit = float(ndtri(1 - share))
        alone = (truth + rng.integers(1, TOPICS, groups)) % TOPICS
        shared = (truth + 1) % TOPICS
        mistake = np.where(rng.random(groups) < correlation, shared, alone)
        said = np.where(score > limit, mistake, truth)[group]
        odd = (rng.random(len(group)) < ODD) & (sizes[group] > 1)
        sure = 1 / (1 + np.exp(2 * (score - limit) + rng.standard_normal(groups)))
        return np.where(odd, rng.integers(0, TOPICS, len(group)), said), sure[group]

    one, _ = answers(wrong, AMONG)
    other, _ = answers(wrong, AMONG)
    first, confidence = answers(0.2, cell.correlation)
    second, _ = answers(0.25, cell.correlation)
    return World(sizes, group, truth[group], np.stack([one, other]), first, second, confidence, hardness)


def wrong_for(agreed: float) -> float:
    """How often annotators must be wrong to agree on a share ``agreed``."""
    low, high = 0.01, 0.9
    for _ in range(12):
        wrong = (low + high) / 2
        rng = np.random.default_rng(1)
        worlds = [make(rng, Cell(100, agreed, 0.0, "none", False), wrong) for _ in range(10)]
        if np.mean([(w.opinions[0] == w.opinions[1]).mean() for w in worlds]) > agreed:
            low = wrong
        else:
            high = wrong
    return (low + high) / 2


def audit(rng: np.random.Generator, world: World, cell: Cell, plain: bool) -> tuple[AuditedTruth, float]:
    """What a person says of a sample, and the half width planned; ``plain`` is simple random groups, without help."""
    first_row = np.concatenate([[0], np.cumsum(world.sizes)[:-1]])
    shared = (world.opinions == world.first).mean(axis=0)
    sure = np.bincount(world.group, sureness(world.confidence, shared)) / world.sizes
    expected = expected_right(sure)
    agreed = world.opinions[0][first_row] == world.opinions[1][first_row]
    names = np.array(["all"] * len(agreed) if plain else stratum_names(agreed, sure, world.sizes))
    strata = [np.flatnonzero(names == name) for name in np.unique(names)]
    rows = [float(world.sizes[inside].sum()) for inside in strata]
    right = [float(np.average(expected[inside], weights=world.sizes[inside])) for inside in strata]
    counts = [len(inside) for inside in strata]
    taken = neyman(rows, [sqrt(p * (1 - p)) for p in right], counts, cell.audited)
    samples, units = [], np.zeros(0, dtype=np.int64)
    for inside, count, size in zip(strata, taken, rows, strict=True):
        probabilities = inclusion_probabilities(world.sizes[inside], count)
        chosen = chosen_groups(probabilities, rng.random(len(inside)), count)
        samples.append(StratumSample(np.arange(len(units), len(units) + count), probabilities[chosen], size))
        units = np.concatenate([units, inside[chosen]])
    design = AuditDesign(
        (DrawSample(tuple(samples), np.zeros(0, dtype=np.int64)),), world.sizes[units].astype(float), float(ROWS)
    )
    place = np.full(len(world.sizes), -1)
    place[units] = np.arange(len(units))
    members = np.flatnonzero(place[world.group] >= 0)
    said = world.truth[first_row[units]].copy()
    if cell.undecided:
        disputed = np.flatnonzero(~agreed)
        hardest = disputed[np.argsort(-world.hardness[disputed])[: len(disputed) // 4]]
        said[np.isin(units, hardest)] = -1
    opinions = world.opinions[:0] if plain else world.opinions
    truth = AuditedTruth(design, said, members, place[world.group[members]], first_row[units], opinions, TOPICS)
    return truth, expected_half_width(rows, right, counts, taken, effective_rows(world.sizes))


def figures(found: AuditedTruth, world: World) -> dict[str, AuditedFigure]:
    """What the audit says."""
    all_of = {
        "accuracy": found.accuracy(world.first),
        "difference": found.difference(world.first, world.second),
        "share of a common topic": found.share(0),
        "share of a rare topic": found.share(RARE),
        "recall of a common topic": found.recall(world.first, 0),
        "macro F1": found.macro_f1(world.first),
    }
    return {name: figure for name, figure in all_of.items() if figure is not None}


def truths(world: World) -> dict[str, float]:
    """The same figures with every row known."""
    right, also = world.truth == world.first, world.truth == world.second
    f1 = [
        2 * (right & (world.truth == t)).sum() / ((world.truth == t).sum() + (world.first == t).sum())
        for t in range(TOPICS)
    ]
    return {
        "accuracy": float(right.mean()),
        "difference": float(right.mean() - also.mean()),
        "share of a common topic": float((world.truth == 0).mean()),
        "share of a rare topic": float((world.truth == RARE).mean()),
        "recall of a common topic": float(right[world.truth == 0].mean()),
        "macro F1": float(np.mean(f1)),
    }


def measure(cell: Cell, sets: int) -> dict[str, object]:
    """How often the intervals of a cell hold, how wide they are, and how far the estimates are off on average."""
    rng = np.random.default_rng(17)
    wrong = wrong_for(cell.agreed)
    kept: dict[str, list[tuple[AuditedFigure, float]]] = {}
    widths: dict[str, list[float]] = {}
    everywhere: dict[str, list[float]] = {}
    planned, agreed = [], []
    for number in range(sets):
        world = make(rng, cell, wrong)
        known = truths(world)
        found, plan = audit(rng, world, cell, plain=False)
        planned.append(plan)
        agreed.append(float((world.opinions[0] == world.opinions[1]).mean()))
        for name, figure in figures(found, world).items():
            kept.setdefault(name, []).append((figure, known[name]))
        if number % 10 == 0:
            for name, figure in figures(audit(rng, world, cell, plain=True)[0], world).items():
                widths.setdefault(name, []).append(figure.like_these.high - figure.like_these.low)
        for name, value in known.items():
            everywhere.setdefault(name, []).append(value)
    result: dict[str, object] = {}
    for name, pairs in kept.items():
        true = float(np.mean(everywhere[name]))
        like = [figure.like_these for figure, _ in pairs]
        result[name] = {
            "true": round(true, 4),
            "given": round(len(pairs) / sets, 3),
            "off_points": round(
                100 * float(np.mean([each.value - value for each, (_, value) in zip(like, pairs, strict=True)])), 2
            ),
            "like": round(float(np.mean([each.low <= true <= each.high for each in like])), 3),
            "these": round(float(np.mean([f.these.low <= value <= f.these.high for f, value in pairs])), 3),
            "width_points": round(100 * float(np.mean([each.high - each.low for each in like])), 2),
            "width_these_points": round(100 * float(np.mean([f.these.high - f.these.low for f, _ in pairs])), 2),
            "random_width_points": round(100 * float(np.mean(widths[name])), 2) if name in widths else None,
        }
    planned_points = round(200 * float(np.mean(planned)), 2)
    return {**asdict(cell), "agreed_measured": round(float(np.mean(agreed)), 3), "planned_width_points": planned_points,
            "figures": result}  # fmt: skip


def cells() -> list[Cell]:
    """What is measured: rows that stand alone in full, copies and undecided rows at the corners."""
    found = [Cell(n, a, c, "none", False) for n, a, c in product((100, 300), (0.5, 0.7, 0.9), (0.0, 0.4, 0.8))]
    found += [
        Cell(n, a, c, copies, False)
        for n, a, c, copies in product((100, 300), (0.5, 0.9), (0.0, 0.8), ("threes", "fives"))
    ]
    found += [Cell(n, 0.7, c, copies, True) for n, c, copies in product((100, 300), (0.0, 0.8), ("none", "fives"))]
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "audit_intervals.json")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    with ProcessPoolExecutor(options.processes) as pool:
        found = []
        for cell in pool.map(partial(measure, sets=options.sets), cells()):
            found.append(cell)
            print(table([cell]), flush=True)
    options.out.write_text(
        json.dumps({"sets": options.sets, "rows": ROWS, "cells": found}, indent=1) + "\n", encoding="utf-8"
    )
    print(f"{time.monotonic() - start:.0f} s")


def table(found: Sequence[dict[str, object]]) -> str:
    """A line per setting and figure."""
    lines = ["audited agreed corr copies  ?  figure                    given  off    like  these  width  these  random"]
    for cell in found:
        figures_of = cell["figures"]
        assert isinstance(figures_of, dict)
        for name, f in figures_of.items():
            where = f"{cell['audited']:>7} {cell['agreed']:>6} {cell['correlation']:>4} {cell['copies']:<7}"
            holds = f"{f['given']:>5.2f} {f['off_points']:>+5.2f}  {f['like']:.3f}  {f['these']:.3f}"
            wide = f"{f['width_points']:>6.2f} {f['width_these_points']:>6.2f} {f['random_width_points'] or 0:>6.2f}"
            lines.append(f"{where} {'?' if cell['undecided'] else ' '}  {name:<25} {holds} {wide}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
