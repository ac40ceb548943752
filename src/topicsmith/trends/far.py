"""Which rows are far from anything known: nearness to labelled training rows, on the scale of held-out rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.embeddings.store import VECTORS, KeptVectors, kept_vectors
from topicsmith.errors import MissingExtraError
from topicsmith.records import Query
from topicsmith.shares.run_rows import RunRows
from topicsmith.statistics.intervals import FloatArray
from topicsmith.trends.nearness import Usual, known_rows, usual

FEWEST_KNOWN = 50
FEWEST_HELD_OUT = 60
"""Rows below which there is no telling what is far."""

Encode = Callable[[Sequence[str]], Vectors]


class NoFarRowsError(Exception):
    """Nothing can be said of far rows; the message says why."""


@dataclass(frozen=True)
class FarRows:
    """How near rows are, of shape (rows,), not a number where nobody asked; ``scale`` is that of ``held_out`` queries.

    ``of_held_out`` is how near these are, in their order.
    """

    nearness: FloatArray
    scale: Usual
    held_out: Sequence[Query]
    of_held_out: FloatArray

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Which rows were looked at."""
        found: NDArray[np.bool_] = ~np.isnan(self.nearness)
        return found

    @property
    def far(self) -> NDArray[np.bool_]:
        """Which rows are far."""
        return self.judged & self.scale.far(np.nan_to_num(self.nearness, nan=np.inf))

    @property
    def strangeness(self) -> FloatArray:
        """How strange each row is, from 0 to 1; 0 where nobody asked."""
        return self.scale.strangeness(np.nan_to_num(self.nearness, nan=np.inf))

    @property
    def worth(self) -> float:
        """How many yes-or-no rows one row is worth."""
        return worth(self.scale, self.of_held_out)


def worth(scale: Usual, held_out: FloatArray) -> float:
    """How many yes-or-no rows one row is worth: degrees of strangeness vary less than far or not does."""
    strange = scale.strangeness(held_out)
    mean, variance = float(strange.mean()), float(strange.var())
    return mean * (1 - mean) / variance if variance > 0 else 1.0


def encoder_of(rows: RunRows, model: str) -> KeptVectors:
    """The sentence encoder ``model``, its vectors kept in the run.

    Raises:
        NoFarRowsError: when what it needs is not installed.
    """
    project = rows.run.project_file
    try:
        return kept_vectors(rows.run.file(VECTORS), model, rows.run.path if project is None else project.parent)
    except MissingExtraError:
        raise NoFarRowsError(str(MissingExtraError("the share of rows far from anything known", "embedded"))) from None


def far_rows(rows: RunRows, names: Sequence[str | None], texts: Sequence[str | None], encode: Encode) -> FarRows:
    """How near the rows of ``texts`` are to the labelled training rows of a run.

    The run's own training rows, told by their ``names``, are not looked at: they are as near as can be.

    Raises:
        NoFarRowsError: when the run has too few rows, or no row has a text.
    """
    parts = {each.query_id: each for each in rows.tables.assignments}
    training = {query_id for query_id, each in parts.items() if each.split == "train"}
    asked = [at for at, text in enumerate(texts) if text is not None and names[at] not in training]
    if not asked:
        raise NoFarRowsError("far rows: no row has a text; 'classify --text' keeps the texts")
    known = list(dict.fromkeys(rows.tables.sets.train.texts))
    firsts = {parts[query.query_id].group or query.query_id: query for _, query in reversed(rows.tables.held_out)}
    held_out = list(firsts.values())
    for count, least, what in (
        (len(known), FEWEST_KNOWN, "labelled training"),
        (len(held_out), FEWEST_HELD_OUT, "held-out"),
    ):
        if count < least:
            raise NoFarRowsError(f"far rows: the run has {count:,} {what} rows, and it takes {least}")
    ground = known_rows(encode(known))
    of_held_out = ground.nearness(encode([query.text for query in held_out]))
    nearness = np.full(len(texts), np.nan)
    nearness[asked] = ground.nearness(encode([str(texts[at]) for at in asked]))
    return FarRows(nearness, usual(of_held_out), held_out, of_held_out)
