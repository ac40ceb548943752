"""Having disputes settled: only queries on which the annotators do not agree go to a further annotator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from topicsmith.labels.aggregate import unanimous
from topicsmith.labels.annotate import annotate, make_annotator
from topicsmith.labels.annotators.base import Annotator, AnnotatorContext
from topicsmith.labels.out_of_fold import out_of_fold
from topicsmith.records import Annotation, Label, Query, Usage
from topicsmith.taxonomy import Taxonomy

TRAINED = "local:trained"


def make_judge(context: AnnotatorContext) -> Annotator | None:
    """The project's adjudicator where it is asked like an annotator, to be made before anybody is paid.

    Raises:
        UserError: when nobody offers it, or its settings cannot work.
    """
    name = context.settings.adjudicator
    if context.settings.labels != "adjudicated" or name is None or name == TRAINED:
        return None
    return make_annotator(name, context)


def adjudicate(
    context: AnnotatorContext,
    queries: Sequence[Query],
    annotations: Sequence[Annotation],
    judge: Annotator | None = None,
) -> list[Annotation]:
    """Ask the project's adjudicator (``judge``, made here where it is not given) about the disputed queries.

    Returns:
        One annotation per disputed query, in the queries' order, to be kept beside ``annotations``; none when the
        project does not adjudicate.
    """
    name = context.settings.adjudicator
    if context.settings.labels != "adjudicated" or name is None:
        return []
    in_dispute = disputed(annotations)
    asked = [query for query in queries if query.query_id in in_dispute]
    if name == TRAINED:
        judge = TrainedAdjudicator(TRAINED, context.taxonomy, tuple(queries), tuple(annotations))
    return annotate((judge or make_annotator(name, context),), asked, context.progress)


def disputed(annotations: Sequence[Annotation]) -> set[str]:
    """The queries to which somebody gave a topic, but not all the same one; those still pending are not disputed."""
    found = set()
    for query_id, row in _by_query(annotations).items():
        label = unanimous(row)
        if label.origin in {"disagreed", "abstained"} and any(a.topic is not None for a in row):
            found.add(query_id)
    return found


@dataclass(frozen=True)
class TrainedAdjudicator:
    """``local:trained``: chooses among what the annotators said by a classifier trained on what they agree on."""

    name: str
    taxonomy: Taxonomy
    queries: tuple[Query, ...]
    annotations: tuple[Annotation, ...]

    def annotate(self, queries: Sequence[Query]) -> Iterator[Annotation]:
        """One annotation per query; abstains when too little is agreed on to learn from."""
        rows = _by_query(self.annotations)
        labels = {query_id: unanimous(row) for query_id, row in rows.items()}
        opinions = out_of_fold([q.text for q in self.queries], self._settled(labels), len(self.taxonomy.names))
        place = {query.query_id: index for index, query in enumerate(self.queries)}
        for query in queries:
            at = place[query.query_id]
            topic = self._choose(rows[query.query_id], opinions.probabilities[at]) if opinions.known[at] else None
            yield Annotation(
                query.query_id,
                self.name,
                topic,
                None,
                "labelled" if topic is not None else "abstained",
                usage=Usage(cost_usd=0.0),
                requested_model=self.name,
                served_model="tf-idf words, complement naive Bayes",
            )

    def _settled(self, labels: dict[str, Label]) -> list[int]:
        number = {name: index for index, name in enumerate(self.taxonomy.names)}
        settled = (labels.get(query.query_id) for query in self.queries)
        return [-1 if label is None or label.topic is None else number[label.topic] for label in settled]

    def _choose(self, row: Sequence[Annotation], probabilities: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> str:
        """The most probable of the topics that were said; the first annotator's among equals."""
        number = {name: index for index, name in enumerate(self.taxonomy.names)}
        said = [a.topic for a in row if a.topic is not None]
        return max(said, key=lambda topic: float(probabilities[number[topic]]))


def _by_query(annotations: Sequence[Annotation]) -> dict[str, list[Annotation]]:
    ordered = sorted(annotations, key=lambda a: a.query_id)
    return {query_id: list(row) for query_id, row in groupby(ordered, key=lambda a: a.query_id)}
