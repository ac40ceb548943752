"""Toucan-1.5M (Hugging Face ``Agent-Ark/Toucan-1.5M``): all four configurations, as Parquet or JSON lines."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import orjson

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_id
from topicsmith.traces.conversations.messages import trace_of
from topicsmith.traces.files.json_stream import parse_json
from topicsmith.traces.queries import is_whole

if TYPE_CHECKING:
    import polars as pl

_OPENING = '{"role": "'
_USER = _OPENING + 'user", "content": "'
_SYSTEM = "[" + _OPENING + 'system", "content": "'
_QUESTION = re.compile(re.escape(_USER.encode()) + rb'([^\s<#\\"][^"\\]*(?:\\.[^"\\]*)*)"[,}]', re.DOTALL)
_HEAD = 4096  # bytes of a user message within which a question is looked for
_SHORT = 2000  # characters that surely fit into a metadata field
_KEPT = ("uuid", "subset_name", "question", "target_tools")


class ToucanFormat:
    """``uuid``, ``subset_name``, ``messages`` as JSON text; the ``metadata`` column is read when it is sampled by."""

    name = "toucan"
    order = 10

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """The columns that every configuration has."""
        if {"uuid", "subset_name", "messages"} <= row.keys():
            return "has 'uuid', 'subset_name' and 'messages'"
        return None

    def columns(self, settings: TraceSettings) -> Sequence[str]:
        """The few columns that matter."""
        by_metadata = settings.sample is not None and (settings.sample.by or "").startswith("metadata.")
        return (*_KEPT, "messages", *(("metadata",) if by_metadata else ()))

    def quick(self, batch: "pl.DataFrame") -> "pl.DataFrame":
        """The rows whose first message, or whose second after a system message, is the question.

        The opening of a message cannot stand inside a JSON string, where quotes are escaped. Only a question that
        begins with a plain character counts: whatever the rule of :mod:`topicsmith.traces.queries` might pass over is
        left to be parsed, and so is a conversation that does not end where one does.
        """
        import polars as pl

        if not {"uuid", "messages"} <= set(batch.columns) or batch.schema["messages"] != pl.String:
            return pl.DataFrame({"position": []})
        messages = pl.col("messages")
        after_system = messages.str.find("}, " + _OPENING, literal=True) + 3
        first = messages.str.starts_with("[" + _USER)
        start = pl.when(first).then(1).when(messages.str.starts_with(_SYSTEM)).then(after_system)
        looked_at = batch.with_row_index("position").select(
            "position",
            pl.col("uuid").alias("trace_id"),
            message_index=pl.when(first).then(0).otherwise(1),
            size=messages.str.len_bytes().cast(pl.Int64),
            metadata=_metadata_text([name for name in _KEPT[1:] if name in batch.columns]),
            head=messages.cast(pl.Binary).bin.slice(start, _HEAD),
            plain=messages.str.ends_with("}]") & _is_short([name for name in _KEPT if name in batch.columns]),
        )
        candidates = looked_at.filter(pl.col("plain") & (pl.col("trace_id") != "") & pl.col("head").is_not_null())
        matches = [_QUESTION.match(head) for head in candidates["head"]]
        texts = _unescaped([None if match is None else match[1] for match in matches])
        texts = pl.Series("text", [text if text and is_whole(text) else None for text in texts], dtype=pl.String)
        return candidates.drop("head", "plain").with_columns(texts).drop_nulls("text")

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace a row."""
        for row in rows:
            value = row.value
            identity = first_id(value, "uuid")
            written = value.get("messages")
            if written is None:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'messages'", identity)
                continue
            size = None
            if isinstance(written, str):
                size = len(written) if written.isascii() else len(written.encode("utf-8", "replace"))
            yield trace_of(row, written, identity, metadata=_metadata(value), size=size)


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


def _unescaped(texts: "list[bytes | None]") -> "pl.Series":
    """JSON strings without their quotes to text, all at once; null where one needs a closer look."""
    import polars as pl

    joined = b'["' + b'","'.join(text for text in texts if text is not None) + b'"]'
    nothing = pl.Series("text", [None] * len(texts), dtype=pl.String)
    if not any(texts) or b"\\u0000" in joined:
        return nothing
    try:
        found = iter(orjson.loads(joined))
    except orjson.JSONDecodeError:
        return nothing
    told = (None if text is None else next(found) for text in texts)
    return pl.Series("text", [None if text is None or text[0].isspace() else text for text in told], dtype=pl.String)


def _is_short(names: Sequence[str]) -> "pl.Expr":
    """Whether nothing in the columns ``names`` has to be replaced or cut."""
    import polars as pl

    odd = [pl.col(name).str.contains("\0", literal=True) | (pl.col(name).str.len_bytes() > _SHORT) for name in names]
    return ~pl.any_horizontal(odd).fill_null(value=False)


def _metadata_text(names: Sequence[str]) -> "pl.Expr":
    """The columns ``names`` as the text of a JSON object; a cell that is empty is left out."""
    import polars as pl

    members = [
        pl.when(pl.col(name) != "").then(
            pl.struct(name).struct.json_encode().str.strip_prefix("{").str.strip_suffix("}")
        )
        for name in sorted(names)
    ]
    return pl.concat_str(pl.lit("{"), pl.concat_str(members, separator=",", ignore_nulls=True), pl.lit("}"))


FORMAT = ToucanFormat()
