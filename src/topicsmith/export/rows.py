"""What a run says of its queries, as a table: labels, or what a candidate answered on the test rows."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from topicsmith.advice.choice import chosen_candidate
from topicsmith.errors import ProjectError
from topicsmith.runs import RunFolder
from topicsmith.tables import (
    ANNOTATIONS,
    ANNOTATIONS_LATER,
    PREDICTIONS,
    QUERIES,
    SPLITS,
    read_frame,
    read_label_frame,
)

What = Literal["labels", "predictions"]
ANNOTATOR = "annotator "
"""Begins the names of the columns of annotators; the annotator's name follows."""


@dataclass(frozen=True)
class ExportRows:
    """Rows for other tools.

    ``table`` has a row per query with at least ``query_id``, ``text``, ``topic``, ``confidence`` and ``split``; its
    ``topic`` is the label, or what ``candidate`` answered. ``topics`` are all there are, in the taxonomy's order.
    """

    what: What
    name: str
    topics: tuple[str, ...]
    table: pl.DataFrame
    candidate: str | None = None


def label_rows(run: RunFolder, topics: tuple[str, ...]) -> ExportRows:
    """Every query with its label, its split where it has one, and what each annotator said.

    Columns: ``query_id``, ``trace_id``, ``text``, ``topic``, ``subtopic``, ``origin``, ``score``, ``confidence``,
    ``split``, ``given_topic`` (the input's own), and one column an annotator.

    Raises:
        RunStateError: when the run has no labels yet.
    """
    queries = read_frame(run.file("queries.parquet"), QUERIES)
    labels = read_label_frame(run.file("labels.parquet")).drop("probabilities")
    table = queries.select("query_id", "trace_id", "text", pl.col("topic").alias("given_topic")).join(
        labels, on="query_id", how="left", maintain_order="left"
    )
    table = _with_splits(run, table)
    order = [
        "query_id",
        "trace_id",
        "text",
        "topic",
        "subtopic",
        "origin",
        "score",
        "confidence",
        "split",
        "given_topic",
    ]
    said = read_frame(run.file("annotations.parquet"), ANNOTATIONS, later=ANNOTATIONS_LATER)
    if not said.is_empty():
        wide = said.pivot("annotator", index="query_id", values="topic")
        wide = wide.rename({name: f"{ANNOTATOR}{name}" for name in wide.columns if name != "query_id"})
        table = table.join(wide, on="query_id", how="left", maintain_order="left")
        order += [name for name in wide.columns if name != "query_id"]
    return ExportRows("labels", run.path.name, _known(topics, table), table.select(order))


def prediction_rows(run: RunFolder, topics: tuple[str, ...], candidate: str | None = None) -> ExportRows:
    """What ``candidate``, or what the run says to deploy, answered on the test rows.

    Columns: ``query_id``, ``text``, ``true_topic`` (given by the input, otherwise the label), ``topic``, ``subtopic``,
    ``confidence`` as the model states it, ``status``, ``split``.

    Raises:
        RunStateError: when the run was not evaluated.
        ModelFolderError: when there is nothing to deploy and no candidate is named.
        ProjectError: when there is no such candidate.
    """
    name = candidate or chosen_candidate(run, run.path)
    if not run.predictions(name).is_file():
        have = ", ".join(sorted(path.stem for path in run.file("predictions").glob("*.parquet"))) or "none"
        raise ProjectError(f"--candidate {name}: has no predictions in {run.path}; there are: {have}")
    answers = read_frame(run.predictions(name), PREDICTIONS).filter(pl.col("split") == "test")
    queries = read_frame(run.file("queries.parquet"), QUERIES)
    labels = read_label_frame(run.file("labels.parquet")).select("query_id", pl.col("topic").alias("label"))
    truth = queries.select("query_id", "text", pl.col("topic").alias("given")).join(labels, on="query_id", how="left")
    column = "given" if queries["topic"].is_not_null().any() else "label"
    table = answers.join(truth, on="query_id", how="left", maintain_order="left").with_columns(
        true_topic=pl.col(column)
    )
    order = ["query_id", "text", "true_topic", "topic", "subtopic", "confidence", "status", "split"]
    return ExportRows("predictions", run.path.name, _known(topics, table), table.select(order), name)


def _with_splits(run: RunFolder, table: pl.DataFrame) -> pl.DataFrame:
    path = run.file("splits.parquet")
    if not path.is_file():
        return table.with_columns(pl.lit(None, pl.String).alias("split"))
    splits = read_frame(path, SPLITS).select("query_id", "split").unique("query_id", maintain_order=True)
    return table.join(splits, on="query_id", how="left", maintain_order="left")


def _known(topics: tuple[str, ...], table: pl.DataFrame) -> tuple[str, ...]:
    """``topics``, and whatever else stands in the table."""
    found = sorted(set(table["topic"].drop_nulls()) - set(topics))
    return (*topics, *found)
