"""Traces as Parquet, recognised and read as a user's are."""

import io
from dataclasses import replace

import polars as pl

from tests.conftest import small_rows
from tests.fuzz.targets import traces_json


def _made() -> list[bytes]:
    plain = pl.DataFrame(small_rows()[:8])
    said = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "what is it?"}]
    chats = pl.DataFrame({"id": ["a", "b"], "messages": [said, said], "time": ["2026-01-02T03:04:05Z", None]})
    return [_parquet(table) for table in (plain, chats)]


def _parquet(table: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    table.write_parquet(out)
    return out.getvalue()


TARGET = replace(traces_json.TARGET, suffix=".parquet", made=_made)
