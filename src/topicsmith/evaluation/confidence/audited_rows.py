"""Held-out rows that a person judged, as evidence about a candidate's confidences."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.records import Prediction
from topicsmith.statistics.clusters import group_name
from topicsmith.statistics.intervals import FloatArray, IntArray


@dataclass(frozen=True)
class AuditedRow:
    """What a person said of a row: its ``topic``.

    ``weight`` is how many held-out rows it stands for; ``group`` names its near-copies, where it has some.
    """

    topic: str
    weight: float
    group: str | None = None


@dataclass(frozen=True)
class AuditedRows:
    """The answers of one candidate where a person judged them.

    ``everything`` are its confidences on all held-out rows; ``places`` says which of these were audited, ``right``
    whether the answer is the person's topic, and ``weights`` how many rows each stands for. Of near-copies one counts,
    for all of them.
    """

    everything: tuple[float | None, ...]
    places: IntArray
    right: NDArray[np.bool_]
    weights: FloatArray

    @property
    def confidences(self) -> FloatArray:
        """Of the audited rows, shape (audited,)."""
        return np.array([self.everything[place] for place in self.places], dtype=float)


def audited_rows(answers: Mapping[str, Prediction], audit: Mapping[str, AuditedRow]) -> AuditedRows:
    """Set a candidate's ``answers`` to all held-out rows beside what a person said of some.

    Rows without a topic or a confidence can never be accepted, so they are no evidence about a threshold.
    """
    ids = sorted(answers)
    confidences = tuple(
        answer.confidence if answer.status == "ok" and answer.topic is not None else None
        for answer in (answers[query_id] for query_id in ids)
    )
    together: dict[str, float] = defaultdict(float)
    first: dict[str, int] = {}
    for place, query_id in enumerate(ids):
        row = audit.get(query_id)
        if row is None or confidences[place] is None:
            continue
        name = group_name(query_id, row.group)
        first.setdefault(name, place)
        together[name] += row.weight
    places = np.array(list(first.values()), dtype=np.int64)
    right = np.array([answers[ids[place]].topic == audit[ids[place]].topic for place in places], dtype=bool)
    return AuditedRows(confidences, places, right, np.array([together[name] for name in first], dtype=float))
