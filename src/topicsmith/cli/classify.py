"""``topicsmith classify``: a trained classifier over lines of text or JSON."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer

from topicsmith.errors import TraceError
from topicsmith.loading import load
from topicsmith.project import TraceSettings
from topicsmith.records import Trace
from topicsmith.traces.base import Row
from topicsmith.traces.detect import find_format
from topicsmith.traces.queries import Question, first_question

BATCH = 256
CONVERSATIONS = ("openai", "sharegpt")
"""The formats in which one line is a whole conversation."""


def classify(
    model: Annotated[Path, typer.Argument(help="A run folder (its best candidate answers) or a model folder.")],
    candidate: Annotated[str | None, typer.Option("--candidate", help="Another candidate of the run.")] = None,
    field: Annotated[str, typer.Option("--field", help="The field of a JSON line that holds the text.")] = "text",
    files: Annotated[
        list[Path] | None, typer.Option("--input", "-i", help="A file to read; '-' or none: stdin.")
    ] = None,
) -> None:
    """Classify lines of text or JSON.

    A line is plain text, a JSON object with a text field, or a conversation with messages. Writes one JSON object a
    line: topic, confidence, status; the lines of the answer are those of the input.
    """
    classifier = load(model, candidate)
    for batch in _batches(_lines(files or [Path("-")])):
        texts = [_text(line, field, number) for number, line in batch]
        for answer in classifier.predict(texts):
            document = {"topic": answer.topic, "confidence": answer.confidence, "status": answer.status}
            if answer.subtopic is not None:
                document["subtopic"] = answer.subtopic
            sys.stdout.write(orjson.dumps(document).decode() + "\n")
        sys.stdout.flush()


def _lines(files: list[Path]) -> Iterator[tuple[int, str]]:

    for path in files:
        if path == Path("-"):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # a text stream here
            yield from ((n, line.rstrip("\r\n")) for n, line in enumerate(sys.stdin, 1) if line.strip())
            continue
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                yield from ((n, line.rstrip("\r\n")) for n, line in enumerate(file, 1) if line.strip())
        except OSError as exc:
            raise TraceError(f"{path}: cannot be read: {exc.strerror}") from None


def _batches(lines: Iterator[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    batch: list[tuple[int, str]] = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _text(line: str, field: str, number: int) -> str:
    """The text to classify in one line; a line that is not a JSON object is the text itself."""
    if not line.lstrip().startswith("{"):
        return line
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        raise TraceError(
            f"line {number}: starts like JSON but is not valid ({exc}); fix it or send plain text"
        ) from None
    if isinstance(value.get(field), str):
        return str(value[field])
    question = _question(value, number)
    if question is None:
        raise TraceError(f"line {number}: has neither a text in '{field}' nor messages with a user's question")
    return question


def _question(value: dict[str, object], number: int) -> str | None:
    """What the user first asked in a conversation, found by the rule that built the training rows."""
    for name in CONVERSATIONS:
        offered = find_format(name)
        if offered.recognise(value) is None:
            continue
        for trace in offered.read([Row("line", number, value)], TraceSettings(path="-")):
            found = first_question(trace.messages) if isinstance(trace, Trace) else None
            if isinstance(found, Question):
                return found.text
    return None
