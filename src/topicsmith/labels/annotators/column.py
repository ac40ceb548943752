"""``table:COLUMN``: labels that somebody gave earlier and that came along with the data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from topicsmith.errors import ProjectError
from topicsmith.labels.annotators.base import Annotator, AnnotatorContext
from topicsmith.records import LONGEST_SAID, Annotation, Query
from topicsmith.taxonomy import Taxonomy


@dataclass(frozen=True)
class GivenAnnotator:
    """Reads its answers from one metadata column."""

    name: str
    column: str
    taxonomy: Taxonomy

    def annotate(self, queries: Sequence[Query]) -> Iterator[Annotation]:
        """One annotation per query: empty values abstain, values that are no topic are off the taxonomy.

        Raises:
            ProjectError: when no query has the column.
        """
        if queries and not any(self.column in query.metadata for query in queries):
            known = sorted({key for query in queries[:1000] for key in query.metadata})
            raise ProjectError(
                f"'{self.name}': the traces have no column '{self.column}'; they have: {', '.join(known) or 'none'}"
            )
        for query in queries:
            yield self._read(query)

    def _read(self, query: Query) -> Annotation:
        value = query.metadata.get(self.column)
        answer = "" if value is None else str(value).strip()
        if not answer:
            return Annotation(query.query_id, self.name, None, None, "abstained", requested_model=self.name)
        topic = self.taxonomy.match(answer)
        if topic is None:
            said = answer[:LONGEST_SAID]
            return Annotation(
                query.query_id, self.name, None, None, "off_taxonomy", requested_model=self.name, said=said
            )
        return Annotation(query.query_id, self.name, topic, None, "labelled", requested_model=self.name)


def make(column: str, context: AnnotatorContext) -> Annotator:
    """The annotator ``table:column``."""
    return GivenAnnotator(f"table:{column}", column, context.taxonomy)
