"""Answers as JSON lines, CSV or Parquet."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import orjson
import polars as pl

from topicsmith.answering.answers import RowAnswer
from topicsmith.atomic_files import replacing
from topicsmith.csv_cells import escaped
from topicsmith.errors import UserError
from topicsmith.table_checks import Schema
from topicsmith.traces.files.table_writer import Parts, write_table

COLUMNS = ("id", "text", "topic", "subtopic", "confidence", "status", "problem")
"""The columns of every answer."""

PROBABILITY = "probability of "
"""Begins the names of the columns of probabilities in CSV and Parquet; the topic's name follows."""


def to_line(answer: RowAnswer) -> bytes:
    """An answer as a JSON object without a line end; ``topic``, ``confidence`` and ``status`` are always there."""
    document: dict[str, object] = {} if answer.id is None else {"id": answer.id}
    if answer.text is not None:
        document["text"] = answer.text
    document |= {"topic": answer.topic, "confidence": answer.confidence, "status": answer.status}
    also = {"subtopic": answer.subtopic, "problem": answer.problem, "taxonomy": answer.taxonomy,
            "member": answer.member}  # fmt: skip
    for key, value in also.items():
        if value is not None:
            document[key] = value
    document.update(answer.kept)
    if answer.probabilities is not None:
        document["probabilities"] = dict(answer.probabilities)
    return orjson.dumps(document)


@dataclass(frozen=True)
class MoreColumns:
    """Columns beside those of every answer: fields that were ``kept``, and the ``topics`` with probabilities.

    With ``taxonomy`` the version of the topics stands beside every answer, with ``member`` who gave it.
    """

    topics: Sequence[str] = ()
    kept: Sequence[str] = ()
    taxonomy: bool = False
    member: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns of text."""
        own = [name for name, wanted in (("taxonomy", self.taxonomy), ("member", self.member)) if wanted]
        return (*own, *self.kept)


def write_answers(out: Path, lines: Iterable[bytes], more: MoreColumns) -> None:
    """Write answers, given as JSON lines, to ``out`` in the form that its suffix names: whole or not at all.

    Raises:
        UserError: when the suffix names no form.
        StorageError: when the disk is full or failing.
    """
    write = writer_of(out)
    with replacing(out) as temporary:
        write(temporary, lines, more)


def writer_of(out: Path) -> Callable[[Path, Iterable[bytes], MoreColumns], None]:
    """What writes the form that the suffix of ``out`` names.

    Raises:
        UserError: when it names none.
    """
    if out.suffix.lower() not in _WRITERS:
        raise UserError(f"{out}: the suffix names no form of answers; end it in {', '.join(_WRITERS)}")
    return _WRITERS[out.suffix.lower()]


def _json_lines(path: Path, lines: Iterable[bytes], _more: MoreColumns) -> None:
    with path.open("wb") as file:
        file.writelines(lines)


def _csv(path: Path, lines: Iterable[bytes], more: MoreColumns) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(escaped(_schema(more)))
        for line in lines:
            writer.writerow(escaped(_cells(line, more)))


def _parquet(path: Path, lines: Iterable[bytes], more: MoreColumns) -> None:
    schema = _schema(more)
    with TemporaryDirectory(prefix=f".{path.name}", dir=path.parent) as workspace:
        parts = Parts(Path(workspace) / "parts", schema)
        for line in lines:
            parts.add(_cells(line, more))
        parts.flush()
        write_table(path, schema, parts.scan())


def _schema(more: MoreColumns) -> Schema:
    shares = {f"{PROBABILITY}{topic}": pl.Float64 for topic in more.topics}
    own = {name: pl.String if name != "confidence" else pl.Float64 for name in COLUMNS}
    return {**own, **dict.fromkeys(more.texts, pl.String), **shares}


def _cells(line: bytes, more: MoreColumns) -> tuple[object, ...]:
    answer = orjson.loads(line)
    shares = answer.get("probabilities") or {}
    return (*(answer.get(column) for column in (*COLUMNS, *more.texts)), *(shares.get(topic) for topic in more.topics))


_WRITERS = MappingProxyType({".jsonl": _json_lines, ".csv": _csv, ".parquet": _parquet})
