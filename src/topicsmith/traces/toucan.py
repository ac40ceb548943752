"""Toucan-1.5M (Hugging Face ``Agent-Ark/Toucan-1.5M``): all four configurations, as Parquet or JSON lines."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import orjson

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, WRONG_TYPE, QuickRow, Row
from topicsmith.traces.fields import first_text
from topicsmith.traces.jsontext import parse_json
from topicsmith.traces.messages import MalformedError, messages_of

if TYPE_CHECKING:
    import polars as pl

_OPENING = '{"role": "'
_USER = _OPENING + 'user", "content": "'
_SYSTEM = "[" + _OPENING + 'system", "content": "'
_QUESTION = re.compile(re.escape(_USER.encode()) + rb'([^\s<#\\"][^"\\]*(?:\\.[^"\\]*)*)"[,}]', re.DOTALL)
_HEAD = 16_384  # bytes of a user message within which a question is looked for
_SHORT = 2000  # characters that surely fit into a metadata field
_KEPT = ("uuid", "subset_name", "question", "target_tools")


class ToucanFormat:
    """``uuid``, ``subset_name``, ``messages`` as JSON text; the ``metadata`` column is read when it is sampled by."""

    name = "toucan"

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """The columns that every configuration has."""
        if {"uuid", "subset_name", "messages"} <= row.keys():
            return "has 'uuid', 'subset_name' and 'messages'"
        return None

    def columns(self, settings: TraceSettings) -> Sequence[str]:
        """The few columns that matter."""
        by_metadata = settings.sample is not None and (settings.sample.by or "").startswith("metadata.")
        return (*_KEPT, "messages", *(("metadata",) if by_metadata else ()))

    def quick(self, batch: "pl.DataFrame") -> Sequence[QuickRow]:
        """The rows whose first message, or whose second after a system message, is the question.

        The opening of a message cannot stand inside a JSON string, where quotes are escaped. Only a question that
        begins with a plain character counts: whatever the rule of :mod:`topicsmith.traces.queries` might pass over is
        left to be parsed.
        """
        import polars as pl

        if not {"uuid", "messages"} <= set(batch.columns) or batch.schema["messages"] != pl.String:
            return ()
        messages = pl.col("messages")
        after_system = messages.str.find("}, " + _OPENING, literal=True) + 3
        first = messages.str.starts_with("[" + _USER)
        start = pl.when(first).then(1).when(messages.str.starts_with(_SYSTEM)).then(after_system)
        looked_at = batch.select(
            head=messages.cast(pl.Binary).bin.slice(start, _HEAD),
            size=messages.str.len_bytes(),
            index=pl.when(first).then(0).otherwise(1),
        )
        matches = [_QUESTION.match(head) if head is not None else None for head in looked_at["head"]]
        texts = _unescaped([match[1] for match in matches if match is not None])
        positions = [position for position, match in enumerate(matches) if match is not None]
        sizes, indices = looked_at["size"].to_list(), looked_at["index"].to_list()
        identities = batch["uuid"].to_list()
        metadata = _short_metadata(batch)
        return [
            QuickRow(position, identity, text, indices[position], sizes[position], kept)
            for position, text in zip(positions, texts, strict=False)
            if (identity := identities[position]) and (kept := metadata[position]) is not None and not text[0].isspace()
        ]

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
            size = None
            if isinstance(written, str):
                size = len(written) if written.isascii() else len(written.encode("utf-8", "replace"))
            yield Trace(
                trace_id=identity or "",
                messages=messages,
                metadata=_metadata(value),
                source=row.source,
                row=row.number,
                size=size,
            )


def _metadata(row: Mapping[str, object]) -> dict[str, object]:
    kept: dict[str, object] = {name: row[name] for name in _KEPT[1:] if row.get(name) not in (None, "")}
    written = row.get("metadata")
    if isinstance(written, str) and written:
        try:
            kept["metadata"] = parse_json(written)
        except (ValueError, RecursionError):
            kept["metadata"] = written
    elif written is not None:
        kept["metadata"] = written
    return kept


def _unescaped(texts: list[bytes]) -> list[str]:
    """JSON strings without their quotes to text, all at once; nothing when one of them needs a closer look."""
    joined = b'["' + b'","'.join(texts) + b'"]'
    if not texts or b"\\u0000" in joined:
        return []
    try:
        return list(orjson.loads(joined))
    except orjson.JSONDecodeError:
        return []


def _short_metadata(batch: "pl.DataFrame") -> list[dict[str, str] | None]:
    """What is kept of each row beside its question; ``None`` where something has to be replaced or cut."""
    import polars as pl

    names = [name for name in _KEPT if name in batch.columns]
    odd = [pl.col(name).str.contains("\0", literal=True) | (pl.col(name).str.len_bytes() > _SHORT) for name in names]
    bad = batch.select(pl.any_horizontal(odd).fill_null(value=False)).to_series().to_list()
    rows = zip(*(batch[name].to_list() for name in names if name != "uuid"), strict=True)
    keys = [name for name in names if name != "uuid"]
    return [
        None if is_bad else {key: cell for key, cell in zip(keys, row, strict=True) if cell}
        for row, is_bad in zip(rows, bad, strict=True)
    ]


FORMAT = ToucanFormat()
