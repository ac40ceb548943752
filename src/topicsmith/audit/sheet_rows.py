"""The rows of a filled-in sheet, whatever program saved it: separators, encodings, line ends and quotes."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from topicsmith.csv_cells import unescape
from topicsmith.errors import ProjectError
from topicsmith.json_file import parse_json
from topicsmith.plain_files import read_plain

SAVE_AS = "save it as 'CSV UTF-8'"
_SEPARATORS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.?)"?[,;\t|\s]*', re.IGNORECASE)
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MARKS = ("\ufeff", "ï»¿")  # the mark of UTF-8, and what it looks like to a program that reads Windows-1252
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row: the ``line`` of the file it begins in, and its cells by column, or the ``problem`` with all of it."""

    line: int
    cells: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SheetContent:
    """The rows that are not empty, and ``notes`` on what was guessed, a line each."""

    rows: tuple[SheetRow, ...]
    notes: tuple[str, ...]


def read_rows(path: Path) -> SheetContent:
    """The rows of the sheet at ``path``: JSON lines where it ends in ``.jsonl``, otherwise CSV.

    Names of columns are in small letters with ``_`` for blanks; cells are as they were before escaping.

    Raises:
        ProjectError: when the file cannot be read at all, is a workbook, in no known encoding, or lacks a column.
    """
    text, notes = _decoded(path)
    rows = _json_rows(text) if path.suffix.lower() == ".jsonl" else _csv_rows(path, text)
    return SheetContent(tuple(row for row in rows if row.problem or any(map(str.strip, row.cells.values()))), notes)


def _decoded(path: Path) -> tuple[str, tuple[str, ...]]:
    try:
        data = read_plain(path)
    except FileNotFoundError:
        raise ProjectError(f"{path}: no such file") from None
    except OSError as error:
        cure = f"close it where it is open, or {SAVE_AS} and name that file"
        raise ProjectError(f"{path}: cannot be read ({error.strerror}); {cure}") from None
    if data.startswith(_WORKBOOK):
        raise ProjectError(f"{path}: is a workbook, not CSV; {SAVE_AS} and name that file")
    try:
        text = data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        return _as_windows(path, data, error.start)
    if "\0" in text[:2]:
        raise ProjectError(f"{path}: looks like UTF-16 without its mark; {SAVE_AS}")
    return text, ()


def _as_windows(path: Path, data: bytes, at: int) -> tuple[str, tuple[str, ...]]:
    """What spreadsheets in Western Europe and America save as plain 'CSV'."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise ProjectError(f"{path}: not UTF-8 (byte {at}); {SAVE_AS}") from None
    return text, (f"{path}: not UTF-8 (byte {at}), read as Windows-1252; if its letters come out wrong, {SAVE_AS}",)


def _json_rows(text: str) -> Iterator[SheetRow]:
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if not line.strip():
            continue
        try:
            row = parse_json(line.encode("utf-8", "surrogatepass"), "line", ProjectError, "write it as it was")
        except ProjectError as error:
            yield SheetRow(number, {}, str(error).removeprefix("line: "))
            continue
        if isinstance(row, dict):
            yield SheetRow(number, {_name(key): "" if value is None else str(value) for key, value in row.items()})
        else:
            yield SheetRow(number, {}, "a JSON object with query_id and topic was expected")


def _csv_rows(path: Path, text: str) -> Iterator[SheetRow]:
    lines = list(io.StringIO(text, newline=""))
    with _fields_up_to(len(text)):
        header = _header(path, lines)
        names = header.names
        for line, read in _records(lines, header.line, header.separator, header.width):
            found = read if isinstance(read, str) or not header.inner else _unpacked(read, header)
            if isinstance(found, str):
                yield SheetRow(line, {}, found)
            elif any(cell.strip() for cell in found[len(names) :]):
                yield SheetRow(line, {}, f"{_too_many(found, len(names))}; quote cells that hold a separator")
            else:
                yield SheetRow(line, {name: unescape(cell) for name, cell in zip(names, found, strict=False) if name})


@dataclass(frozen=True, slots=True)
class _Header:
    """The ``line`` of the names, counted from 1, the names, what separates cells, and how many cells the line has.

    A spreadsheet of another language shows whole lines in its first column, and saves them so: then ``inner``
    separates the names in the first cell.
    """

    line: int
    names: list[str]
    separator: str
    width: int
    inner: str = ""


def _header(path: Path, lines: Sequence[str]) -> _Header:
    separators, number, names = _SEPARATORS, 0, [""]
    for number, line in enumerate(lines, start=1):
        if said := _SEPARATOR_LINE.fullmatch(line):
            separators = said[1].strip(' "\r') + separators
        elif line.strip(f'{_SEPARATORS}"\ufeff \r\n'):
            header = _told(line, number, separators)
            names = header.names
            if _usable(names):
                _check_single(path, number, names)
                return header
            break
    missing = "topic" if {"query_id", "text"} & set(names) else "query_id"
    here = ", ".join(name for name in names if name)[:80] or "none"
    raise ProjectError(
        f"{path}:{number or 1}: missing column '{missing}' (here: {here}); keep the first line as it was written"
    )


def _told(line: str, number: int, separators: str) -> _Header:
    """The header in ``line`` by those of ``separators`` that make most of it."""
    read = {mark: _cells(line, mark) for mark in separators}
    plain = [_Header(number, [*map(_name, cells)], mark, len(cells)) for mark, cells in read.items()]
    packed = [
        _Header(number, [*map(_name, _cells(cells[0], inner))], mark, len(cells), inner)
        for mark, cells in read.items()
        for inner in separators
    ]
    return max(plain + packed, key=lambda header: (_usable(header.names), not header.inner, header.width))


def _unpacked(cells: Sequence[str], header: _Header) -> list[str] | str:
    """The cells that stand as a line in the first cell, with the answer that a person wrote beside it."""
    found = _cells(" ".join(cells[0].splitlines()), header.inner) if cells else []
    found += [""] * (len(header.names) - len(found))
    beside = [cell for cell in cells[1:] if cell.strip()]
    topic = header.names.index("topic")
    if len(beside) > 1 or (beside and found[topic].strip()):
        return "more than one answer in a row that stands in one cell; leave one, the topic"
    found[topic] = beside[0] if beside else found[topic]
    return found


def _usable(names: Sequence[str]) -> bool:
    return "topic" in names and ("query_id" in names or "text" in names)


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])


def _name(cell: str) -> str:
    # A program that took the mark at the start for a part of the first name has quoted it with the name.
    for mark in _MARKS:
        cell = cell.replace(mark, "")
    return "_".join(cell.strip(" \t\r\n\xa0\"'").casefold().replace("-", " ").split())


def _check_single(path: Path, number: int, names: Sequence[str]) -> None:
    for name in ("query_id", "text", "topic"):
        if names.count(name) > 1:
            raise ProjectError(f"{path}:{number}: {names.count(name)} columns are called '{name}'; keep one")


def _records(lines: Sequence[str], begin: int, separator: str, width: int) -> Iterator[tuple[int, list[str] | str]]:
    """The records from line ``begin`` on, each with the line it begins in, as cells or as what is wrong with it.

    A quote that is not closed would take the rows below for a part of its cell. Only its own line is given up.
    """
    start = begin
    while start < len(lines):
        base = start
        reader = csv.reader(islice(lines, base, None), delimiter=separator, strict=True, skipinitialspace=True)
        while start < len(lines):
            problem = ""
            try:
                cells = next(reader)
            except csv.Error as error:
                problem = f"not CSV ({error})"
            else:
                end = base + reader.line_num
                if end - start > 1 and any(cell.strip() for cell in cells[width:]):
                    problem = _too_many(cells, width)
            if problem:
                yield start + 1, f"{problem}; close its quotes, or take them away"
                start += 1
                break
            yield start + 1, cells
            start = end


def _too_many(cells: Sequence[str], width: int) -> str:
    return f"{len(cells)} cells under {width} columns"


@contextmanager
def _fields_up_to(size: int) -> Iterator[None]:
    """The csv module's limit on a cell is one for the whole process: raise it while reading, then put it back."""
    before = csv.field_size_limit()
    csv.field_size_limit(max(before, size))
    try:
        yield
    finally:
        csv.field_size_limit(before)
