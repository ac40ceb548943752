"""Toucan-1.5M (Hugging Face ``Agent-Ark/Toucan-1.5M``): all four configurations, as Parquet or JSON lines."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, WRONG_TYPE, Row
from topicsmith.traces.fields import first_text
from topicsmith.traces.jsontext import parse_json
from topicsmith.traces.messages import MalformedError, messages_of

if TYPE_CHECKING:
    import polars as pl

_USER = '{"role": "user", "content": "'
_SYSTEM = '[{"role": "system", "content": "'
_KEPT = ("uuid", "subset_name", "question", "target_tools")
_SIZE, _INDEX = "messages_size", "messages_index"


class ToucanFormat:
    """``uuid``, ``subset_name``, ``messages`` as JSON text; the ``metadata`` column is read when it is sampled by."""

    name = "toucan"

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """The columns that every configuration has."""
        if {"uuid", "subset_name", "messages"} <= row.keys():
            return "has 'uuid', 'subset_name' and 'messages'"
        return None

    def columns(self, settings: TraceSettings) -> Mapping[str, "pl.Expr | None"]:
        """The few columns that matter; of ``messages`` the first question alone where that is told without parsing."""
        wanted: dict[str, pl.Expr | None] = dict.fromkeys(_KEPT)
        if settings.sample is not None and (settings.sample.by or "").startswith("metadata."):
            wanted["metadata"] = None
        return {**wanted, "messages": None, **(_head() if settings.tokenizer == "bytes/4" else {})}

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:  # noqa: ARG002
        """One trace a row."""
        for row in rows:
            value = row.value
            identity = first_text(value, "uuid")
            written = value.get("messages")
            if written is None:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'messages'", identity)
                continue
            try:
                messages = messages_of(written)
            except MalformedError as exc:
                yield Dropped(row.source, row.number, WRONG_TYPE, str(exc), identity)
                continue
            size, index = value.get(_SIZE), value.get(_INDEX)
            if size is None and isinstance(written, str):
                size = len(written) if written.isascii() else len(written.encode("utf-8", "replace"))
            yield Trace(
                trace_id=identity or "",
                messages=messages,
                metadata=_metadata(value),
                source=row.source,
                row=row.number,
                size=size if isinstance(size, int) else None,
                first_index=index if isinstance(index, int) else 0,
            )


def _metadata(row: Mapping[str, object]) -> dict[str, object]:
    kept: dict[str, object] = {name: row[name] for name in _KEPT[1:] if row.get(name) not in {None, ""}}
    written = row.get("metadata")
    if isinstance(written, str) and written:
        try:
            kept["metadata"] = parse_json(written)
        except (ValueError, RecursionError):
            kept["metadata"] = written
    elif written is not None:
        kept["metadata"] = written
    return kept


def _head() -> dict[str, "pl.Expr"]:
    """Expressions for the first question, the size of the whole, and the question's position.

    The opening of a user message cannot stand inside a JSON string, where quotes are escaped. It is taken only where
    it comes first or after one system message, and begins with a plain character: whatever the rule of
    :mod:`topicsmith.traces.queries` might pass over is left whole, and parsed.
    """
    import polars as pl

    messages = pl.col("messages")
    parts = messages.str.splitn(_USER, 2)
    before, after = parts.struct.field("field_0"), parts.struct.field("field_1")
    text = after.str.extract(r'^([^\s<#\\"](?:[^"\\]|\\.)*)"[,}]', 1)
    alone = before == "["
    follows = before.str.starts_with(_SYSTEM) & before.str.ends_with('"}, ')
    follows &= before.str.count_matches('{"role": "', literal=True) == 1
    found = text.is_not_null() & (alone | follows)
    head = pl.format('[{"role":"user","content":"{}"}]'.replace('{"', '{{"').replace('"}]', '"}}]'), text)
    return {
        "messages": pl.when(found).then(head).otherwise(messages),
        _SIZE: messages.str.len_bytes(),
        _INDEX: pl.when(found & ~alone).then(1).otherwise(0),
    }


FORMAT = ToucanFormat()
