"""Rows in, answers out: as a stream, or into a file that a killed process completes when it is started again."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

import orjson

from topicsmith.answering.answers import BATCH, AnswerSettings, answers
from topicsmith.answering.output import MoreColumns, to_line, write_answers
from topicsmith.answering.unfinished import unfinished_answers
from topicsmith.atomic_files import sha256
from topicsmith.classifiers.base import Assembled, follows_edits
from topicsmith.classifiers.model_folder import MANIFEST
from topicsmith.loading import Classifier
from topicsmith.traces.files.sources import Source
from topicsmith.traces.input_rows import STDIN_NAME, InputRow, InputSettings, input_rows
from topicsmith.version import __version__


@dataclass
class Tally:
    """The answers by status, the first unreadable row, and how many answers an earlier process had left."""

    statuses: Counter[str] = field(default_factory=Counter)
    first_unreadable: InputRow | None = None
    resumed: int = 0

    def watch(self, rows: Iterable[InputRow]) -> Iterator[InputRow]:
        """``rows``, looked at as they pass."""
        for row in rows:
            if row.status == "unreadable" and self.first_unreadable is None:
                self.first_unreadable = row
            yield row

    @property
    def nothing_read(self) -> bool:
        """Whether there were rows and none could be read."""
        return 0 < self.statuses["unreadable"] == self.statuses.total()


@dataclass(frozen=True)
class BulkJob:
    """What is to be answered by what, and how."""

    classifier: Classifier
    sources: Sequence[Source]
    reading: InputSettings
    saying: AnswerSettings

    def stream(self, write: Callable[[list[bytes]], None]) -> Tally:
        """RowAnswer every row; ``write`` is given JSON lines without their ends, a batch at a time.

        Raises:
            TraceError: when a file, or the rest of it, cannot be read.
        """
        return self._answer(0, write)

    def to_file(self, out: Path) -> Tally:
        """RowAnswer every row into ``out``: whole or not at all; going on where an earlier process stopped.

        Raises:
            TraceError: as :meth:`stream`; the answers so far are kept.
            UserError: when the suffix of ``out`` names no form, or another process writes it.
            StorageError: when the disk is full or failing.
        """
        topics = self.classifier.classes_ if self.saying.probabilities else ()
        with unfinished_answers(out, self._identity()) as unfinished:
            tally = self._answer(unfinished.done, unfinished.add)
            if unfinished.done:
                tally.statuses = Counter(orjson.loads(line)["status"] for line in unfinished.lines())
            model = self.classifier.model
            write_answers(
                out,
                unfinished.lines(),
                MoreColumns(topics, self.reading.keep, follows_edits(model), isinstance(model, Assembled)),
            )
        return tally

    def _answer(self, done: int, write: Callable[[list[bytes]], None]) -> Tally:
        tally = Tally(resumed=done)
        rows = tally.watch(input_rows(self.sources, self.reading))
        for _ in islice(rows, done):
            pass
        answered = answers(self.classifier, rows, self.saying)
        while batch := list(islice(answered, BATCH)):
            tally.statuses.update(answer.status for answer in batch)
            write([to_line(answer) for answer in batch])
        return tally

    def _identity(self) -> dict[str, object]:
        """What must be the same for earlier answers to count; standard input is never the same."""
        return {
            "files": [_identity_of(source) for source in self.sources],
            "model": sha256(self.classifier.folder / MANIFEST),
            "calibration": str(self.classifier.calibration),
            "reading": asdict(self.reading),
            "saying": asdict(self.saying),
            "version": __version__,
        }


def _identity_of(source: Source) -> dict[str, object]:
    if source.name == STDIN_NAME:
        return {"process": os.getpid(), "at": time.time_ns()}
    status = source.path.stat()
    return {"path": str(source.path.resolve()), "size": status.st_size, "mtime_ns": status.st_mtime_ns}
