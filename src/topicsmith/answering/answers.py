"""One answer for every row of the input, whatever the row is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from topicsmith.loading import Classifier
from topicsmith.traces.input_rows import InputRow

BATCH = 256

AnswerStatus = Literal["ok", "review", "empty", "unreadable", "failed"]


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What is said of one row.

    ``status`` is ``review`` where the classifier is less sure than it has to be, and ``failed`` where it gave no
    topic; ``problem`` says why a row is ``empty``, ``unreadable`` or ``failed``. ``id`` and ``text`` are the row's,
    ``probabilities`` those of the model by topic, where they are wanted, ``kept`` the row's fields that are.
    ``taxonomy`` is the version of the topics that the answer was given by, where they may change; ``member`` the
    candidate that gave it, of a classifier made of several.
    """

    id: str | None
    topic: str | None
    confidence: float | None
    status: AnswerStatus
    subtopic: str | None = None
    problem: str | None = None
    text: str | None = None
    probabilities: Mapping[str, float] | None = None
    kept: Mapping[str, str | None] = field(default_factory=dict)
    taxonomy: str | None = None
    member: str | None = None


@dataclass(frozen=True)
class AnswerSettings:
    """What an answer holds and when it may stand: ``threshold`` is the least confidence, ``None`` that of the run."""

    threshold: float | None = None
    probabilities: bool = False
    text: bool = False


def answers(classifier: Classifier, rows: Iterable[InputRow], settings: AnswerSettings) -> Iterator[RowAnswer]:
    """One answer a row, in order; memory holds one batch."""
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield from _batch(classifier, batch, settings)


def _batch(classifier: Classifier, batch: list[InputRow], settings: AnswerSettings) -> Iterator[RowAnswer]:
    """The answers to a batch; only rows with a text are asked of the classifier."""
    texts = [row.text for row in batch if row.status == "ok"]
    found, stands = classifier.predict_sure(texts, settings.threshold)
    shares = None if found.probabilities is None or not settings.probabilities else found.probabilities.tolist()
    position = -1
    for row in batch:
        text = row.text if settings.text and row.status == "ok" else None
        if row.status != "ok":
            yield RowAnswer(row.id, None, None, row.status, problem=row.problem, text=text, kept=row.kept)
            continue
        position += 1
        said = found.items[position]
        probabilities = None if shares is None else dict(zip(classifier.classes_, shares[position], strict=True))
        if said.topic is None:
            yield RowAnswer(
                row.id, None, None, "failed", None, said.status, text, probabilities=probabilities, kept=row.kept
            )
            continue
        status: AnswerStatus = "ok" if stands[position] else "review"
        yield RowAnswer(
            row.id,
            said.topic,
            said.confidence,
            status,
            said.subtopic,
            None,
            text,
            probabilities,
            row.kept,
            said.taxonomy,
            said.member,
        )
