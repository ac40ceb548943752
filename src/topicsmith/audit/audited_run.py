"""What of a run an audit needs: rows, near-copies, answers of classifiers and of a person."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from topicsmith.audit.draw import KnownRow
from topicsmith.audit.judged import AuditedRowSet, audited_rows_of
from topicsmith.audit.sample import AuditAnswer, AuditSample, Frame, Part, from_document
from topicsmith.audit.strata import sureness
from topicsmith.labels.quality import near_copy_groups
from topicsmith.records import Prediction
from topicsmith.run_tables import RunTables, asked_topics
from topicsmith.runs import RunFolder
from topicsmith.tables import read_predictions

SAMPLE = "audit.json"
ANSWERS = "audit_answers.json"
"""Where a person's answers are kept; they are labels from the next run on."""

_LABEL_RIGHT = {True: 0.8, False: 0.5}  # what is expected of a label, agreed or not, where nobody has looked


@dataclass(frozen=True)
class _Named:
    """What of a choice or a row of the leaderboard is read here."""

    candidate: str | None


@dataclass(frozen=True)
class _Answers:
    """What of the file of answers is read back."""

    answers: tuple[AuditAnswer, ...]


@dataclass(frozen=True)
class AuditedRun:
    """What of ``run`` an audit needs, each read when first asked for."""

    run: RunFolder

    @cached_property
    def tables(self) -> RunTables:
        """Queries, labels and splits."""
        return RunTables(self.run)

    @cached_property
    def parts(self) -> dict[str, Part]:
        """By query, whether it is a test row; none is before the run has splits."""
        made = any(self.run.file(name).exists() for name in ("assignments.parquet", "splits.parquet"))
        split = {each.query_id: each.split for each in self.tables.assignments} if made else {}
        return {q.query_id: "test" if split.get(q.query_id) == "test" else "other" for q in self.tables.queries}

    @property
    def test(self) -> dict[str, Part]:
        """The test rows alone."""
        return {query_id: part for query_id, part in self.parts.items() if part == "test"}

    @cached_property
    def groups(self) -> dict[str, str]:
        """By query, its near-copies."""
        return near_copy_groups(self.tables.queries)

    @cached_property
    def sample(self) -> AuditSample | None:
        """What was drawn so far."""
        if not self.run.file(SAMPLE).exists():
            return None
        return from_document(self.run.read_json(SAMPLE))

    @cached_property
    def answers(self) -> list[AuditAnswer]:
        """What a person said."""
        return audit_answers(self.run)

    @property
    def topics(self) -> tuple[str, ...]:
        """Those asked for, then others that a person named under the names they had."""
        asked = asked_topics(self.run)
        others = {answer.topic for answer in self.answers if answer.topic is not None} - set(asked)
        return (*asked, *sorted(others))

    @cached_property
    def annotators(self) -> dict[str, dict[str, str | None]]:
        """What each annotator said; an adjudicator was asked about disputes only, and is left out."""
        said: dict[str, dict[str, str | None]] = defaultdict(dict)
        for annotation in self.tables.annotations:
            said[annotation.annotator][annotation.query_id] = annotation.topic
        return {name: topics for name, topics in said.items() if len(topics) == len(self.tables.queries)}

    @cached_property
    def predictions(self) -> dict[str, dict[str, Prediction]]:
        """By candidate, its answers to the test rows."""
        found = {
            path.stem: read_predictions(path, "test") for path in sorted(self.run.file("predictions").glob("*.parquet"))
        }
        return {name: answers for name, answers in found.items() if answers}

    @property
    def judged_candidate(self) -> str | None:
        """The candidate that the run deploys, otherwise the first of its ranking."""
        choice, board = self.run.file("choice.json"), self.run.file("leaderboard.json")
        chosen = self.run.read("choice.json", _Named).candidate if choice.exists() else None
        if chosen is None and board.exists():
            rows = self.run.read("leaderboard.json", list[_Named])
            chosen = rows[0].candidate if rows else None
        return chosen if chosen in self.predictions else None

    def known_rows(self, source: Frame) -> list[KnownRow]:
        """The rows to draw from, with what is expected of them."""
        origin = {label.query_id: label.origin for label in self.tables.unaudited_labels}
        candidate = self.judged_candidate
        answers = self.predictions[candidate] if candidate is not None else {}
        found = []
        for query in self.tables.queries:
            part = self.parts[query.query_id]
            if source == "test" and part != "test":
                continue
            agreed = origin.get(query.query_id) in ("agreed", "given")
            answer = answers.get(query.query_id)
            sure = _LABEL_RIGHT[agreed] if answer is None else self._sure(query.query_id, answer)
            found.append(KnownRow(query, part, agreed, sure))
        return found

    def _sure(self, query_id: str, answer: Prediction) -> float:
        said = [topics[query_id] for topics in self.annotators.values()]
        shared = sum(topic == answer.topic for topic in said) / len(said) if said and answer.topic else 0.5
        confidence = np.nan if answer.confidence is None else answer.confidence
        return float(sureness(np.array([confidence]), np.array([shared]))[0])

    def rows_of(self, parts: Mapping[str, Part]) -> AuditedRowSet | None:
        """What a person said of some rows; topics that the taxonomy lacks are those of :attr:`topics`."""
        if self.sample is None or not parts:
            return None
        return audited_rows_of(self.sample, self.answers, parts, self.groups)


def audit_answers(run: RunFolder) -> list[AuditAnswer]:
    """What a person said of rows of ``run``, in all sheets read so far."""
    if not run.file(ANSWERS).exists():
        return []
    return list(run.read(ANSWERS, _Answers).answers)
