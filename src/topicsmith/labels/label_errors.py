"""Labels that look wrong, by a text classifier that has not seen the row."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from topicsmith.labels.out_of_fold import out_of_fold
from topicsmith.records import Label, Query
from topicsmith.statistics.label_noise import margins, wrong_labels
from topicsmith.taxonomy import Taxonomy


@dataclass(frozen=True)
class Suspicion:
    """A label that other labelled rows speak against.

    ``instead`` is the topic they speak for; ``margin`` between 0 and 1 says how clearly: the difference of the two
    topics' probabilities, as a share of their sum.
    """

    query_id: str
    topic: str
    instead: str
    margin: float


def suspicious(queries: Sequence[Query], labels: Sequence[Label], taxonomy: Taxonomy) -> list[Suspicion]:
    """Labels to look at, the clearest first; how many are worth a look is for :mod:`topicsmith.statistics.label_noise`.

    What share of them is wrong, and what share of wrong labels is among them, is measured in
    ``benchmarks/suspicious_labels.py``.
    """
    number = {name: index for index, name in enumerate(taxonomy.names)}
    topic_of = {label.query_id: label.topic for label in labels}
    topics = [topic_of.get(query.query_id) for query in queries]
    settled = np.asarray([number[topic] if topic is not None else -1 for topic in topics], dtype=np.int64)
    opinions = out_of_fold([query.text for query in queries], settled.tolist(), len(number))
    rows = np.flatnonzero(opinions.known & (settled >= 0))
    given, probabilities = settled[rows], opinions.probabilities[rows]
    instead, log_odds = margins(probabilities, given)
    found = [
        Suspicion(
            queries[rows[at]].query_id,
            taxonomy.names[given[at]],
            taxonomy.names[instead[at]],
            float(np.tanh(log_odds[at] / 2)),
        )
        for at in np.flatnonzero(wrong_labels(probabilities, given))
    ]
    return sorted(found, key=lambda suspicion: (-suspicion.margin, suspicion.query_id))


def to_document(suspicions: Sequence[Suspicion], labelled: int) -> dict[str, object]:
    """The suspicions among ``labelled`` rows, as plain data."""
    return {
        "format": 1,
        "labelled": labelled,
        "suspicious": len(suspicions),
        "rows": [asdict(suspicion) for suspicion in suspicions],
    }
