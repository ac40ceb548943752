"""What the tables of a run hold, whoever wrote or edited the file: types, cells that are never empty, values, ids."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args

import polars as pl

from topicsmith.errors import RunStateError, first_line
from topicsmith.json_file import RUN_AGAIN
from topicsmith.plain_files import refuse_special
from topicsmith.records import AnnotationStatus, LabelOrigin, PredictionStatus, Split

Schema = Mapping[str, type[pl.DataType]]

_NEVER_EMPTY = frozenset({
    "query_id", "text", "query_tokens", "trace_tokens", "trace_id", "metadata", "message_index", "annotator", "status",
    "origin", "copies",
})  # fmt: skip
_NEVER_NEGATIVE = frozenset({pl.Int64, pl.Float64})
_OF_EITHER_SIGN = frozenset({"familiarity"})
_VALUES: Mapping[str, frozenset[str]] = {
    "split": frozenset(get_args(Split)),
    "origin": frozenset(get_args(LabelOrigin)),
    "status": frozenset({*get_args(AnnotationStatus), *get_args(PredictionStatus)}),
}
_LONGEST_SHOWN = 60


def read_table(path: Path) -> pl.DataFrame:
    """The Parquet file at ``path`` as it is.

    Raises:
        RunStateError: when it is missing, or is no Parquet file.
    """
    try:
        refuse_special(path)
        return pl.read_parquet(path, glob=False)
    except FileNotFoundError:
        raise RunStateError(f"{path}: does not exist yet; 'topicsmith run' makes it") from None
    except (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException) as exc:
        raise RunStateError(f"{path}: cannot be read as Parquet ({first_line(exc)[:200]}); {RUN_AGAIN}") from None


def check_table(path: Path, table: pl.DataFrame, schema: Schema, keys: Sequence[str] = ()) -> pl.DataFrame:
    """``table`` with the columns of ``schema``; no two rows have the same values in the columns ``keys``.

    Raises:
        RunStateError: naming the column, and where there is one the row, that is not as our stages write it.
    """
    missing = [name for name in schema if name not in table.columns]
    if missing:
        raise RunStateError(f"{path}: missing column '{missing[0]}'; it was written by another version: run again")
    table = table.select(list(schema))
    for name, kind in schema.items():
        if table.schema[name] == pl.Null:
            table = table.with_columns(pl.col(name).cast(kind))
        if table.schema[name] != kind:
            shown = str(table.schema[name])[:_LONGEST_SHOWN]
            raise RunStateError(f"{path}: the column '{name}' is of type {shown}, not {kind.__name__}; {RUN_AGAIN}")
        _check_column(path, table[name], name in _NEVER_EMPTY or name in keys)
    if keys:
        twice = table.select(pl.struct(keys).is_duplicated()).to_series().arg_true()
        if len(twice):
            raise _wrong(path, twice[0], f"has the same {' and '.join(keys)} as another")
    return table


def _check_column(path: Path, column: pl.Series, always: bool) -> None:
    name = column.name
    if always and column.null_count():
        raise _wrong(path, column.is_null().arg_true()[0], f"has no '{name}'")
    if column.dtype in _NEVER_NEGATIVE:
        signed = name in _OF_EITHER_SIGN
        strange = (~(column.cast(pl.Float64).is_finite() & (signed | (column >= 0)))).fill_null(value=False)
        expected = "a finite number" if signed else "a finite number from 0 on"
    elif name in _VALUES:
        strange = (~column.is_in(_VALUES[name])).fill_null(value=False)
        expected = f"one of {', '.join(sorted(_VALUES[name]))}"
    else:
        return
    if strange.any():
        row = strange.arg_true()[0]
        raise _wrong(path, row, f"has {str(column[row])[:_LONGEST_SHOWN]!r} as '{name}', not {expected}")


def check_ids(path: Path, ids: Iterable[str], queries: Collection[str], *, every: bool = False) -> None:
    """Check that the rows of a table are about the queries of its run; with ``every``, about each of them.

    Raises:
        RunStateError: naming a row's id that is of no query, or a query without a row.
    """
    found = set(ids)
    foreign = sorted(found.difference(queries))[:1]
    if foreign:
        raise RunStateError(
            f"{path}: has a row of '{foreign[0][:_LONGEST_SHOWN]}', which is no query of this run; {RUN_AGAIN}"
        )
    if every and len(found) < len(queries):
        lacking = next(query for query in queries if query not in found)
        raise RunStateError(f"{path}: has no row of the query '{lacking[:_LONGEST_SHOWN]}'; {RUN_AGAIN}")


def _wrong(path: Path, row: int, what: str) -> RunStateError:
    return RunStateError(f"{path}: row {row + 1} {what}; {RUN_AGAIN}")
