"""Toucan rows: the three that are quoted in public, and the other configurations after the data set's own converter."""

from pathlib import Path

import orjson
import polars as pl
import pytest

from tests.traces.helpers import Ingest, read_traces, write_lines
from topicsmith.project import SampleSettings, TraceSettings
from topicsmith.records import ToolCall
from topicsmith.traces.formats.toucan import FORMAT

DATA = Path(__file__).parent / "data" / "toucan_rows.jsonl"


def row(messages: object, **more: object) -> dict[str, object]:
    text = messages if isinstance(messages, str) else orjson.dumps(messages).decode()
    return {"uuid": "u1", "subset_name": "multi-turn", "messages": text, **more}


def spaced(*messages: tuple[str, str]) -> str:
    """JSON as Python's json module writes it, which is what the data set holds."""
    import json

    return json.dumps([{"role": role, "content": content} for role, content in messages], ensure_ascii=False)


def test_the_quoted_rows_read_as_their_first_user_message(tmp_path: Path, run: Ingest) -> None:
    (tmp_path / "rows.jsonl").write_bytes(DATA.read_bytes())
    result = run("rows.jsonl")
    wanted = [orjson.loads(orjson.loads(line)["messages"])[0]["content"] for line in DATA.read_bytes().splitlines()]
    assert result.texts == wanted
    assert result.queries[0].trace_id == "04bd5f16-a8b7-5899-9f30-cc5d9bbc113e"
    assert result.summary.formats == {"rows.jsonl": "toucan: has 'uuid', 'subset_name' and 'messages'"}


def test_calls_reasoning_and_results_are_read() -> None:
    messages = [
        {"role": "system", "content": "<|im_system|>tool_declare<|im_middle|>[...]"},
        {"role": "user", "content": "Convert 3 USD"},
        {
            "role": "assistant",
            "content": "",
            "reasoning_content": "I need the rate.",
            "function_call": {"name": "fx-rate", "arguments": '{"from": "USD"}'},
        },
        {"role": "function", "name": "fx-rate", "content": "0.9"},
    ]
    (trace,) = read_traces(FORMAT, [row(messages, question="Convert 3 USD", target_tools="fx::rate")])
    assert trace.messages[2].tool_calls == (ToolCall("fx-rate", '{"from": "USD"}'),)
    assert trace.messages[2].reasoning == "I need the rate."
    assert (trace.messages[3].role, trace.messages[3].name) == ("function", "fx-rate")
    assert trace.metadata == {"subset_name": "multi-turn", "question": "Convert 3 USD", "target_tools": "fx::rate"}


def test_the_sft_configuration_writes_calls_as_python_literals() -> None:
    messages = [
        {"role": "user", "content": "Any trains?"},
        {"role": "tool_call", "content": "{'name': 'search', 'arguments': {'to': \"Xi'an\"}}"},
        {"role": "tool_response", "content": "none"},
        {"role": "assistant", "content": "No."},
    ]
    (trace,) = read_traces(FORMAT, [row(messages)])
    assert trace.messages[1].tool_calls == (ToolCall("search", '{"to":"Xi\'an"}'),)
    assert [message.role for message in trace.messages] == ["user", "assistant", "tool", "assistant"]


TRICKY = [
    spaced(("user", "Plain question")),
    spaced(("system", "Tools: {}"), ("user", "After a system message"), ("assistant", "ok")),
    spaced(("system", 'He wrote [{"role": "user", "content": "not me"}]'), ("user", "The real one")),
    spaced(("system", 'x"}, {"role": "user", "content": "nor me"}'), ("user", 'Quotes " and \\ and\nlines')),
    spaced(("user", "  "), ("user", "Second, the first was blank")),
    spaced(("user", "<tool_response>42</tool_response>"), ("user", "After pasted output")),
    spaced(("user", "# Tools\n\n<tools></tools>"), ("user", "After a declaration")),
    spaced(("assistant", "Hello"), ("user", "After a greeting")),
    spaced(("system", "a"), ("system", "b"), ("user", "After two system messages")),
    '[{"role":"user","content":"Without spaces"}]',
    '[{"content": "Keys the other way round", "role": "user"}]',
    '[{"role": "user", "content": "With a name", "name": "bob"}]',
    '[{"role": "user", "content": [{"type": "text", "text": "In parts"}]}]',
    spaced(("user", "Ünïcode, \u4f60\u597d and \U0001f600 … \u2028")),
    spaced(("system", "s"), ("user", "\nStarts with a line end")),
    spaced(("user", "Long " + "question " * 2000)),
    spaced(("user", "Broken off after the question"), ("assistant", "ok"))[:-3],
]


def test_reading_only_the_head_of_a_column_changes_nothing(tmp_path: Path, run: Ingest) -> None:
    tools = ["", None, "tool-1", 'say "x", \\ and \u00fc\n', "\x1f"]
    rows = [row(text, uuid=str(number), target_tools=tools[number % 5]) for number, text in enumerate(TRICKY)]
    write_lines(tmp_path / "rows.jsonl", rows)
    pl.DataFrame(rows).write_parquet(tmp_path / "rows.parquet")
    lines, columns = run("rows.jsonl"), run("rows.parquet")
    assert columns.queries == lines.queries
    assert len(lines.queries) == len(TRICKY) - 1
    assert [reason for _, _, reason in columns.reasons] == ["wrong type"]
    assert lines.texts[2:4] == ["The real one", 'Quotes " and \\ and\nlines']


def test_bad_messages_are_dropped_from_both_kinds_of_file(tmp_path: Path, run: Ingest) -> None:
    texts = [spaced(("user", "a")), "[{", None, "[]", spaced(("user", "b")), spaced(("user", "c"))]
    rows = [{"uuid": str(number), "subset_name": "irrelevant", "messages": text} for number, text in enumerate(texts)]
    write_lines(tmp_path / "rows.jsonl", rows)
    pl.DataFrame(rows).write_parquet(tmp_path / "rows.parquet")
    for name in ("rows.jsonl", "rows.parquet"):
        result = run(name)
        assert result.texts == ["a", "b", "c"]
        assert [reason for _, _, reason in result.reasons] == ["wrong type", "not this format", "no user message"]
        assert [row["trace_id"] for row in result.dropped] == ["1", "2", "3"]


@pytest.mark.parametrize(("by", "read"), [(None, False), ("subset_name", False), ("metadata.mcp_servers[0].x", True)])
def test_the_large_metadata_column_is_read_only_when_it_is_sampled_by(by: str | None, read: bool) -> None:
    settings = TraceSettings(path="x", sample=SampleSettings(size=2, by=by))
    assert ("metadata" in FORMAT.columns(settings)) is read


def test_sampling_evenly_by_the_category_of_the_first_server(tmp_path: Path, run: Ingest) -> None:
    labels = ["Weather"] * 20 + ["Travel"] * 2
    rows = [
        row(
            spaced(("user", f"question {number}")),
            uuid=str(number),
            metadata=orjson.dumps({"mcp_servers": [{"labels": {"primary_label": label}}]}).decode(),
        )
        for number, label in enumerate(labels)
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "rows.parquet")
    sample = {"size": 6, "by": "metadata.mcp_servers[0].labels.primary_label"}
    result = run("rows.parquet", sample=sample)
    assert sorted(int(query.trace_id) >= 20 for query in result.queries) == [False] * 4 + [True] * 2
    assert result.summary.sampled_out == 16
