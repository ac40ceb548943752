"""The tables of one run, each read when it is first asked for and kept."""

from dataclasses import dataclass, replace
from functools import cached_property

from topicsmith.dataset.balance import balance
from topicsmith.dataset.sets import Sets, build
from topicsmith.dataset.splits import Assignment
from topicsmith.project import BalanceSettings
from topicsmith.records import Annotation, Label, Query, Split
from topicsmith.runs import RunFolder
from topicsmith.table_checks import check_ids
from topicsmith.tables import ASSIGNMENTS, read_annotations, read_frame, read_labels, read_queries
from topicsmith.taxonomy import Taxonomy

UNAUDITED = "labels_unaudited.parquet"
"""The labels as they were before a person's answers went into them, there while there are any."""


@dataclass(frozen=True)
class RunTables:
    """What earlier stages left in ``run``; with a ``taxonomy``, given topics by the names that it has for them.

    Raises:
        RunStateError: from any of them, when its table is missing or damaged.
    """

    run: RunFolder
    taxonomy: Taxonomy | None = None

    @cached_property
    def queries(self) -> list[Query]:
        """Every query, in the order of the input."""
        found = read_queries(self.run.file("queries.parquet"))
        return found if self.taxonomy is None else [_by_current_names(query, self.taxonomy) for query in found]

    @cached_property
    def annotations(self) -> list[Annotation]:
        """What every annotator said of every query."""
        path = self.run.file("annotations.parquet")
        found = read_annotations(path)
        check_ids(path, (annotation.query_id for annotation in found), self._ids)
        return found

    @cached_property
    def labels(self) -> list[Label]:
        """The labels that the project goes by."""
        return self._labels("labels.parquet")

    @cached_property
    def unaudited_labels(self) -> list[Label]:
        """The labels without a person's answers: what the annotators settled on."""
        return self._labels(UNAUDITED) if self.run.file(UNAUDITED).exists() else self.labels

    @cached_property
    def assignments(self) -> list[Assignment]:
        """Which split each query is in; ``splits.parquet`` has it too, in runs that know no ``assignments.parquet``."""
        own = self.run.file("assignments.parquet")
        path = own if own.exists() else self.run.file("splits.parquet")
        table = read_frame(path, ASSIGNMENTS)
        check_ids(path, table["query_id"], self._ids, every=True)
        return [Assignment(query_id, part, group) for query_id, part, group in table.iter_rows()]

    @cached_property
    def _ids(self) -> dict[str, None]:
        return dict.fromkeys(query.query_id for query in self.queries)

    def _labels(self, name: str) -> list[Label]:
        path = self.run.file(name)
        found = read_labels(path)
        check_ids(path, (label.query_id for label in found), self._ids)
        return found

    @cached_property
    def sets(self) -> Sets:
        """The three sets, before balancing; a person's answers teach, and leave the agreed test rows as they were."""
        return build(self.queries, self.labels, self.assignments, self.annotations, self.unaudited_labels)

    def balanced_sets(self, settings: BalanceSettings) -> Sets:
        """The three sets, training rows with the copies and weights that balancing gives them."""
        return replace(self.sets, train=balance(self.sets.train, settings).train)

    @cached_property
    def held_out(self) -> list[tuple[Split, Query]]:
        """Every validation and test row, labelled or not, in the order of the queries."""
        parts = {assignment.query_id: assignment.split for assignment in self.assignments}
        return [(parts[query.query_id], query) for query in self.queries if parts[query.query_id] != "train"]

    @cached_property
    def unlabelled(self) -> list[str]:
        """The texts that have no label and are in neither validation nor test, each once."""
        labelled = {label.query_id for label in self.labels if label.topic is not None}
        held = {query.query_id for _, query in self.held_out}
        left = (query.text for query in self.queries if query.query_id not in labelled | held)
        return list(dict.fromkeys(left))


def _by_current_names(query: Query, taxonomy: Taxonomy) -> Query:
    """``query`` with the names that the taxonomy has for its given topic and subtopic; what it lacks stays.

    A topic that was split up or removed is none any more, and which one it is now nobody has said.
    """
    if query.topic is None:
        return query
    topic = taxonomy.match(query.topic)
    if topic is None:
        return replace(query, topic=None, subtopic=None) if taxonomy.was_divided(query.topic) else query
    subtopic = query.subtopic and (taxonomy.match_subtopic(topic, query.subtopic) or query.subtopic)
    return (
        query if (topic, subtopic) == (query.topic, query.subtopic) else replace(query, topic=topic, subtopic=subtopic)
    )


@dataclass(frozen=True)
class _Asked:
    """What of ``agreement.json`` is read here."""

    topics: tuple[str, ...]


def asked_topics(run: RunFolder) -> tuple[str, ...]:
    """The topics that annotators were asked for.

    Raises:
        RunStateError: when nothing was labelled, or the file that says so is damaged.
    """
    return run.read("agreement.json", _Asked).topics
