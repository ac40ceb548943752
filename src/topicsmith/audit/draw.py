"""Drawing a sheet: which groups of near-copies a person is asked about, and how well that will tell."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from topicsmith.audit.allocation import chosen_groups, expected_half_width, inclusion_probabilities, neyman
from topicsmith.audit.sample import AuditAnswer, AuditDraw, AuditRow, AuditSample, AuditStratum, Frame, Part
from topicsmith.audit.strata import expected_right, stratum_names
from topicsmith.errors import ProjectError
from topicsmith.records import Query
from topicsmith.statistics.clusters import effective_rows, group_name
from topicsmith.statistics.intervals import IntArray

SPLIT_FROM = 60
"""Rows on a sheet from which confidence makes strata of its own beside agreement."""


@dataclass(frozen=True)
class KnownRow:
    """What is known of a row before a person looks at it.

    ``agreed`` is whether annotators settled on one label by agreeing; ``sure`` is how sure the answer that is to be
    judged is: that of a classifier on test rows, the label elsewhere.
    """

    query: Query
    part: Part
    agreed: bool
    sure: float


@dataclass(frozen=True)
class Expectation:
    """What the sheet is expected to tell: ``half_width`` of the accuracy's interval, over ``rows`` test rows.

    It is for rows like these; ``these`` is for the very rows. ``earlier`` answers to test rows are counted in.
    """

    half_width: float
    these: float
    rows: int
    earlier: int


@dataclass(frozen=True)
class _Group:
    rows: tuple[KnownRow, ...]

    @property
    def sure(self) -> float:
        return sum(row.sure for row in self.rows) / len(self.rows)


@dataclass(frozen=True)
class _Stratum:
    name: str
    part: Part
    groups: tuple[_Group, ...]

    @property
    def sizes(self) -> IntArray:
        return np.array([len(group.rows) for group in self.groups], dtype=np.int64)

    @property
    def expected(self) -> float:
        expected = expected_right(np.array([group.sure for group in self.groups]))
        return float(np.average(expected, weights=self.sizes))


def draw(
    rows: Sequence[KnownRow],
    size: int,
    source: Frame,
    seed: int = 13,
    earlier: AuditSample | None = None,
    answers: Sequence[AuditAnswer] = (),
) -> tuple[AuditSample, Expectation | None]:
    """Draw a sheet of ``size`` of ``rows``, beside those of ``earlier`` draws of which a row at least is answered.

    The groups of each stratum are drawn by a seeded hash, with a probability in proportion to their rows: the order of
    the rows does not matter. Groups with an answer are left out; they are known.

    Returns:
        All draws, and what is expected of the accuracy of test rows; ``None`` where no test row is on the sheet.

    Raises:
        ProjectError: when there is no row to draw, or ``size`` is not positive.
    """
    if size <= 0:
        raise ProjectError(f"an audit of {size} rows measures nothing; ask for about 300")
    if not rows:
        raise ProjectError("there are no rows to audit" + " among the test rows" * (source == "test"))
    answered = {answer.query_id for answer in answers}
    groups = _groups(rows)
    free = [group for group in groups if not any(row.query.query_id in answered for row in group.rows)]
    if not free:
        also = "; those of other rows: '--from all'" if source == "test" else ""
        raise ProjectError(f"a person has answered all {len(rows):,} rows already; there is nothing left to draw{also}")
    strata = _strata(free, min(size, len(free)))
    taken = neyman(
        [int(stratum.sizes.sum()) for stratum in strata],
        [sqrt(stratum.expected * (1 - stratum.expected)) for stratum in strata],
        [len(stratum.groups) for stratum in strata],
        size,
    )
    kept = _kept(earlier, answered)
    number = len(kept.draws)
    chosen = [row for stratum, count in zip(strata, taken, strict=True) for row in _rows(stratum, count, seed, number)]
    plans = [
        AuditStratum(stratum.name, stratum.part, int(stratum.sizes.sum()), len(stratum.groups), count)
        for stratum, count in zip(strata, taken, strict=True)
    ]
    ids = [row.query.query_id for row in rows]
    before = tuple(sorted(answered & set(ids)))
    latest = AuditDraw(source, seed, tuple(plans), before, digest(ids))
    ordered = sorted(chosen, key=lambda row: _shuffled(row.query_id, seed + 1))
    sample = AuditSample((*kept.rows, *ordered), (*kept.draws, latest))
    return sample, _expected(strata, taken, groups, answered)


def digest(query_ids: Collection[str]) -> str:
    """A fingerprint of some rows, whatever their order."""
    return hashlib.sha256("\n".join(sorted(query_ids)).encode()).hexdigest()[:16]


def _kept(earlier: AuditSample | None, answered: Collection[str]) -> AuditSample:
    """The draws of which something is answered: one nobody answered says nothing, and its rows may be drawn again."""
    if earlier is None:
        return AuditSample(())
    used = sorted({row.draw for row in earlier.rows if row.query_id in answered})
    rows = [replace(row, draw=used.index(row.draw)) for row in earlier.rows if row.draw in used]
    return AuditSample(tuple(rows), tuple(earlier.draws[number] for number in used))


def _groups(rows: Sequence[KnownRow]) -> list[_Group]:
    """Near-copies of one part together."""
    found: dict[tuple[str, str], list[KnownRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.query.query_id):
        found[row.part, group_name(row.query.query_id, row.query.group)].append(row)
    return [_Group(tuple(inside)) for inside in found.values()]


def _strata(groups: Sequence[_Group], size: int) -> list[_Stratum]:
    found: dict[tuple[Part, str], list[_Group]] = defaultdict(list)
    parts: tuple[Part, ...] = ("test", "other")
    several = len({group.rows[0].part for group in groups}) > 1
    for part in parts:
        inside = [group for group in groups if group.rows[0].part == part]
        names = stratum_names(
            np.array([group.rows[0].agreed for group in inside], dtype=bool),
            np.array([group.sure for group in inside], dtype=float),
            np.array([len(group.rows) for group in inside], dtype=np.int64),
            split=size >= SPLIT_FROM,
        )
        for group, name in zip(inside, names, strict=True):
            found[part, f"{part} rows, {name}" if several else name].append(group)
    return [_Stratum(name, part, tuple(inside)) for (part, name), inside in sorted(found.items())]


def _rows(stratum: _Stratum, count: int, seed: int, number: int) -> list[AuditRow]:
    """One row of each of the ``count`` groups taken from ``stratum``."""
    probabilities = inclusion_probabilities(stratum.sizes, count)
    firsts = [min(group.rows, key=lambda row: _shuffled(row.query.query_id, seed)) for group in stratum.groups]
    chances = np.array([_chance(group.rows[0].query.query_id, seed, number) for group in stratum.groups])
    return [
        AuditRow(
            firsts[place].query.query_id, firsts[place].query.text, stratum.name, float(probabilities[place]), number
        )
        for place in chosen_groups(probabilities, chances, count)
    ]


def _expected(
    strata: Sequence[_Stratum], taken: Sequence[int], groups: Sequence[_Group], answered: Collection[str]
) -> Expectation | None:
    mine = [(stratum, count) for stratum, count in zip(strata, taken, strict=True) if stratum.part == "test"]
    new = sum(count for _, count in mine)
    if not new:
        return None
    test = [group for group in groups if group.rows[0].part == "test"]
    old = sum(any(row.query.query_id in answered for row in group.rows) for group in test)
    effective = effective_rows(np.array([len(group.rows) for group in test]))
    shape = (
        [float(stratum.sizes.sum()) for stratum, _ in mine],
        [stratum.expected for stratum, _ in mine],
        [len(stratum.groups) for stratum, _ in mine],
        [count for _, count in mine],
    )
    rows = sum(len(group.rows) for group in test)
    # What this draw leaves open, where the earlier ones are as exact for their size.
    these = expected_half_width(*shape) * sum(shape[0]) / rows * sqrt(new / (new + old))
    like = sqrt(these**2 + expected_half_width(shape[0], shape[1], shape[2], shape[2], effective) ** 2)
    return Expectation(like, these, rows, old)


def _shuffled(query_id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{query_id}".encode()).digest()


def _chance(query_id: str, seed: int, draw_number: int) -> float:
    """A number between 0 and 1, neither included; another in each draw, so that draws do not depend on each other."""
    number = int.from_bytes(hashlib.sha256(f"{seed}:{draw_number}:group:{query_id}".encode()).digest()[:6], "big")
    return (number + 0.5) / 2**48
