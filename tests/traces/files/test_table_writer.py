"""Tables written in parts."""

from pathlib import Path

import polars as pl
import pytest

from topicsmith.traces.files import table_writer
from topicsmith.traces.files.table_writer import InBackground, Parts, write_table

SCHEMA = {"name": pl.String, "size": pl.Int64}


def test_rows_and_tables_come_back_in_order_in_several_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_writer, "PART_ROWS", 3)
    parts = Parts(tmp_path / "parts", SCHEMA)
    parts.add(("a", 0))
    parts.add_table(pl.DataFrame({"name": ["b", "c"], "size": [1, 2]}, schema=SCHEMA))
    for number in range(3, 7):
        parts.add(("d", number))
    parts.flush()
    assert len(parts.paths) == 3
    assert [size for column in parts.column("size") for size in column] == list(range(7))
    write_table(tmp_path / "whole.parquet", SCHEMA, parts.scan())
    whole = pl.read_parquet(tmp_path / "whole.parquet")
    assert whole["size"].to_list() == list(range(7))
    assert whole["name"].to_list() == ["a", "b", "c", "d", "d", "d", "d"]


def test_long_texts_fill_a_part_sooner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_writer, "PART_CHARACTERS", 10)
    parts = Parts(tmp_path / "parts", SCHEMA)
    for _ in range(3):
        parts.add(("x" * 8, None))
    assert len(parts.paths) == 1


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    write_table(tmp_path / "empty.parquet", SCHEMA, Parts(tmp_path / "parts", SCHEMA).scan())
    assert dict(pl.read_parquet_schema(tmp_path / "empty.parquet")) == SCHEMA


def test_work_in_the_background_sees_every_part_in_order(tmp_path: Path) -> None:
    seen: list[int] = []
    with InBackground(lambda part: seen.extend(part["size"])) as background:
        parts = Parts(tmp_path / "parts", SCHEMA, background.put)
        for number in range(5):
            parts.add(("a", number))
            parts.flush()
    assert seen == list(range(5))


def test_what_goes_wrong_in_the_background_is_raised() -> None:
    def fail(part: pl.DataFrame) -> None:
        raise ValueError(part["name"][0])

    def work() -> None:
        with InBackground(fail) as background:
            background.put(pl.DataFrame({"name": ["first"]}))

    with pytest.raises(ValueError, match="first"):
        work()
