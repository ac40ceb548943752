"""From the draws and answers kept in a run to numbers: which groups were audited, and what they stand for."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.audit.draw import digest
from topicsmith.audit.estimation.design import FEWEST, AuditDesign, DrawSample, StratumSample
from topicsmith.audit.estimation.truth import AuditedTruth
from topicsmith.audit.sample import AuditAnswer, AuditDraw, AuditRow, AuditSample, Part
from topicsmith.statistics.intervals import IntArray


@dataclass(frozen=True)
class AuditedRowSet:
    """Some rows of a run, and what a person said of a sample of them.

    ``ids`` are the rows in the order of every array; ``looked_at`` is the row that stands for each audited group.
    ``notes`` are lines for the reader.
    """

    ids: tuple[str, ...]
    design: AuditDesign
    members: IntArray
    unit: IntArray
    looked_at: IntArray
    topics: tuple[str | None, ...]
    notes: tuple[str, ...] = ()

    @property
    def undecided(self) -> int:
        """How many audited groups the person could not tell."""
        return sum(topic is None for topic in self.topics)

    def codes(self, said: Mapping[str, str | None], names: Sequence[str]) -> IntArray:
        """What is ``said`` of each row, as positions in ``names``; -1 for nothing, or a topic that is not there."""
        place: dict[str | None, int] = {name: index for index, name in enumerate(names)}
        return np.array([place.get(said.get(query_id), -1) for query_id in self.ids], dtype=np.int64)

    def truth(self, names: Sequence[str], opinions: Sequence[Mapping[str, str | None]]) -> AuditedTruth:
        """The same in numbers, topics as positions in ``names``, beside the ``opinions`` of annotators."""
        place = {name: index for index, name in enumerate(names)}
        codes = np.array([-1 if topic is None else place[topic] for topic in self.topics], dtype=np.int64)
        said = [self.codes(each, names) for each in opinions]
        shape = np.stack(said) if said else np.zeros((0, len(self.ids)), dtype=np.int64)
        return AuditedTruth(self.design, codes, self.members, self.unit, self.looked_at, shape, len(names))

    def weights(self) -> dict[str, float]:
        """How many rows each row that was looked at stands for, itself and its near-copies included."""
        found = self.design.row_weights
        return {self.ids[place]: float(found[unit]) for unit, place in enumerate(self.looked_at.tolist())}


def audited_rows_of(
    sample: AuditSample,
    answers: Sequence[AuditAnswer],
    parts: Mapping[str, Part],
    groups: Mapping[str, str],
) -> AuditedRowSet | None:
    """What a person said of a sample of some rows; ``None`` where too few are answered, or some part has no answer.

    Args:
        sample: what was drawn.
        answers: what the person said.
        parts: the rows, by query, with the part each is in.
        groups: by query, the near-copies it belongs to.
    """
    ids = tuple(sorted(parts))
    said = {answer.query_id: answer.topic for answer in answers if answer.query_id in parts}
    unit_of, chosen = _units(sample, said, parts, groups)
    if len(chosen) < FEWEST or {parts[query_id] for query_id in chosen} != set(parts.values()):
        return None
    keys = {_key(query_id, parts, groups): number for query_id, number in unit_of.items()}
    unit = np.array([keys.get(_key(query_id, parts, groups), -1) for query_id in ids], dtype=np.int64)
    members = np.flatnonzero(unit >= 0)
    sizes = np.bincount(unit[members], minlength=len(chosen)).astype(float)
    counts = {part: sum(each == part for each in parts.values()) for part in set(parts.values())}
    draws = [
        found
        for number, drawn in enumerate(sample.draws)
        for part, count in sorted(counts.items())
        for found in (_part(number, drawn, part, count, sample, unit_of, parts, sizes),)
        if found is not None
    ]
    if {draw.part for draw in draws} != set(counts):
        return None
    place = {query_id: index for index, query_id in enumerate(ids)}
    return AuditedRowSet(
        ids=ids,
        design=AuditDesign(tuple(draws), sizes, float(len(ids))),
        members=members,
        unit=unit[members],
        looked_at=np.array([place[query_id] for query_id in chosen], dtype=np.int64),
        topics=tuple(said[query_id] for query_id in chosen),
        notes=_notes(sample, ids, parts),
    )


def _units(
    sample: AuditSample, said: Mapping[str, str | None], parts: Mapping[str, Part], groups: Mapping[str, str]
) -> tuple[dict[str, int], list[str]]:
    """The number of the audited group of each answered row, and the row that stands for each: the first answered."""
    numbers: dict[tuple[str, str], int] = {}
    chosen: list[str] = []
    unit_of: dict[str, int] = {}
    for row in sample.rows:
        if row.query_id in said:
            key = _key(row.query_id, parts, groups)
            if key not in numbers:
                numbers[key] = len(chosen)
                chosen.append(row.query_id)
            unit_of[row.query_id] = numbers[key]
    for query_id in sorted(set(said) - set(unit_of)):  # answered in a sheet whose draw is not kept: known all the same
        key = _key(query_id, parts, groups)
        if key not in numbers:
            numbers[key] = len(chosen)
            chosen.append(query_id)
        unit_of[query_id] = numbers[key]
    return unit_of, chosen


def _key(query_id: str, parts: Mapping[str, Part], groups: Mapping[str, str]) -> tuple[str, str]:
    return parts[query_id], f"group {groups[query_id]}" if query_id in groups else f"row {query_id}"


def _part(
    number: int,
    drawn: AuditDraw,
    part: Part,
    count: int,
    sample: AuditSample,
    unit_of: Mapping[str, int],
    parts: Mapping[str, Part],
    sizes: np.typing.NDArray[np.float64],
) -> DrawSample | None:
    """What one draw tells of one part: of each stratum, answers in proportion to what was taken."""
    before = sorted({unit_of[query_id] for query_id in drawn.before if query_id in unit_of and parts[query_id] == part})
    rows: dict[str, list[AuditRow]] = defaultdict(list)
    for row in sample.rows:
        mine = row.draw == number and row.query_id in unit_of and parts[row.query_id] == part
        if mine and unit_of[row.query_id] not in before:
            rows[row.stratum].append(row)
    strata = [stratum for stratum in drawn.strata if stratum.part == part]
    if not rows or not strata:
        return None
    # Where rows came or went since, the strata keep their proportions; a note says so.
    scale = (count - sizes[before].sum()) / max(1, sum(stratum.rows for stratum in strata))
    found = []
    for stratum in strata:
        answered = {unit_of[row.query_id]: row.probability for row in rows.get(stratum.name, [])}
        share = len(answered) / stratum.taken if stratum.taken else 0.0
        found.append(
            StratumSample(
                np.array(list(answered), dtype=np.int64),
                np.array([probability * share for probability in answered.values()], dtype=float),
                stratum.rows * scale,
            )
        )
    return DrawSample(tuple(found), np.array(before, dtype=np.int64), part)


def _notes(sample: AuditSample, ids: Collection[str], parts: Mapping[str, Part]) -> tuple[str, ...]:
    whole = "other" in parts.values()
    now = digest(ids)
    changed = any(
        draw.digest != now for draw in sample.draws if draw.source == ("all" if whole else "test") and draw.digest
    )
    what = "rows" if whole else "test rows"
    return (f"the {what} changed since the audit was drawn; new ones are taken to be like the others",) * changed
