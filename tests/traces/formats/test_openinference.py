"""OpenInference spans: OTLP with flattened attributes, Phoenix' nested JSON, and its data-frame columns."""

from pathlib import Path

import orjson
import polars as pl

from tests.traces.helpers import Ingest, read_traces
from topicsmith.records import ToolCall
from topicsmith.traces.formats.openinference import FORMAT

FLAT = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "gpt-4o",
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "Be brief.",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.contents.0.message_content.type": "text",
    "llm.input_messages.1.message.contents.0.message_content.text": "What is in",
    "llm.input_messages.1.message.contents.1.message_content.type": "image",
    "llm.input_messages.1.message.contents.2.message_content.type": "text",
    "llm.input_messages.1.message.contents.2.message_content.text": "the picture?",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "look",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"at": 1}',
    "input.value": '{"messages": []}',
    "session.id": "s-1",
}
NESTED = {
    "openinference": {"span": {"kind": "LLM"}},
    "llm": {"input_messages": [{"message": {"role": "user", "content": "What is in the picture?"}}]},
}


def otlp(values: dict[str, str], parent: str = "b7ad6b7169203331") -> dict[str, object]:
    pairs = [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
    span = {"traceId": "t1", "spanId": "s1", "parentSpanId": parent, "startTimeUnixNano": "7", "attributes": pairs}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def test_flattened_attributes_are_read() -> None:
    row = otlp(FLAT)
    assert FORMAT.recognise(row) == "has spans with 'openinference.span.kind'"
    (trace,) = read_traces(FORMAT, [row])
    assert [(message.role, message.content) for message in trace.messages] == [
        ("system", "Be brief."),
        ("user", "What is in\nthe picture?"),
        ("assistant", ""),
    ]
    assert trace.messages[2].tool_calls == (ToolCall("look", '{"at": 1}'),)
    assert trace.trace_id == "s-1"
    assert trace.metadata["llm.model_name"] == "gpt-4o"


def test_more_than_ten_messages_stay_in_order() -> None:
    values = {"openinference.span.kind": "LLM"}
    for number in range(12):
        values[f"llm.input_messages.{number}.message.role"] = "user"
        values[f"llm.input_messages.{number}.message.content"] = str(number)
    (trace,) = read_traces(FORMAT, [otlp(values)])
    assert [message.content for message in trace.messages] == [str(number) for number in range(12)]


def test_nested_json_of_phoenix_reads_alike() -> None:
    row = {"name": "ChatCompletion", "span_kind": "LLM", "parent_id": None, "start_time": "2026-05-01T10:00:00+00:00",
           "context": {"trace_id": "t9", "span_id": "s"}, "attributes": NESTED}  # fmt: skip
    (trace,) = read_traces(FORMAT, [row])
    assert (trace.trace_id, trace.messages[0].content) == ("t9", "What is in the picture?")


def test_the_root_of_a_trace_without_model_messages_gives_its_input() -> None:
    values = {"openinference.span.kind": "CHAIN", "input.value": "How do I pay?", "input.mime_type": "text/plain"}
    (trace,) = read_traces(FORMAT, [otlp(values, parent="")])
    assert trace.messages[0].content == "How do I pay?"
    (below,) = read_traces(FORMAT, [otlp(values)])
    assert below.messages[0].content == "How do I pay?"  # as nothing else in its trace has a question


def test_a_data_frame_in_parquet_and_in_csv(tmp_path: Path, run: Ingest) -> None:
    messages = [[{"message.role": "user", "message.content": text}] for text in ("Is it open?", "Can I return it?")]
    columns = {
        "name": ["llm", "llm"],
        "span_kind": ["LLM", "LLM"],
        "parent_id": ["x", "x"],
        "start_time": ["2026-05-01T10:00:01", "2026-05-01T10:00:00"],
        "context.trace_id": ["t1", "t2"],
        "context.span_id": ["a", "b"],
    }
    name = "attributes.llm.input_messages"
    pl.DataFrame({**columns, name: messages}).write_parquet(tmp_path / "spans.parquet")
    cells = [orjson.dumps(cell).decode() for cell in messages]
    pl.DataFrame({**columns, name: cells}).write_csv(tmp_path / "spans.csv")
    for file in ("spans.parquet", "spans.csv"):
        result = run(file)
        assert result.texts == ["Is it open?", "Can I return it?"]
        assert result.summary.formats[file] == "openinference: has spans with 'openinference.span.kind'"
