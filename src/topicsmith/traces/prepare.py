"""From a trace to its query, as it is stored."""

import hashlib
from collections import Counter

import polars as pl

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Query, Trace
from topicsmith.tables import QUERIES
from topicsmith.traces.files.sanitize import storable, storable_metadata
from topicsmith.traces.queries import NO_USER_TURN, first_question, roles_seen
from topicsmith.traces.redaction import Redactor
from topicsmith.traces.token_counts import Tokenizer, quarter
from topicsmith.traces.unwrapping import unwrapping


class Preparer:
    """Takes each trace's first question, mends what cannot be stored, redacts, counts tokens, names the query."""

    def __init__(self, settings: TraceSettings, tokenizer: Tokenizer) -> None:
        """Prepare queries as ``settings`` say."""
        self._tokenizer = tokenizer
        self._redactor = Redactor(settings.redact)
        self._unwrap = unwrapping(settings.unwrap)
        self.unwrapped: Counter[str] = Counter()
        self.replaced = 0
        self.cut = 0

    @property
    def redacted(self) -> Counter[str]:
        """How many spans of each kind were replaced so far."""
        return self._redactor.counts

    def query(self, trace: Trace) -> Query | Dropped:
        """The query of ``trace``, without its group, or why it has none."""
        question = first_question(trace.messages, self._unwrap)
        if isinstance(question, str):
            detail = roles_seen(trace.messages) if question == NO_USER_TURN else ""
            named = self._text(trace.trace_id) if trace.trace_id else None
            return Dropped(trace.source, trace.row, question, self._text(detail), named)
        if question.template is not None:
            self.unwrapped[question.template] += 1
        text = self._redactor.text(self._text(question.text))
        trace_id = self._text(trace.trace_id) if trace.trace_id else content_id(trace)
        metadata, cut = storable_metadata(trace.metadata)
        self.cut += cut
        return Query(
            query_id=query_id(trace_id, text),
            text=text,
            trace_id=trace_id,
            query_tokens=self._tokenizer.count(text),
            trace_tokens=self._tokenizer.count_trace(trace),
            metadata=self._redactor.value(metadata),  # type: ignore[arg-type]  # a mapping stays one
            topic=self._optional(trace.topic),
            subtopic=self._optional(trace.subtopic),
            split=trace.split,
            time=self._optional(trace.time),
            message_index=question.index + trace.first_index,
        )

    def _text(self, text: str) -> str:
        text, replaced = storable(text)
        self.replaced += replaced
        return text

    def _optional(self, text: str | None) -> str | None:
        return None if text is None else self._text(text)


def quick_table(told: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``queries.parquet`` for what a format told without parsing, after a column ``position``.

    Their tokens are counted by size.
    """
    named = zip(told["trace_id"].to_list(), told["text"].to_list(), strict=True)
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in QUERIES.items() if name not in told.columns]
    return (
        told.with_columns(absent)
        .with_columns(
            pl.Series("query_id", [query_id(trace_id, text) for trace_id, text in named], dtype=pl.String),
            pl.col("message_index").cast(pl.Int64),
            query_tokens=quarter(pl.col("text").str.len_bytes().cast(pl.Int64)),
            trace_tokens=quarter(pl.col("size")),
        )
        .select(pl.col("position").cast(pl.Int64), *QUERIES)
    )


def query_id(trace_id: str, text: str) -> str:
    """Sixteen hexadecimal digits that follow from the trace's id and the text, so that an order of rows is nothing."""
    return _digest(trace_id, text)


def content_id(trace: Trace) -> str:
    """A name for a trace that has none in its log: it follows from the roles and contents of its messages."""
    return _digest(*(part for message in trace.messages for part in (message.role, message.content)))


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=8).hexdigest()
