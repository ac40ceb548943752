"""Have the shares shifted? Tests of whether two or more sets of rows have the same shares, near-copies counted once."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from topicsmith.shares.rows import ShareRows
from topicsmith.statistics.intervals import Figure, FloatArray, IntArray

LEVEL = 0.05
_TABLES = 1999
_EXPECTED = 5.0


@dataclass(frozen=True)
class ShiftTest:
    """One test: ``sets`` by name, what was compared in them, and how probable so large a difference is by chance.

    ``distance`` is the total variation between the first set and the others taken together: the share of rows that
    would have to change their topic. ``groups`` is how many rows were compared, one of each group of near-copies.
    """

    sets: tuple[str, ...]
    by: Literal["truth", "answers"]
    groups: int
    g: float
    p: float
    distance: Figure
    method: Literal["chi-square", "permutation"]

    @property
    def shifted(self) -> bool:
        """Whether the shares differ significantly."""
        return self.p <= LEVEL


def shift_test(sets: dict[str, ShareRows], by: Literal["truth", "answers"], seed: int = 13) -> ShiftTest:
    """Whether the shares of the sets differ, by their rows' known truth or by the classifier's answers.

    Answers of the same classifier have the same shares in every set unless the topics' shares, or the texts within
    topics, have shifted: its mistakes are the same in all of them. One row of each group of near-copies is compared.
    """
    counts = []
    for rows in sets.values():
        chosen = (rows.taken(rows.known) if by == "truth" else rows).first_of_groups()
        codes = chosen.truth if by == "truth" else chosen.predicted
        counts.append(np.bincount(codes, minlength=rows.outputs))
    table = np.array(counts)
    g, p, method = g_test(table, seed)
    return ShiftTest(tuple(sets), by, int(table.sum()), g, p, _distance(table), method)


def g_test(table: IntArray, seed: int = 13) -> tuple[float, float, Literal["chi-square", "permutation"]]:
    """The likelihood ratio test that all rows of ``table`` have the same shares: G, its p-value, and its method.

    The p-value is from chi-square where at least five are expected in every cell, otherwise from random tables with
    the same margins.

    Source: A. Agresti 2002, "Categorical data analysis", sections 3.2 and 3.5.
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return 0.0, 1.0, "chi-square"
    from scipy.stats import chi2, random_table

    g = float(g_statistic(table[None])[0])
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if np.outer(rows, columns).min() / table.sum() >= _EXPECTED:
        return g, float(chi2.sf(g, (table.shape[0] - 1) * (table.shape[1] - 1))), "chi-square"
    drawn = random_table(rows, columns, seed=seed).rvs(_TABLES)
    return g, permutation_p(g, g_statistic(drawn)), "permutation"


def g_statistic(tables: IntArray | FloatArray) -> FloatArray:
    """G of each of ``tables``, of shape (any, rows, columns)."""
    expected = tables.sum(axis=2, keepdims=True) * tables.sum(axis=1, keepdims=True)
    expected = expected / np.maximum(tables.sum(axis=(1, 2), keepdims=True), 1)
    ratio = np.divide(tables, expected, out=np.ones(tables.shape), where=tables > 0)
    found: FloatArray = 2 * (tables * np.log(ratio)).sum(axis=(1, 2))
    return found


def permutation_p(found: float, drawn: FloatArray) -> float:
    """The p-value of ``found`` among values drawn by chance; never 0."""
    return (1 + int((drawn >= found - 1e-9).sum())) / (1 + len(drawn))


def fit_test(judged: ShareRows, audited: ShareRows, seed: int = 13) -> float:
    """The p-value of the audited rows being answered, topic by topic, as the judged ones are.

    The correction by the confusion rests on that. Within each true topic, which rows are audited and which are judged
    is permuted, one row of each group of near-copies.
    """
    from scipy.stats import random_table

    both = [each.taken(each.known).first_of_groups().by_cell()[1:] for each in (judged, audited)]
    g, drawn = 0.0, np.zeros(_TABLES)
    for topic, found in enumerate(np.stack(both, axis=1)):
        table = found[:, found.sum(axis=0) > 0]
        if table.shape[1] > 1 and table.sum(axis=1).all():
            g += float(g_statistic(table[None])[0])
            margins = table.sum(axis=1), table.sum(axis=0)
            drawn += g_statistic(random_table(*margins, seed=seed + topic).rvs(_TABLES))
    return permutation_p(g, drawn)


def _distance(table: IntArray) -> float:
    first, rest = table[0], table[1:].sum(axis=0)
    if not first.sum() or not rest.sum():
        return float("nan")
    return float(np.abs(first / first.sum() - rest / rest.sum()).sum() / 2)
