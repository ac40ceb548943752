"""Braintrust's logs: a span a row, with ``root_span_id``."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_id, first_text, mapping, rest_of, session_of
from topicsmith.traces.conversations.payloads import exchange, unread
from topicsmith.traces.conversations.sessions import Conversations, Span
from topicsmith.traces.conversations.steps import step_of

_UNUSED = {"input", "output", "expected", "scores", "metrics", "span_attributes", "context"}


class BraintrustFormat:
    """``{"span_id": ..., "root_span_id": ..., "span_parents": [...], "input": ..., "span_attributes": {...}}``."""

    name = "braintrust"
    order = 45

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """The ids that these spans have."""
        return "has 'root_span_id' and 'input'" if {"root_span_id", "input"} <= row.keys() else None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace for each conversation, after the last row."""
        conversations = Conversations()
        for row in rows:
            if "input" not in row.value:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'input'")
            else:
                conversations.offer(_span(row))
        yield from conversations.traces()


def _span(row: Row) -> Span:
    value = row.value
    own = first_id(value, "span_id", "id") or f"{row.source}:{row.number}"
    trace = first_id(value, "root_span_id") or own
    about = mapping(value.get("span_attributes"))
    kind, name = first_text(about, "type"), first_text(about, "name")
    root = value.get("is_root") is True or trace == own or not value.get("span_parents")
    step = step_of(kind, name, root=root)
    return Span(
        trace_id=trace,
        messages=exchange(value.get("input"), value.get("output")) if step.part != "none" else (),
        start=first_text(mapping(value.get("metrics")), "start") or first_text(value, "created"),
        root=root,
        source=row.source,
        row=row.number,
        conversation=session_of(value),
        metadata=rest_of(value, _UNUSED),
        part=step.part,
        lacks=step.lacks(unread(value.get("input"), "input")),
    )


FORMAT = BraintrustFormat()
