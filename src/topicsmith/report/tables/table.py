"""A table as data, and its CSV and JSON forms."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Literal

import orjson

from topicsmith.csv_cells import escaped
from topicsmith.report.view_model import Matrix, bounds
from topicsmith.statistics.intervals import Interval

Cell = str | int | float | bool | None
Kind = Literal["text", "count", "share", "score", "number", "ms", "usd", "seconds", "size", "mark"]
"""How a column's figures are written on the page: ``share`` in per cent, ``score`` with three decimals."""


@dataclass(frozen=True)
class Column:
    """A column: its key in files, its heading on the page."""

    key: str
    title: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    """A table behind a figure, or a figure in itself."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __bool__(self) -> bool:
        return bool(self.rows)

    def to_csv(self) -> str:
        r"""The table as CSV; a text that a spreadsheet would take for a formula is led by an apostrophe.

        The JSON form is exact.

        >>> Table("t", "T", (Column("a", "A"),), (("=1+1",), (-2,))).to_csv()
        "a\r\n'=1+1\r\n-2\r\n"
        """
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(escaped(column.key for column in self.columns))
        writer.writerows(escaped(row) for row in self.rows)
        return out.getvalue()

    def to_json(self) -> bytes:
        """The table as a JSON list with an object per row, texts exactly as they are."""
        keys = [column.key for column in self.columns]
        rows = [dict(zip(keys, row, strict=True)) for row in self.rows]
        return orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def columns(*specifications: tuple[str, str] | tuple[str, str, Kind]) -> tuple[Column, ...]:
    """Columns from (key, title) or (key, title, kind)."""
    return tuple(Column(*specification) for specification in specifications)


def by_key(tables: Sequence[Table]) -> dict[str, Table]:
    """Tables by name, those without rows left out."""
    return {table.name: table for table in tables if table}


def matrix_table(name: str, title: str, matrix: Matrix) -> Table:
    """Counts with the names of rows down the side and of columns along the top."""
    heads = columns(("topic", "Topic"), *((column, column, "count") for column in matrix.columns))
    return Table(
        name, title, heads, tuple((row, *counts) for row, counts in zip(matrix.rows, matrix.counts, strict=True))
    )


def ends(figure: Interval | None) -> tuple[float | None, float | None, float | None]:
    """A figure and the bounds of its interval, as three cells."""
    return (None if isnan(figure.value) else figure.value, *bounds(figure)) if figure else (None, None, None)
