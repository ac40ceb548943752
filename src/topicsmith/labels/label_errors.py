"""Labels that look wrong: confident learning on a classifier's out-of-fold opinions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from topicsmith.labels.out_of_fold import out_of_fold
from topicsmith.records import Label, Query
from topicsmith.statistics.intervals import FloatArray
from topicsmith.taxonomy import Taxonomy


@dataclass(frozen=True)
class Suspicion:
    """A label that other labelled rows speak against.

    ``instead`` is the topic they speak for; ``margin`` between 0 and 1 says how clearly.
    """

    query_id: str
    topic: str
    instead: str
    margin: float


def suspicious(queries: Sequence[Query], labels: Sequence[Label], taxonomy: Taxonomy) -> list[Suspicion]:
    """Labels to look at, the clearest first; how many are worth a look depends on how many there are.

    A label is suspected when the classifier, which has not seen it, gives another topic at least the probability that
    it gives on average to rows so labelled (C. Northcutt, L. Jiang and I. Chuang 2021, JAIR 70, 1373-1411).
    """
    number = {name: index for index, name in enumerate(taxonomy.names)}
    topic_of = {label.query_id: label.topic for label in labels}
    topics = [topic_of.get(query.query_id) for query in queries]
    settled = [number[topic] if topic is not None else -1 for topic in topics]
    opinions = out_of_fold([query.text for query in queries], settled, len(number))
    rows = np.flatnonzero(opinions.known & (np.asarray(settled, dtype=np.int64) >= 0))
    given = np.asarray(settled, dtype=np.int64)[rows]
    chosen, margins = confident_errors(opinions.probabilities[rows], given)
    found = [
        Suspicion(queries[rows[at]].query_id, taxonomy.names[given[at]], taxonomy.names[chosen[at]], float(margins[at]))
        for at in np.flatnonzero(chosen != given)
    ]
    return sorted(found, key=lambda suspicion: (-suspicion.margin, suspicion.query_id))


def confident_errors(
    probabilities: FloatArray, given: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> "tuple[np.ndarray[tuple[int], np.dtype[np.int64]], FloatArray]":
    """The topic that each row confidently is, and by how much more than the given one; the given one where none is.

    Args:
        probabilities: Out-of-fold probabilities of shape (rows, topics).
        given: The label's number for each row.
    """
    topics = probabilities.shape[1]
    thresholds = np.full(topics, np.inf)
    for topic in range(topics):
        if (given == topic).any():
            thresholds[topic] = probabilities[given == topic, topic].mean()
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    chosen = np.where(confident.max(axis=1, initial=-1.0) >= 0, confident.argmax(axis=1), given)
    own = np.take_along_axis(probabilities, given[:, None], axis=1)[:, 0]
    other = np.take_along_axis(probabilities, chosen[:, None], axis=1)[:, 0]
    chosen = np.where(other > own, chosen, given)
    return chosen, np.asarray(np.maximum(other - own, 0.0), dtype=np.float64)


def to_document(suspicions: Sequence[Suspicion], labelled: int) -> dict[str, object]:
    """The suspicions among ``labelled`` rows, as plain data."""
    return {
        "format": 1,
        "labelled": labelled,
        "suspicious": len(suspicions),
        "rows": [asdict(suspicion) for suspicion in suspicions],
    }
