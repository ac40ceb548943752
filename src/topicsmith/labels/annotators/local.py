"""``local:METHOD``: annotators that need no key, no network and no GPU.

They compare a query with what each topic says of itself: its name, description, examples and subtopics.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from topicsmith.errors import ProjectError
from topicsmith.labels.annotators.base import Annotator, AnnotatorContext
from topicsmith.labels.annotators.keywords import KeywordScorer
from topicsmith.labels.annotators.similarity import Scorer, similarity_scorer
from topicsmith.records import Annotation, Query, Usage
from topicsmith.taxonomy import Taxonomy, Topic

_METHODS: dict[str, Callable[[Sequence[Topic]], Scorer]] = {
    "keywords": KeywordScorer,
    "similarity": similarity_scorer,
}
_BATCH = 512


@dataclass(frozen=True)
class LocalAnnotator:
    """Gives each query the topic of the highest score; what fits nowhere goes to the catch-all, or abstains."""

    name: str
    taxonomy: Taxonomy
    make_scorer: Callable[[Sequence[Topic]], Scorer]

    @cached_property
    def _candidates(self) -> tuple[Topic, ...]:
        """The topics that are scored: the catch-all takes what is left, so that it needs no words of its own."""
        return tuple(topic for topic in self.taxonomy.topics if topic.name != self.taxonomy.catch_all)

    def annotate(self, queries: Sequence[Query]) -> Iterator[Annotation]:
        """One annotation per query, in order."""
        scorer = self.make_scorer(self._candidates)
        for start in range(0, len(queries), _BATCH):
            batch = queries[start : start + _BATCH]
            scores = scorer.scores([query.text for query in batch])
            for query, row in zip(batch, scores, strict=True):
                best = int(row.argmax())
                nowhere = scorer.is_nothing(float(row[best]))
                topic = self.taxonomy.catch_all if nowhere else self._candidates[best].name
                yield Annotation(
                    query.query_id,
                    self.name,
                    topic,
                    None,
                    "abstained" if topic is None else "labelled",
                    usage=Usage(cost_usd=0.0),
                    requested_model=self.name,
                    served_model=scorer.served_model,
                )


def make(method: str, context: AnnotatorContext) -> Annotator:
    """The annotator ``local:method``.

    Raises:
        ProjectError: when there is no such method.
    """
    if method not in _METHODS:
        raise ProjectError(f"unknown annotator 'local:{method}'; known: {', '.join(f'local:{m}' for m in _METHODS)}")
    return LocalAnnotator(f"local:{method}", context.taxonomy, _METHODS[method])
