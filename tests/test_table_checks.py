"""Tables that somebody edited, or that another run's stages wrote, are refused by file, column and row."""

import os
from pathlib import Path

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.errors import RunStateError
from topicsmith.run_tables import RunTables
from topicsmith.runs import find_run
from topicsmith.table_checks import check_ids, check_table, read_table
from topicsmith.tables import LABELS, PREDICTIONS, read_labels, read_queries

ROWS = pl.DataFrame(
    [("a", "test", "X", 0.5, "ok", 1, 0.1, None, None), ("b", "train", None, None, "failed", None, None, None, None)],
    schema=dict(PREDICTIONS),
    orient="row",
)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            ROWS.with_columns(pl.col("topic").cast(pl.Categorical)),
            "the column 'topic' is of type Categorical, not String",
        ),
        (ROWS.with_columns(pl.struct("topic").alias("topic")), "the column 'topic' is of type Struct"),
        (ROWS.with_columns(pl.lit(float("nan")).alias("confidence")), "row 1 has 'nan' as 'confidence', not a finite"),
        (ROWS.with_columns(pl.lit(-1, pl.Int64).alias("output_tokens")), "row 1 has '-1' as 'output_tokens', not"),
        (
            ROWS.with_columns(pl.lit("dev").alias("split")),
            "row 1 has 'dev' as 'split', not one of test, train, validation",
        ),
        (ROWS.with_columns(pl.lit("fine").alias("status")), "row 1 has 'fine' as 'status', not one of abstained"),
        (ROWS.with_columns(pl.lit(None, pl.String).alias("query_id")), "row 1 has no 'query_id'"),
        (ROWS.with_columns(pl.lit("a").alias("query_id")), "row 1 has the same query_id as another"),
        (ROWS.drop("latency_s"), "missing column 'latency_s'"),
    ],
)
def test_what_our_stages_never_write_is_refused_by_its_place(changed: pl.DataFrame, said: str) -> None:
    with pytest.raises(RunStateError, match=f"^p.parquet: {said}") as refused:
        check_table(Path("p.parquet"), changed, PREDICTIONS, ("query_id",))
    assert "\n" not in str(refused.value)


def test_empty_columns_and_tables_without_rows_are_read() -> None:
    empty = check_table(Path("p.parquet"), ROWS.with_columns(subtopic=pl.lit(None)), PREDICTIONS, ("query_id",))
    assert empty.equals(ROWS)
    assert check_table(Path("p.parquet"), ROWS.head(0), PREDICTIONS, ("query_id",)).height == 0


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, said in ((tmp_path / "pipe", "it is a pipe"), (tmp_path, "Is a directory")):
        with pytest.raises(RunStateError, match=f"cannot be read as Parquet \\(.*{said}"):
            read_table(path)


def test_a_name_with_brackets_is_no_pattern(tmp_path: Path) -> None:
    path = tmp_path / "p[1].parquet"
    ROWS.write_parquet(path)
    assert read_table(path).equals(ROWS)


def test_rows_of_another_run_are_refused() -> None:
    check_ids(Path("l"), ["a"], ["a", "b"])
    with pytest.raises(RunStateError, match=r"^l: has a row of 'c', which is no query of this run"):
        check_ids(Path("l"), ["a", "c"], ["a", "b"])
    with pytest.raises(RunStateError, match=r"^l: has no row of the query 'b'"):
        check_ids(Path("l"), ["a"], ["a", "b"], every=True)


def test_json_in_a_cell_is_checked(tmp_path: Path) -> None:
    columns = {name: [None] for name in LABELS} | {"query_id": ["a"], "origin": ["agreed"]}
    for cell, said in (("[[1, 2]]", "valid string"), ("[", "not JSON"), ('{"a": 1}', "valid tuple")):
        frame = pl.DataFrame({**columns, "probabilities": [cell]}, schema=dict(LABELS))
        frame.write_parquet(tmp_path / "labels.parquet")
        with pytest.raises(RunStateError, match=f"labels.parquet: 'probabilities'.*{said}"):
            read_labels(tmp_path / "labels.parquet")


@pytest.mark.slow
def test_tables_of_a_run_are_held_against_its_queries(small_project: Path) -> None:
    run(small_project)
    folder = find_run(small_project)
    queries = pl.read_parquet(folder.file("queries.parquet"))
    queries.head(100).write_parquet(folder.file("queries.parquet"))
    assert len(read_queries(folder.file("queries.parquet"))) == 100
    for name in ("annotations", "labels", "assignments", "unaudited_labels", "sets", "held_out"):
        with pytest.raises(RunStateError, match="which is no query of this run"):
            getattr(RunTables(folder), name)
    queries.with_columns(metadata=pl.lit("[]")).write_parquet(folder.file("queries.parquet"))
    with pytest.raises(RunStateError, match=r"queries.parquet: 'metadata': the document: .*dictionary"):
        _ = RunTables(folder).queries
