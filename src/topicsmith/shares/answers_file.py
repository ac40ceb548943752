"""Rows that ``topicsmith classify`` answered, read back to be counted."""

from collections.abc import Mapping
from pathlib import Path

from topicsmith.audit.sample import CANNOT_TELL
from topicsmith.csv_cells import unescape
from topicsmith.errors import UserError, first_line
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Query
from topicsmith.shares.rows import share_rows
from topicsmith.shares.run_rows import CountedRow, RunRows, Traffic
from topicsmith.suggestions import did_you_mean
from topicsmith.traces.base import Row, SourceError
from topicsmith.traces.conversations.instants import TIMES
from topicsmith.traces.files.rows import read_rows
from topicsmith.traces.files.sources import Source
from topicsmith.traces.near_duplicates.minhash import group_queries

TRUTH = "truth"
"""The column in which a person says the true topic of a random sample of the rows; empty or '?' elsewhere."""

_WITHOUT_TEXT = {"empty", "unreadable"}
_DROPPED = {"probabilities"}


def read_answers_file(path: Path, run: RunRows) -> Traffic:
    """The rows of a file of answers: JSON lines, CSV or Parquet with at least a column ``topic``.

    Near-copies are told by the column ``text``, or are those of the run's queries where all ids are theirs. What a row
    can be grouped by are its own columns, and the metadata and time of the run's query whose id it has.

    Raises:
        UserError: when it cannot be read, has no answers, or names a topic that the run does not know.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; 'topicsmith classify' writes it with '--out'")
    rows: list[tuple[Row, Query | None]] = []
    left_out = 0
    try:
        for row in read_rows(Source(path, str(path), named=True), None, TraceSettings(path=str(path))):
            if isinstance(row, Dropped):
                raise UserError(f"{row.source}:{row.row}: {row.reason}; mend the row or classify again")
            if "topic" not in row.value:
                raise UserError(f"{path}:{row.number}: no column 'topic'; give a file that 'topicsmith classify' wrote")
            if str(row.value.get("status")) in _WITHOUT_TEXT:  # a list of JSON has no hash
                left_out += 1
                continue
            rows.append((row, run.queries.get(str(row.value.get("id")))))
    except SourceError as exc:
        raise UserError(f"{path}: cannot be read ({first_line(exc)}); classify again") from None
    groups, notes = _groups(rows)
    return Traffic(
        name=str(path),
        answered_by=run.candidate,
        judged=run.judged,
        rows=share_rows(
            run.topics,
            [_topic(row, run, path, "topic") for row, _ in rows],
            [_topic(row, run, path, TRUTH) for row, _ in rows],
            groups,
        ),
        counted=[_counted(row.value, query) for row, query in rows],
        same_truth=run.truth == "given",
        left_out=left_out,
        notes=notes,
    )


def _groups(rows: list[tuple[Row, Query | None]]) -> tuple[list[str] | None, tuple[str, ...]]:
    texts = [row.value.get("text") for row, _ in rows]
    if texts and all(isinstance(text, str) for text in texts):
        return group_queries(str(text) for text in texts), ()
    if rows and all(query is not None and query.group for _, query in rows):
        return [str(query.group) for _, query in rows if query is not None], ()
    return None, ("near-copies are not known, so that intervals may be too narrow: 'classify --text' keeps the texts",)


def _topic(row: Row, run: RunRows, path: Path, column: str) -> str | None:
    """The topic in a column by the run's name for it."""
    found = row.value.get(column)
    if found is None or not str(found).strip() or str(found).strip() == CANNOT_TELL:
        return None
    written = unescape(str(found))
    if written in run.topics:
        return written
    matched = run.taxonomy.match(written)
    if matched is None:
        raise UserError(
            f"{path}:{row.number}: '{written}' in the column '{column}' is no topic of the run; "
            f"{did_you_mean(written, run.topics)}its topics: {', '.join(run.topics)}"
        )
    return matched


def _counted(value: Mapping[str, object], query: Query | None) -> CountedRow:
    own = {unescape(key): item for key, item in value.items() if key not in _DROPPED}
    time = next((str(own[name]) for name in TIMES if own.get(name) is not None), None)
    name = None if own.get("id") is None else str(own["id"])
    text = value.get("text") if isinstance(value.get("text"), str) else None
    if query is None:
        return CountedRow(time, own, name, name, None if text is None else str(text))
    fields = {**query.metadata, **own}
    return CountedRow(time or query.time, fields, query.query_id, query.trace_id, str(text or query.text))
