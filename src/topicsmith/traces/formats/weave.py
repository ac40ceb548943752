"""Calls of Weights & Biases Weave: ``op_name``, ``inputs``, ``trace_id``."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_id, first_text, mapping, rest_of, session_of
from topicsmith.traces.conversations.payloads import exchange, unread
from topicsmith.traces.conversations.sessions import Conversations, Span
from topicsmith.traces.conversations.steps import step_of

_UNUSED = {"inputs", "output", "summary", "attributes"}


class WeaveFormat:
    """``{"id": ..., "op_name": "weave:///...", "trace_id": ..., "inputs": {...}, "output": ...}``: a call a row."""

    name = "weave"
    order = 46

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """An operation and its inputs."""
        return "has 'op_name' and 'inputs'" if {"op_name", "inputs"} <= row.keys() else None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace for each conversation, after the last row."""
        conversations = Conversations()
        for row in rows:
            if "inputs" not in row.value:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'inputs'")
            else:
                conversations.offer(_span(row))
        yield from conversations.traces()


def _span(row: Row) -> Span:
    value = row.value
    own = first_id(value, "id", "call_id") or f"{row.source}:{row.number}"
    operation = (first_text(value, "op_name") or "").rpartition("/op/")[2].partition(":")[0]
    name = first_text(value, "display_name") or operation or None
    root = first_id(value, "parent_id") is None
    kind = first_text(mapping(mapping(value.get("attributes")).get("weave")), "kind") or (
        "llm" if "completions" in operation or "messages" in mapping(value.get("inputs")) else None
    )
    step = step_of(kind, name, root=root)
    return Span(
        trace_id=first_id(value, "trace_id") or own,
        messages=exchange(value.get("inputs"), value.get("output")) if step.part != "none" else (),
        start=first_text(value, "started_at"),
        root=root,
        source=row.source,
        row=row.number,
        conversation=first_id(value, "thread_id") or session_of(mapping(value.get("attributes"))),
        metadata=rest_of(value, _UNUSED),
        part=step.part,
        lacks=step.lacks(unread(value.get("inputs"), "inputs")),
    )


FORMAT = WeaveFormat()
