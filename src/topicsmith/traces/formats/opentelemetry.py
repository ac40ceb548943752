"""OpenTelemetry spans that follow the GenAI conventions, new and old, as OTLP JSON or a span a row."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import Row
from topicsmith.traces.conversations.fields import mapping
from topicsmith.traces.conversations.span_messages import genai_messages, openinference_messages
from topicsmith.traces.conversations.spans import RawSpan, raw_spans, read_spans

_ENVELOPES = ("resourceSpans", "resource_spans", "resourceLogs", "resource_logs", "batches")
_MARKS = ("gen_ai.", "traceloop.", "mlflow.", "langfuse.", "ai.prompt", "gcp.vertex.agent", "pydantic_ai", "logfire.")
_LOOKED_AT = 1000


class OpenTelemetryFormat:
    """``{"resourceSpans": [...]}`` whose spans have ``gen_ai.*`` attributes or events."""

    name = "opentelemetry"
    order = 20

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """OTLP's envelope, or a span with ``gen_ai`` attributes."""
        spans = list(islice(raw_spans(Row("", 0, row)), _LOOKED_AT))
        if any(_is_openinference(span) for span in spans):
            return None
        for key in _ENVELOPES:
            inside = mapping(row.get("trace"))
            if isinstance(row.get(key, inside.get(key)), list):
                return f"has '{key}'"
        for span in spans:
            mark = next((key for key in span.attributes if key.startswith(_MARKS)), None)
            if mark is not None:
                return f"is a span with {mark.split('.')[0]!r} attributes"
        return None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace for each conversation, after the last row."""
        return read_spans(rows, (genai_messages, openinference_messages))


def _is_openinference(span: RawSpan) -> bool:
    return "openinference.span.kind" in span.attributes


FORMAT = OpenTelemetryFormat()
