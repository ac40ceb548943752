"""``topicsmith classify``: a trained classifier over lines of text, JSON, CSV or Parquet."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import orjson
import typer

from topicsmith.classifiers.base import Predictions
from topicsmith.loading import Classifier, load
from topicsmith.traces.input_rows import InputRow, input_rows

BATCH = 256


def classify(
    model: Annotated[Path, typer.Argument(help="A run folder (what it says to deploy answers) or a model folder.")],
    candidate: Annotated[str | None, typer.Option("--candidate", help="Another candidate of the run.")] = None,
    field: Annotated[str, typer.Option("--field", help="The field or column that holds the text.")] = "text",
    files: Annotated[
        list[Path] | None, typer.Option("--input", "-i", help="A file to read; '-' or none: stdin.")
    ] = None,
    threshold: Annotated[
        float, typer.Option("--threshold", min=0, max=1, help="Answers less sure than this get the status 'review'.")
    ] = 0.0,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Add the probability of every topic to each answer.")
    ] = False,
) -> None:
    """Classify lines of text or JSON, or the rows of CSV and Parquet files.

    A line is plain text, a JSON object with a text field, or a conversation with messages. Writes one JSON object for
    every row, whatever the row is: topic, confidence, status (ok, review, empty, unreadable, or why the classifier
    failed), and the row's own id where it has one. Exit code 1 only when no row could be read.
    """
    classifier = load(model, candidate)
    counts: Counter[str] = Counter()
    first = ""
    for batch in _batches(input_rows(files or [Path("-")], field)):
        for row, answer in zip(batch, _answers(classifier, batch, threshold, probabilities), strict=True):
            counts[str(answer["status"])] += 1
            first = first or (f"{row.where}: {row.problem}" if row.status == "unreadable" else "")
            sys.stdout.write(orjson.dumps(answer).decode() + "\n")
        sys.stdout.flush()
    if any(status != "ok" for status in counts):
        said = ", ".join(f"{count:,} {status}" for status, count in counts.most_common())
        named = f"; the first unreadable is {first}" if first else ""
        sys.stderr.write(f"classify: {counts.total():,} rows: {said}{named}\n")
    if counts and counts["unreadable"] == counts.total():
        raise typer.Exit(1)


def _batches(rows: Iterable[InputRow]) -> Iterator[list[InputRow]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


def _answers(
    classifier: Classifier, batch: list[InputRow], threshold: float, probabilities: bool
) -> list[dict[str, object]]:
    """One answer a row, in order; only rows with a text are asked of the classifier."""
    texts = [row.text for row in batch if row.status == "ok"]
    found = classifier.predict(texts) if texts else Predictions(())
    shares_of = [None] * len(texts) if found.probabilities is None else list(found.probabilities)
    answered = zip(found, shares_of, strict=True)
    answers: list[dict[str, object]] = []
    for row in batch:
        document: dict[str, object] = {} if row.id is None else {"id": row.id}
        if row.status != "ok":
            answers.append({**document, "topic": None, "confidence": None, "status": row.status})
            continue
        answer, shares = next(answered)
        sure = answer.confidence is None or answer.confidence >= threshold
        status = "review" if answer.status == "ok" and not sure else answer.status
        document |= {"topic": answer.topic, "confidence": answer.confidence, "status": status}
        if answer.subtopic is not None:
            document["subtopic"] = answer.subtopic
        if probabilities and shares is not None:
            document["probabilities"] = dict(zip(classifier.classes_, map(float, shares), strict=True))
        answers.append(document)
    return answers
