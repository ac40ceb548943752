"""Do the intervals hold the true figure as often as they say? Simulated, in every cell.

    python -m benchmarks coverage [--sets 1000] [--short] [--out FILE]

A cell is a number of topics (6, 12, 50; ``rare``: a third of them with 3 to 10 rows), a number of rows (100, 300,
1,300) and a layout of near-copies: none, all rows in threes, half in fives, half in ten large groups. Rows of a group
have one truth and are answered alike, by the candidate and by the annotators; macro F1 and balanced accuracy are about
the topics that have rows. For each figure a run prints, the share of sets is counted in which its 95 % interval holds
the true figure, and the mean width beside that of a reference that knows no groups (Wilson's). ``--short`` takes 60
sets of a few cells, as a smoke test.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import numpy as np

from topicsmith.evaluation.macro_intervals import macro_interval
from topicsmith.evaluation.metrics import balanced_accuracy, counts_by_row, f1_interval, macro_f1, topic_scores
from topicsmith.statistics import kappa
from topicsmith.statistics.clusters import clustered_share
from topicsmith.statistics.intervals import FloatArray, IntArray, Interval, wilson

RESULT = Path(__file__).parent / "results" / "coverage.json"
LAYOUTS = ("alone", "threes", "half in fives", "ten large groups")
RATERS = 3
RATER_RIGHT = 0.85


@dataclass(frozen=True)
class Cell:
    """One kind of data set."""

    topics: int
    rare: bool
    rows: int
    layout: str


@dataclass(frozen=True)
class Coverage:
    """How often a figure's interval held the truth in ``sets`` data sets, and its mean width."""

    figure: str
    topics: int
    rare: bool
    rows: int
    layout: str
    sets: int
    held: float
    width: float
    width_without_groups: float | None


def group_sizes(layout: str, rows: int) -> IntArray:
    """How many near-copies each group has.

    >>> group_sizes("half in fives", 20).tolist()
    [5, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    """
    if layout == "alone":
        return np.ones(rows, dtype=np.int64)
    if layout == "threes":
        return np.array([3] * (rows // 3) + [1] * (rows % 3))
    size, number = (5, rows // 10) if layout == "half in fives" else (rows // 20, 10)
    return np.array([size] * number + [1] * (rows - size * number))


def prevalence(cell: Cell) -> FloatArray:
    """The share of each topic; rare ones have three to ten rows on average."""
    even = np.full(cell.topics, 1 / cell.topics)
    if not cell.rare:
        return even
    few = np.linspace(3, 10, cell.topics // 3) / cell.rows
    rest = (1 - few.sum()) / (cell.topics - len(few))
    return np.concatenate([few, np.full(cell.topics - len(few), rest)])


class World:
    """The truth of a cell: how topics are confused, and what the figures are in a sample without end."""

    def __init__(self, cell: Cell) -> None:
        """Topics are right in 70 to 95 % of cases, in turn; what is wrong is any other topic."""
        self.share = prevalence(cell)
        self.right = np.linspace(0.7, 0.95, cell.topics)[np.random.default_rng(1).permutation(cell.topics)]
        wrong = self.share * (1 - self.right) / (cell.topics - 1)
        predicted = self.share * self.right + wrong.sum() - wrong
        f1 = 2 * self.share * self.right / (self.share + predicted)
        agreeing = RATER_RIGHT**2 + (1 - RATER_RIGHT) ** 2 / (cell.topics - 1)
        said = self.share * RATER_RIGHT + (1 - self.share) * (1 - RATER_RIGHT) / (cell.topics - 1)
        chance, of_gwet = (said**2).sum(), (said * (1 - said)).sum() / (cell.topics - 1)
        self.f1 = f1
        self.figures = {
            "accuracy": float(self.share @ self.right),
            "recall of a topic": float(self.right[-1]),
            "F1 of a topic": float(f1[-1]),
            "agreement": float(agreeing),
            "Cohen's kappa": float((agreeing - chance) / (1 - chance)),
            "Fleiss' kappa": float((agreeing - chance) / (1 - chance)),
            "Krippendorff's alpha": float((agreeing - chance) / (1 - chance)),
            "Gwet's AC1": float((agreeing - of_gwet) / (1 - of_gwet)),
        }

    def truth(self, figure: str, topics: IntArray) -> float:
        """The true figure; macro F1 and balanced accuracy are about the topics that have rows."""
        if figure == "macro F1":
            return float(self.f1[topics].mean())
        if figure == "balanced accuracy":
            return float(self.right[topics].mean())
        return self.figures[figure]


def answers(rng: np.random.Generator, truth: IntArray, right: FloatArray, topics: int) -> IntArray:
    """A topic for each group: the true one with probability ``right``, else any other."""
    other = (truth + rng.integers(1, topics, len(truth))) % topics
    return np.where(rng.random(len(truth)) < right, truth, other)


def intervals(
    rng: np.random.Generator, cell: Cell, world: World
) -> Iterator[tuple[str, float, Interval | None, float | None]]:
    """Every figure on one data set: its truth, its interval, and the width of one that knows no groups."""
    sizes = group_sizes(cell.layout, cell.rows)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    by_group = rng.choice(cell.topics, len(sizes), p=world.share)
    truth = by_group[groups]
    seen = np.unique(truth)
    said = answers(rng, by_group, world.right[by_group], cell.topics)[groups]
    columns = counts_by_row(truth, said, cell.topics)
    accuracy = clustered_share(truth == said, groups)
    yield "accuracy", world.truth("accuracy", seen), accuracy, _width(wilson(int((truth == said).sum()), cell.rows))
    yield "macro F1", world.truth("macro F1", seen), macro_interval(columns, groups, macro_f1, accuracy), None
    yield (
        "balanced accuracy",
        world.truth("balanced accuracy", seen),
        macro_interval(columns, groups, balanced_accuracy, accuracy),
        None,
    )
    last = cell.topics - 1
    mine, either = truth == last, (truth == last) | (said == last)
    if mine.sum() >= 3:
        recall = clustered_share(said[mine] == last, groups[mine])
        yield (
            "recall of a topic",
            world.truth("recall of a topic", seen),
            recall,
            _width(wilson(int((said[mine] == last).sum()), int(mine.sum()))),
        )
        score = topic_scores(columns.sum(axis=0, dtype=np.int64), [str(t) for t in range(cell.topics)])[last]
        both = clustered_share((mine & (said == last))[either], groups[either])
        yield "F1 of a topic", world.truth("F1 of a topic", seen), f1_interval(score, both), None
    ratings = np.column_stack(
        [answers(rng, by_group, np.full(len(sizes), RATER_RIGHT), cell.topics)[groups] for _ in range(RATERS)]
    )
    two = ratings[:, :2]
    same = two[:, 0] == two[:, 1]
    yield (
        "agreement",
        world.truth("agreement", seen),
        clustered_share(same, groups),
        _width(wilson(int(same.sum()), cell.rows)),
    )
    yield "Cohen's kappa", world.truth("Cohen's kappa", seen), kappa.cohen(two, cell.topics, groups), None
    yield "Fleiss' kappa", world.truth("Fleiss' kappa", seen), kappa.fleiss(ratings, cell.topics, groups), None
    yield (
        "Krippendorff's alpha",
        world.truth("Krippendorff's alpha", seen),
        kappa.krippendorff(ratings, cell.topics, groups),
        None,
    )
    yield "Gwet's AC1", world.truth("Gwet's AC1", seen), kappa.gwet(two, cell.topics, groups), None


def _width(interval: Interval) -> float:
    return interval.high - interval.low


def cover(cell: Cell, sets: int, seed: int = 17) -> list[Coverage]:
    """Coverage of every figure in one cell."""
    rng, world = np.random.default_rng(seed), World(cell)
    held, widths, plain = defaultdict(list), defaultdict(list), defaultdict(list)
    for _ in range(sets):
        for figure, true, found, without in intervals(rng, cell, world):
            if found is None or np.isnan(found.low):
                continue
            held[figure].append(found.low <= true <= found.high)
            widths[figure].append(_width(found))
            if without is not None:
                plain[figure].append(without)
    return [
        Coverage(
            figure, **asdict(cell), sets=len(held[figure]), held=round(float(np.mean(held[figure])), 4),
            width=round(float(np.mean(widths[figure])), 4),
            width_without_groups=round(float(np.mean(plain[figure])), 4) if plain[figure] else None,
        )
        for figure in held
    ]  # fmt: skip


def main() -> None:
    """Run every cell, two at a time, and write the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sets", type=int, default=1000)
    asked.add_argument("--short", action="store_true")
    asked.add_argument("--out", type=Path, default=RESULT)
    given = asked.parse_args()
    cells = [Cell(*each) for each in product((6, 12, 50), (False, True), (100, 300, 1300), LAYOUTS)]
    cells = [cell for cell in cells if not cell.rare or prevalence(cell)[-1] > 1.5 * prevalence(cell)[0]]
    if given.short:
        cells = [cell for cell in cells if cell.topics == 6 and not cell.rare and cell.rows == 100]
    sets = 60 if given.short else given.sets
    with ProcessPoolExecutor(2) as pool:
        found = [each for of_cell in pool.map(cover, cells, [sets] * len(cells)) for each in of_cell]
    error = 2 * (0.95 * 0.05 / sets) ** 0.5
    low = [each for each in found if each.held < 0.93 - error]
    high = [each for each in found if each.held > 0.97 + error]
    document = {
        "sets": sets, "cells": len(cells), "figures": len(found), "below_93": len(low), "above_97": len(high),
        "results": [asdict(each) for each in found],
    }  # fmt: skip
    given.out.write_text(json.dumps(document, indent=1) + "\n")
    for each in sorted(low, key=lambda one: one.held)[:20]:
        print(f"below: {each}")
    print({key: value for key, value in document.items() if key != "results"})
    sys.exit(0)


if __name__ == "__main__":
    main()
