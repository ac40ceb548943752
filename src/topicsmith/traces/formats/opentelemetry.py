"""OpenTelemetry spans that follow the GenAI conventions, new and old, as OTLP JSON or a span a row."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import Row
from topicsmith.traces.conversations.span_messages import genai_messages, openinference_messages
from topicsmith.traces.conversations.spans import RawSpan, raw_spans, read_spans


class OpenTelemetryFormat:
    """``{"resourceSpans": [...]}`` whose spans have ``gen_ai.*`` attributes or events."""

    name = "opentelemetry"

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """OTLP's envelope, or a span with ``gen_ai`` attributes."""
        for key in ("resourceSpans", "resourceLogs"):
            if isinstance(row.get(key), list):
                spans = raw_spans(Row("", 0, row))
                return None if any(_is_openinference(span) for span in spans) else f"has '{key}'"
        for span in raw_spans(Row("", 0, row)):
            if any(key.startswith("gen_ai.") for key in span.attributes):
                return "is a span with 'gen_ai' attributes"
        return None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:  # noqa: ARG002
        """One trace for each conversation, after the last row."""
        return read_spans(rows, (genai_messages, openinference_messages))


def _is_openinference(span: RawSpan) -> bool:
    return "openinference.span.kind" in span.attributes


FORMAT = OpenTelemetryFormat()
