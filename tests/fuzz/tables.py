"""Mutations of Parquet tables: columns gone, of other types and names, cells that cannot be."""

import io
from collections.abc import Callable

import polars as pl
from hypothesis import strategies as st

TYPES = [
    pl.Int8, pl.Int64, pl.UInt64, pl.Float64, pl.Boolean, pl.String, pl.Binary, pl.Date, pl.Datetime, pl.Null,
    pl.Categorical,
]  # fmt: skip
CELLS: list[object] = [
    None, "", "x", "../../outside", "a\x00b", "long " * 20_000, -1, 2**62, float("nan"), float("inf"), True,
]  # fmt: skip


def mutated_table(draw: st.DrawFn, data: bytes) -> bytes:
    """The table in the Parquet file ``data`` with one or two changes; a file that is no table raises ``ValueError``."""
    try:
        table = pl.read_parquet(io.BytesIO(data))
    except Exception as exc:  # what is no table any more is mutated as bytes
        raise ValueError("no table") from exc
    for _ in range(draw(st.integers(1, 2))):
        if table.width:
            table = _changed(draw, table)
    out = io.BytesIO()
    table.write_parquet(out)
    return out.getvalue()


def _changed(draw: st.DrawFn, table: pl.DataFrame) -> pl.DataFrame:
    name = draw(st.sampled_from(table.columns))
    column, other = pl.col(name), draw(st.sampled_from(["", "x", f"{name} ", name.upper(), "\x1b[31m"]))
    changes: dict[str, Callable[[], pl.DataFrame]] = {
        "cell": lambda: _with_cell(draw, table, name),
        "drop": lambda: table.drop(name),
        "rename": lambda: table.rename({name: other}),
        "cast": lambda: table.with_columns(column.cast(draw(st.sampled_from(TYPES)), strict=False)),
        "list": lambda: table.with_columns(column.implode().over(pl.int_range(pl.len()))),
        "struct": lambda: table.with_columns(pl.struct(name).alias(name)),
        "head": lambda: table.head(draw(st.integers(0, 2))),
        "double": lambda: pl.concat([table, table]),
        "swap": lambda: table.with_columns(pl.col(draw(st.sampled_from(table.columns))).alias(name)),
    }
    try:
        return changes[draw(st.sampled_from(["cell", *changes]))]()
    except pl.exceptions.PolarsError:  # as a column cannot be cast, or a name is taken
        return table.with_columns(pl.lit(None).alias(name))


def _with_cell(draw: st.DrawFn, table: pl.DataFrame, name: str) -> pl.DataFrame:
    values = table[name].to_list()
    if values:
        values[draw(st.integers(0, len(values) - 1))] = draw(st.sampled_from(CELLS))
    try:
        return table.with_columns(pl.Series(name, values, table.schema[name], strict=False))
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError):
        return table.with_columns(pl.Series(name, [str(value) for value in values], pl.String))
