"""Langfuse: batch exports of traces and of observations (CSV, JSON, JSON lines), and answers of its API."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_id, first_text, rest_of
from topicsmith.traces.conversations.payloads import exchange, json_or_same, unread
from topicsmith.traces.conversations.sessions import Conversations, Span
from topicsmith.traces.conversations.steps import step_of
from topicsmith.traces.files.json_stream import parse_json

_NAMES = {
    "trace_id": "traceId", "session_id": "sessionId", "parent_observation_id": "parentObservationId",
    "start_time": "startTime", "created_at": "createdAt", "user_id": "userId", "trace_name": "traceName",
}  # fmt: skip
"""Blob exports write names with underscores, the API and the UI in camel case."""

_MARKS = ("sessionId", "traceId", "parentObservationId", "bookmarked")
_NOT_OURS = ("root_span_id", "span_parents", "op_name", "run_type", "spans", "ParentSpanId")
_UNUSED = {"input", "output", "scores", "comments", "observations", "traces", "trace"}


class LangfuseFormat:
    """Traces with ``sessionId``, ``input`` and ``output``, and observations with ``traceId`` and ``type``."""

    name = "langfuse"
    order = 40

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """Input and output beside a column that only Langfuse writes; a trace or session with all its parts."""
        for inside in _parts(row):
            if found := self.recognise(inside):
                return found
        named = {_NAMES.get(key, key): key for key in row}
        mark = next((name for name in _MARKS if name in named), None)
        ours = mark and {"input", "output"} <= row.keys() and not any(name in row for name in _NOT_OURS)
        return f"has 'input', 'output' and '{named[str(mark)]}'" if ours else None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace for each session or trace, after the last row."""
        conversations = Conversations()
        for row in rows:
            spans = list(_spans(row))
            if not spans:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'input'")
            for span in spans:
                conversations.offer(span)
        yield from conversations.traces()


def _parts(row: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """The traces of a session, or the trace of a download that keeps it apart from its observations."""
    trace, traces = row.get("trace"), row.get("traces")
    if isinstance(trace, Mapping) and "id" in trace:
        yield {**trace, "observations": row.get("observations"), "bookmarked": trace.get("bookmarked")}
    for item in traces if isinstance(traces, list) else []:
        if isinstance(item, Mapping):
            yield {"sessionId": row.get("id"), **item} if "bookmarked" in item or "sessionId" in item else item


def _spans(row: Row) -> Iterator[Span]:
    """A row, and the observations inside it where it is a trace with all its details."""
    for part in _parts(row.value):
        yield from _spans(Row(row.source, row.number, part))
    if "input" in row.value:
        yield _span(row)
    inside = row.value.get("observations")
    for item in inside if isinstance(inside, list) else []:
        if isinstance(item, Mapping):
            yield _span(Row(row.source, row.number, {"traceId": row.value.get("id"), **item}))


def _span(row: Row) -> Span:
    value = {_NAMES.get(key, key): item for key, item in row.value.items() if item != "null"}  # as CSV cells say none
    if all(item is None or isinstance(item, str) for item in value.values()):
        value = {**value, "input": _cell(value.get("input")), "output": _cell(value.get("output"))}
    identity = first_id(value, "id") or f"{row.source}:{row.number}"
    trace_id = first_id(value, "traceId")
    root = trace_id is None or first_id(value, "parentObservationId") is None
    kind, name = first_text(value, "type"), first_text(value, "name")
    step = step_of(kind, name, root=root, environment=first_text(value, "environment"))
    return Span(
        trace_id=trace_id or identity,
        messages=exchange(value.get("input"), value.get("output")) if step.part != "none" else (),
        start=first_text(value, "startTime", "timestamp", "createdAt"),
        root=root,
        source=row.source,
        row=row.number,
        conversation=first_id(value, "sessionId"),
        metadata={**rest_of(value, _UNUSED), **_parsed_metadata(value)},
        part=step.part,
        lacks=step.lacks(unread(value.get("input"), "input")),
    )


def _cell(written: object) -> object:
    """A cell of the CSV export, where text is written as JSON."""
    if not isinstance(written, str) or not written.startswith('"'):
        return written
    try:
        return parse_json(written)
    except (ValueError, RecursionError):
        return written


def _parsed_metadata(value: Mapping[str, object]) -> dict[str, object]:
    written = value.get("metadata")
    return {"metadata": json_or_same(written)} if isinstance(written, str) else {}


FORMAT = LangfuseFormat()
