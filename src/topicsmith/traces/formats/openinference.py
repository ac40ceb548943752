"""OpenInference spans, as Phoenix exports them: flattened attributes, nested ones, or data-frame columns."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import Row
from topicsmith.traces.conversations.span_messages import genai_messages, openinference_messages
from topicsmith.traces.conversations.spans import raw_spans, read_spans


class OpenInferenceFormat:
    """Spans with ``openinference.span.kind`` and ``llm.input_messages``."""

    name = "openinference"
    order = 30

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """The kind that every OpenInference span has, or its messages."""
        for span in raw_spans(Row("", 0, row)):
            if "openinference.span.kind" in span.attributes:
                return "has spans with 'openinference.span.kind'"
            if any(key.startswith("llm.input_messages.") for key in span.attributes):
                return "has spans with 'llm.input_messages'"
        return None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace for each session or trace, after the last row."""
        return read_spans(rows, (openinference_messages, genai_messages))


FORMAT = OpenInferenceFormat()
