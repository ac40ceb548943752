"""Langfuse: batch exports of traces and of observations (CSV, JSON, JSON lines), and answers of its API."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_text, rest_of
from topicsmith.traces.conversations.payloads import answered, json_or_same, spoken
from topicsmith.traces.conversations.sessions import Conversations, Span

_MARKS = ("sessionId", "traceId", "parentObservationId", "bookmarked")
_TALKS = {"GENERATION", "AGENT", "CHAIN"}
_UNUSED = {"input", "output", "scores", "comments", "observations"}


class LangfuseFormat:
    """Traces with ``sessionId``, ``input`` and ``output``, and observations with ``traceId`` and ``type``."""

    name = "langfuse"

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """Input and output beside a column that only Langfuse writes."""
        mark = next((name for name in _MARKS if name in row), None)
        return f"has 'input', 'output' and '{mark}'" if mark and {"input", "output"} <= row.keys() else None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:  # noqa: ARG002
        """One trace for each session or trace, after the last row."""
        conversations = Conversations()
        for row in rows:
            if "input" not in row.value:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'input'")
            else:
                for span in _spans(row):
                    conversations.offer(span)
        yield from conversations.traces()


def _spans(row: Row) -> Iterator[Span]:
    """A row, and the observations inside it where it is a trace with all its details."""
    yield _span(row)
    inside = row.value.get("observations")
    for item in inside if isinstance(inside, list) else []:
        if isinstance(item, Mapping):
            yield _span(Row(row.source, row.number, {"traceId": row.value.get("id"), **item}))


def _span(row: Row) -> Span:
    value = {key: item for key, item in row.value.items() if item != "null"}  # as cells of the CSV export say none
    identity = first_text(value, "id") or f"{row.source}:{row.number}"
    trace_id = first_text(value, "traceId") or identity
    observation = first_text(value, "traceId") is not None
    root = not observation or not first_text(value, "parentObservationId")
    start = first_text(value, "startTime", "timestamp", "createdAt") or ""
    return Span(
        trace_id=trace_id,
        messages=_messages(value, root),
        start=start or f"{row.number:012}",
        root=root,
        source=row.source,
        row=row.number,
        conversation=first_text(value, "sessionId"),
        time=start or None,
        metadata={**rest_of(value, _UNUSED), **_parsed_metadata(value)},
    )


def _messages(value: Mapping[str, object], root: bool) -> tuple[Message, ...]:
    kind = first_text(value, "type")
    if not root and (kind or "").upper() not in _TALKS:
        return ()
    asked = spoken(json_or_same(value.get("input")))
    return (*asked, *answered(json_or_same(value.get("output")))) if asked else ()


def _parsed_metadata(value: Mapping[str, object]) -> dict[str, object]:
    written = value.get("metadata")
    return {"metadata": json_or_same(written)} if isinstance(written, str) else {}


FORMAT = LangfuseFormat()
