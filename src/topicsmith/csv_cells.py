"""Cells of CSV files that spreadsheets open: one rule for all of them, column names included.

A cell that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP recommends ("CSV injection");
reading takes it away again. Fullwidth signs count, since some programs narrow them.
"""

from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
            "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip


def escaped(cells: Iterable[object]) -> list[object]:
    """A row of cells, its texts harmless in a spreadsheet and its numbers as they are."""
    return [escape(cell) if isinstance(cell, str) else cell for cell in cells]


def escape(cell: str) -> str:
    """``cell``, harmless in a spreadsheet.

    >>> escape("=1+1"), escape("fine"), escape("'=1+1")
    ("'=1+1", 'fine', "''=1+1")
    """
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def unescape(cell: str) -> str:
    """What :func:`escape` was given."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell
