"""Rows out of CSV files in their dialects; a record that is written wrongly costs itself alone."""

import csv
import io
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager

from topicsmith.records import Dropped
from topicsmith.traces.base import AS_UTF8, NOT_UTF8, TOO_LARGE, WRONG_TYPE, Row, SourceError
from topicsmith.traces.files.sources import Source
from topicsmith.traces.files.streams import MAX_ROW_BYTES, chunks

_DELIMITERS = (",", ";", "\t", "|")
_MOST_LINES = 20_000
"""A record of more lines is taken for one whose quote never closes."""

_MOST_AGAIN = 64 * 2**20
"""Characters that are read again after broken quotes in one file, before the file is given up."""

_LEFT_OUT = "\0\n"
"""Stands for a line beyond ``MAX_ROW_BYTES``; no line that is read has a zero."""

_MOST_FILLED = 1_000
"""Up to this column a short row has ``None`` for what it lacks; more would cost the width of the file for each row."""

NOT_CSV = "not CSV"


def csv_rows(source: Source) -> Iterator[Row | Dropped]:
    """The rows under the header line; an empty cell reads as ``None``, as the exporters of logs write it.

    What separates cells is told by the header: a comma, semicolon, tab or bar, or what a first line ``sep=`` says.
    Columns without a name, as trailing separators make them, are left out. A short row lacks its last cells.

    Raises:
        SourceError: when there is no header, it has a name twice or is no UTF-8, or too much is written wrongly.
    """
    with _large_fields():
        records = _Records(source)
        header = records.header()
        for number, found in enumerate(records.records(), 1):
            if isinstance(found, str):
                yield Dropped(source.name, number, *_reason(found))
            elif found:
                yield _row(source.name, number, header, found)


def _row(name: str, number: int, header: list[str], cells: list[str]) -> Row | Dropped:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        return Dropped(name, number, WRONG_TYPE, f"{len(cells)} cells for {len(header)} columns")
    short = header[len(cells) : _MOST_FILLED]
    filled = {key: cell or None for key, cell in zip(header, cells, strict=False) if key}
    return Row(name, number, {**filled, **dict.fromkeys(filter(None, short))})


def _reason(problem: str) -> tuple[str, str]:
    """The reason and the particulars of a record without cells."""
    if problem == NOT_UTF8:
        return NOT_UTF8, AS_UTF8
    if problem == TOO_LARGE:
        return TOO_LARGE, f"over {MAX_ROW_BYTES:,} characters"
    return NOT_CSV, f"{problem}; write it with RFC 4180 quotes"


class _Records:
    """The records of a file, each as cells, or as what is wrong with it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines = _lines(source)
        self._again: deque[str] = deque()
        self._read_again = 0
        self._taken: list[str] = []
        self._delimiter = "\t" if source.kind == ".tsv" else ","
        self._width = 0

    def header(self) -> list[str]:
        """The names of the columns; what separates cells is known from here on."""
        first = next((line for line in iter(self._next_line, None) if line.strip()), None)
        if first is None:
            raise SourceError(self._source.name, 0, "is empty", "check what wrote it")
        if first.lstrip("\ufeff \t").startswith(('{"', '[{"')):
            raise SourceError(self._source.name, 0, NOT_CSV, "give it the suffix .jsonl or .json", "it looks like JSON")
        told = first.strip().strip('"').casefold()
        if (told.startswith("sep=") and len(told) == len("sep=") + 1) or told == "sep=":
            self._delimiter = first.strip().strip('"')[4:] or "\t"
            first = next((line for line in iter(self._next_line, None) if line.strip()), "")
        else:
            self._delimiter = _delimiter(first, self._delimiter)
        self._again.appendleft(first)
        found = next(self.records(), [])
        if isinstance(found, str):
            raise SourceError(self._source.name, 1, *_reason(found))
        names = [cell.strip() for cell in found]
        while names and not names[-1]:
            names.pop()
        twice = {name for name, times in Counter(names).items() if name and times > 1}
        if twice:
            raise SourceError(self._source.name, 1, "duplicate column", "rename one of them", repr(min(twice)))
        self._width = len(names)
        return names

    def _next_line(self) -> str | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def _feed(self) -> Iterator[str]:
        size = 0
        while (line := self._next_line()) is not None:
            if not self._taken:
                size = 0
            self._taken.append(line)
            size += len(line)
            if len(self._taken) > _MOST_LINES:
                raise csv.Error("a quote never closes")
            if size > MAX_ROW_BYTES:
                raise csv.Error(TOO_LARGE)
            yield line

    def records(self) -> Iterator[list[str] | str]:
        """The records from here on: cells, or what is wrong with one."""
        while True:
            reader = csv.reader(self._feed(), delimiter=self._delimiter, strict=True)
            while True:
                self._taken = []
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as exc:
                    yield self._broken(str(exc))
                    break
                taken = self._taken
                if _LEFT_OUT in taken:
                    yield TOO_LARGE
                elif any("\udc80" <= character <= "\udcff" for cell in cells for character in cell):
                    yield NOT_UTF8
                elif len(taken) > 1 and self._width and len(cells) > self._width:
                    yield self._broken(f"{len(cells)} cells for {self._width} columns")
                    break
                else:
                    yield cells

    def _broken(self, problem: str) -> str:
        """Take the first line of what was read for broken, and the others for records again."""
        again = self._taken[1:]
        self._read_again += sum(map(len, again))
        if self._read_again > _MOST_AGAIN:
            raise SourceError(self._source.name, 0, NOT_CSV, "write it with RFC 4180 quotes", "too many broken quotes")
        self._again.extendleft(reversed(again))
        self._taken = []
        return problem


def _delimiter(header: str, usual: str) -> str:
    """What separates the names of columns: of the known characters the one with most of them outside quotes."""
    outside = "".join(part for number, part in enumerate(header.split('"')) if not number % 2)
    counts = {mark: outside.count(mark) for mark in _DELIMITERS}
    best = max(counts, key=lambda mark: (counts[mark], mark == usual))
    return best if counts[best] > counts[usual] and counts[best] else usual


def _lines(source: Source) -> Iterator[str]:
    """Lines with their line ends, decoded; quotes may hold line ends, so that is the unit the csv module wants.

    Bytes that are no UTF-8 become lone surrogates, by which the cell that has them is told.
    """
    raw = io.BufferedReader(_Raw(chunks(source)), 2**20)
    with io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        while line := text.readline(MAX_ROW_BYTES):
            if len(line) < MAX_ROW_BYTES:
                yield line.replace("\0", "\ufffd")
                continue
            while line and not line.endswith(("\n", "\r")):
                line = text.readline(MAX_ROW_BYTES)
            yield _LEFT_OUT


@contextmanager
def _large_fields() -> Iterator[None]:
    """The csv module's limit on a field is one for the whole process: raise it while reading, then put it back."""
    before = csv.field_size_limit(MAX_ROW_BYTES)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _Raw(io.RawIOBase):
    """A file made of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]  # the buffer protocol's own type
        """Fill ``target`` from the next piece."""
        if not self._held:
            self._held = memoryview(next(self._pieces, b""))
        size = min(len(target), len(self._held))
        target[:size] = self._held[:size]
        self._held = self._held[size:]
        return size
