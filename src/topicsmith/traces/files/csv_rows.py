"""Rows out of CSV and TSV files."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager

from topicsmith.records import Dropped
from topicsmith.traces.base import TOO_LARGE, WRONG_TYPE, Row, SourceError
from topicsmith.traces.files.sources import Source
from topicsmith.traces.files.streams import MAX_ROW_BYTES, chunks


def csv_rows(source: Source) -> Iterator[Row | Dropped]:
    """The rows under the header line; an empty cell reads as ``None``, as the exporters of logs write it.

    Raises:
        SourceError: when there is no header, it is not UTF-8 text, or a quote never closes.
    """
    text = _text(source)
    with _large_fields():
        reader = csv.reader(text, delimiter="\t" if source.kind == ".tsv" else ",", strict=True)
        header: list[str] | None = None
        number = 0
        try:
            for number, cells in enumerate(reader):
                if header is None:
                    header = _checked_header(source, cells)
                elif len(cells) == len(header):
                    yield Row(source.name, number, {k: v or None for k, v in zip(header, cells, strict=True)})
                elif cells:
                    detail = f"{len(cells)} cells for {len(header)} columns"
                    yield Dropped(source.name, number, WRONG_TYPE, detail)
        except csv.Error as exc:
            raise SourceError(source.name, number + 1, "not CSV", "write it with RFC 4180 quotes", str(exc)) from None
    if header is None:
        raise SourceError(source.name, 0, "is empty", "check what wrote it")


def _checked_header(source: Source, cells: list[str]) -> list[str]:
    twice = {cell for cell in cells if cells.count(cell) > 1}
    if twice:
        raise SourceError(source.name, 1, "duplicate column", "rename one of them", repr(min(twice)))
    return cells


def _text(source: Source) -> Iterator[str]:
    """Lines with their line ends, decoded; quotes may hold line ends, so that is the unit the csv module wants."""
    raw = _Raw(chunks(source))
    with io.TextIOWrapper(io.BufferedReader(raw, 2**20), encoding="utf-8-sig", newline="") as text:
        try:
            while line := text.readline(MAX_ROW_BYTES):
                if len(line) >= MAX_ROW_BYTES:
                    raise SourceError(
                        source.name, 0, TOO_LARGE, "fix or remove it", f"a line over {MAX_ROW_BYTES:,} characters"
                    )
                yield line.replace("\0", "\ufffd")
        except UnicodeDecodeError:
            raise SourceError(source.name, 0, "not UTF-8 text", "save it as UTF-8") from None


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
