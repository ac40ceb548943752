"""The rows of a run that shares rest on: test rows with their truth, and the run's own queries as the rows to count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from topicsmith.advice.choice import chosen_candidate
from topicsmith.audit.audited_run import audit_answers
from topicsmith.audit.run import audit_weights
from topicsmith.errors import RunStateError, UserError
from topicsmith.project_file import read_project
from topicsmith.records import Prediction, Query
from topicsmith.run_tables import RunTables, asked_topics
from topicsmith.runs import RunFolder
from topicsmith.shares.measure import FEWEST_AUDITED
from topicsmith.shares.rows import ShareRows, share_rows
from topicsmith.suggestions import did_you_mean
from topicsmith.tables import read_predictions
from topicsmith.taxonomy import Taxonomy, Topic

OWN = "the run's own queries"
LABELS = "the annotators' labels"


@dataclass(frozen=True)
class CountedRow:
    """What a row to be counted can be grouped by: the ``time`` of its trace, and ``fields`` of any name.

    ``name`` is the row's id where it has one, ``trace`` that of its trace, and ``text`` what was asked where it is
    kept.
    """

    time: str | None
    fields: Mapping[str, object]
    name: str | None = None
    trace: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Traffic:
    """The rows to be counted, as ``answered_by`` somebody, and what they are grouped by, in the same order.

    ``judged`` are the rows whose confusion of the same answers can correct them. ``left_out`` counts rows without a
    text, which are about nothing. ``same_truth`` is whether rows of a known truth are judged by what the run's test
    rows are judged by. ``notes`` are lines for the reader.
    """

    name: str
    answered_by: str
    rows: ShareRows
    judged: ShareRows
    counted: Sequence[CountedRow]
    same_truth: bool
    left_out: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunRows:
    """The rows of ``run`` as one candidate answers them.

    Raises:
        RunStateError: from any of them, when a table is missing or damaged.
    """

    run: RunFolder
    candidate: str

    @cached_property
    def tables(self) -> RunTables:
        """The run's tables, topics by the names that the project has for them where it can be read."""
        project = self.run.project_file
        try:
            return RunTables(self.run, None if project is None else read_project(project).taxonomy)
        except UserError:
            return RunTables(self.run)

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The topics that were asked for."""
        if self.tables.taxonomy is not None:
            return self.tables.taxonomy
        return Taxonomy(tuple(Topic(name) for name in asked_topics(self.run)))

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """The topics of the taxonomy, then others that rows truly have or were answered with."""
        others = {*self._truth.values(), *(answer.topic for answer in self._answers.values())} - {None}
        return (*self.taxonomy.names, *sorted(str(topic) for topic in others - set(self.taxonomy.names)))

    @property
    def truth(self) -> Literal["given", "labels"]:
        """What test rows are judged by: topics that the input gives, or the labels that annotators agreed on."""
        return self.tables.sets.test.truth

    @cached_property
    def judged(self) -> ShareRows:
        """The test rows that have a truth."""
        return self._rows({row.query_id: row.topic for row in self.tables.sets.test})

    def split(self, name: Literal["validation", "test"]) -> ShareRows:
        """All rows of a split, those with a truth and those without."""
        known = {
            query.query_id: self._truth.get(query.query_id) for part, query in self.tables.held_out if part == name
        }
        return self._rows(known)

    @cached_property
    def queries(self) -> dict[str, Query]:
        """By the id of the query, and by that of its trace where only one query has it."""
        by_trace: dict[str, Query | None] = {}
        for query in self.tables.queries:
            by_trace[query.trace_id] = None if query.trace_id in by_trace else query
        alone = {trace: query for trace, query in by_trace.items() if query is not None}
        return alone | {query.query_id: query for query in self.tables.queries}

    def traffic(self, labels: bool = True) -> Traffic:
        """The run's own queries: all where the input gives the topic of each, otherwise validation and test rows.

        Where a person has audited rows and the input gives no topics, all queries are counted as they are labelled, and
        the person's answers are the truth; with ``labels`` false the validation and test rows as they are answered.
        """
        queries = self.tables.queries
        if all(query.topic is not None for query in queries):
            return self._own(queries, self._rows({query.query_id: query.topic for query in queries}))
        told = {a.query_id: a.topic for a in audit_answers(self.run)} if self.truth == "labels" else {}
        undecided = sum(topic is None for topic in told.values())
        notes = (f"{undecided:,} audited rows could not be decided and are taken to be like the others",)
        if labels and len(told) - undecided >= FEWEST_AUDITED:
            found = self._own(queries, self._labelled(told))
            nobody = share_rows(self.topics, [])
            return replace(found, answered_by=LABELS, judged=nobody, notes=notes if undecided else ())
        held_out = [query for _, query in self.tables.held_out]
        known = {query.query_id: told.get(query.query_id) for query in held_out}
        rows = replace(self._rows(known, self._origins), weights=np.array(self._weights(list(known), told)))
        return replace(self._own(held_out, rows), notes=notes if undecided else ())

    def _own(self, queries: Sequence[Query], rows: ShareRows) -> Traffic:
        counted = [CountedRow(q.time, q.metadata, q.query_id, q.trace_id, q.text) for q in queries]
        return Traffic(OWN, self.candidate, rows, self.judged, counted, same_truth=self.truth == "given")

    def _labelled(self, told: Mapping[str, str | None]) -> ShareRows:
        """All queries as they were labelled before the audit, and what the person said of them."""
        labels = {label.query_id: label.topic for label in self.tables.unaudited_labels}
        ids = [query.query_id for query in self.tables.queries]
        return share_rows(
            self.topics,
            [labels.get(query_id) for query_id in ids],
            [told.get(query_id) for query_id in ids],
            [self.groups_by_query[query_id] for query_id in ids],
            [self._origins.get(query_id, "pending") for query_id in ids],
            self._weights(ids, told),
        )

    def _weights(self, ids: Sequence[str], told: Mapping[str, str | None]) -> list[float]:
        """How many rows each row that a person answered stands for, 1 for the others.

        A row told in an audit that can no longer be weighed counts as one.
        """
        weights = audit_weights(self.run)
        usual = sum(weights.values()) / len(weights) if weights else 1.0
        return [weights.get(query_id, usual) if told.get(query_id) else 1.0 for query_id in ids]

    @cached_property
    def _origins(self) -> dict[str, str]:
        """The origin of each label before the audit, by which its rows were drawn."""
        return {label.query_id: label.origin for label in self.tables.unaudited_labels}

    @cached_property
    def groups_by_query(self) -> dict[str, str]:
        """The group of near-copies of each query."""
        return {each.query_id: each.group or each.query_id for each in self.tables.assignments}

    @cached_property
    def _answers(self) -> dict[str, Prediction]:
        path = self.run.predictions(self.candidate)
        if not path.is_file():
            have = sorted(each.stem for each in path.parent.glob("[!.]*.parquet"))
            raise RunStateError(
                f"{self.run.path}: has no predictions of '{self.candidate}'; "
                f"{did_you_mean(self.candidate, have)}it has: {', '.join(have) or 'none'}"
            )
        return read_predictions(path, "validation") | read_predictions(path, "test")

    @cached_property
    def _truth(self) -> dict[str, str | None]:
        if self.truth == "given":
            return {query.query_id: query.topic for query in self.tables.queries}
        return {label.query_id: label.topic for label in self.tables.labels}

    def _rows(self, truth: Mapping[str, str | None], strata: Mapping[str, str] | None = None) -> ShareRows:
        answers = [self._answers.get(query_id) for query_id in truth]
        return share_rows(
            self.topics,
            [None if answer is None else answer.topic for answer in answers],
            list(truth.values()),
            [self.groups_by_query[query_id] for query_id in truth],
            None if strata is None else [strata.get(query_id, "pending") for query_id in truth],
        )


def run_rows(run: RunFolder, where: Path, candidate: str | None) -> RunRows:
    """The rows of ``run`` as ``candidate`` answers them, or its choice; ``where`` is what the user wrote for the run.

    Raises:
        ModelFolderError: when no candidate is named and there is nothing to deploy yet.
    """
    return RunRows(run, candidate or chosen_candidate(run, where))
