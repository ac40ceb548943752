"""The Parquet tables of the run folder: their columns, and records in and out of them.

The columns are a stable interface: a column is added at the end, never renamed or moved.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson
import polars as pl

from topicsmith.atomic_files import replacing
from topicsmith.disk_errors import writing_table
from topicsmith.json_file import checked, parse_json
from topicsmith.records import Annotation, Dropped, Label, Prediction, Query, Split, Usage
from topicsmith.surrogates import without_surrogates
from topicsmith.table_checks import Schema, check_table, read_table

QUERIES = {
    "query_id": pl.String,
    "text": pl.String,
    "query_tokens": pl.Int64,
    "trace_tokens": pl.Int64,
    "trace_id": pl.String,
    "metadata": pl.String,  # JSON text
    "topic": pl.String,
    "subtopic": pl.String,
    "split": pl.String,
    "time": pl.String,
    "group": pl.String,
    "message_index": pl.Int64,
}
DROPPED = {"source": pl.String, "row": pl.Int64, "reason": pl.String, "detail": pl.String, "trace_id": pl.String}
ANNOTATIONS = {
    "query_id": pl.String,
    "annotator": pl.String,
    "topic": pl.String,
    "subtopic": pl.String,
    "status": pl.String,
    "reasoning": pl.String,
    "confidence": pl.Float64,
    "input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "cost_usd": pl.Float64,
    "latency_s": pl.Float64,
    "requested_model": pl.String,
    "served_model": pl.String,
    "cached_tokens": pl.Int64,
    "reasoning_tokens": pl.Int64,
    "said": pl.String,
    "error": pl.String,
    "asked_under": pl.String,
    "named_by": pl.String,
}
LABELS = {
    "query_id": pl.String,
    "topic": pl.String,
    "subtopic": pl.String,
    "origin": pl.String,
    "confidence": pl.Float64,
    "probabilities": pl.String,  # JSON text, weighted labels only
    "score": pl.Float64,
}
ASSIGNMENTS = {"query_id": pl.String, "split": pl.String, "group": pl.String}
SPLITS = {"query_id": pl.String, "split": pl.String, "group": pl.String, "copies": pl.Int64}
PREDICTIONS = {
    "query_id": pl.String,
    "split": pl.String,
    "topic": pl.String,
    "confidence": pl.Float64,
    "status": pl.String,
    "output_tokens": pl.Int64,
    "latency_s": pl.Float64,
    "subtopic": pl.String,
    "member": pl.String,
}

ANNOTATIONS_LATER = ("said", "error", "asked_under", "named_by")
"""Columns that earlier versions did not write."""
PREDICTIONS_LATER = ("member",)
"""The same of predictions."""
LABELS_LATER = ("score",)
"""The same of labels; what stood in ``confidence`` then is a score."""

BY_QUERY = ("query_id",)
"""What names a row of all tables but annotations."""


def query_row(query: Query) -> tuple[object, ...]:
    """``query`` as a row of ``queries.parquet``."""
    metadata = orjson.dumps(query.metadata, default=str, option=orjson.OPT_SORT_KEYS).decode()
    return (
        query.query_id, query.text, query.query_tokens, query.trace_tokens, query.trace_id, metadata, query.topic,
        query.subtopic, query.split, query.time, query.group, query.message_index,
    )  # fmt: skip


def dropped_row(dropped: Dropped) -> tuple[object, ...]:
    """``dropped`` as a row of ``dropped.parquet``."""
    return (dropped.source, dropped.row, dropped.reason, dropped.detail, dropped.trace_id)


def annotation_row(a: Annotation) -> tuple[object, ...]:
    """``a`` as a row of ``annotations.parquet``; half a surrogate pair in what an annotator wrote becomes U+FFFD."""
    usage = a.usage
    row = (
        a.query_id, a.annotator, a.topic, a.subtopic, a.status, a.reasoning, a.confidence, usage.input_tokens,
        usage.output_tokens, usage.cost_usd, a.latency_s, a.requested_model, a.served_model, usage.cached_tokens,
        usage.reasoning_tokens, a.said, a.error, a.asked_under, a.named_by,
    )  # fmt: skip
    return tuple(without_surrogates(cell) if isinstance(cell, str) else cell for cell in row)


def label_row(label: Label) -> tuple[object, ...]:
    """``label`` as a row of ``labels.parquet``."""
    likely = None if label.probabilities is None else orjson.dumps(label.probabilities).decode()
    return (label.query_id, label.topic, label.subtopic, label.origin, label.confidence, likely, label.score)


def prediction_row(query_id: str, split: Split, prediction: Prediction) -> tuple[object, ...]:
    """``prediction`` as a row of ``predictions/<candidate>.parquet``."""
    return (
        query_id, split, prediction.topic, prediction.confidence, prediction.status, prediction.output_tokens,
        prediction.latency_s, prediction.subtopic, prediction.member,
    )  # fmt: skip


def frame(rows: Iterable[tuple[object, ...]], schema: Schema) -> pl.DataFrame:
    """A table of ``rows`` whose columns are those of ``schema``, in order."""
    return pl.DataFrame(list(rows), schema=dict(schema), orient="row")


def write_table(path: Path, rows: Iterable[tuple[object, ...]], schema: Schema) -> None:
    """Write a table with the columns of ``schema``, whole or not at all.

    Raises:
        StorageError: when the disk is full or failing.
    """
    with replacing(path) as temporary, writing_table(path):
        frame(rows, schema).write_parquet(temporary, compression="zstd")


def read_frame(path: Path, schema: Schema, later: Sequence[str] = (), keys: Sequence[str] = ()) -> pl.DataFrame:
    """Read a table that an earlier stage wrote.

    Columns in ``later`` are empty where the table was written by a version that did not know them; ``keys`` are the
    columns that name a row.

    Raises:
        RunStateError: when it is missing, is no Parquet file, lacks a column, or holds what our stages never write.
    """
    table = read_table(path)
    table = table.with_columns(pl.lit(None, schema[name]).alias(name) for name in later if name not in table.columns)
    return check_table(path, table, schema, keys)


def read_queries(path: Path) -> list[Query]:
    """Read ``queries.parquet``."""
    where = f"{path}: 'metadata'"
    return [
        Query(**{**row, "metadata": checked(dict[str, object], parse_json(row["metadata"].encode(), where), where)})
        for row in read_frame(path, QUERIES, keys=BY_QUERY).iter_rows(named=True)
    ]


def read_annotations(path: Path) -> list[Annotation]:
    """Read ``annotations.parquet``."""
    usage = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cost_usd")
    return [
        Annotation(**{k: v for k, v in row.items() if k not in usage}, usage=Usage(**{k: row[k] for k in usage}))
        for row in read_frame(path, ANNOTATIONS, ANNOTATIONS_LATER, (*BY_QUERY, "annotator")).iter_rows(named=True)
    ]


def read_label_frame(path: Path) -> pl.DataFrame:
    """Read ``labels.parquet`` as a table."""
    return read_frame(path, LABELS, LABELS_LATER, BY_QUERY)


def read_labels(path: Path) -> list[Label]:
    """Read ``labels.parquet``."""
    return [
        Label(**{**row, "probabilities": _pairs(row["probabilities"], f"{path}: 'probabilities'")})
        for row in read_label_frame(path).iter_rows(named=True)
    ]


def _pairs(text: str | None, where: str) -> tuple[tuple[str, float], ...] | None:
    return None if text is None else checked(tuple[tuple[str, float], ...], parse_json(text.encode(), where), where)


def read_predictions(path: Path, split: Split) -> dict[str, Prediction]:
    """Read the predictions of one split, by query."""
    table = read_frame(path, PREDICTIONS, PREDICTIONS_LATER, BY_QUERY).filter(pl.col("split") == split)
    return {row.pop("query_id"): Prediction(**row) for row in table.drop("split").iter_rows(named=True)}
