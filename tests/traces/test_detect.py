"""Which format a file is in."""

import json
from importlib.metadata import entry_points
from pathlib import Path

import polars as pl
import pytest

from tests.traces.helpers import write_lines
from topicsmith import plugins
from topicsmith.errors import ProjectError
from topicsmith.project import TraceSettings
from topicsmith.traces.base import SourceError, TraceFormat
from topicsmith.traces.detect import find_format, place_of, recognise
from topicsmith.traces.files.sources import Source

ROWS: dict[str, dict[str, object]] = {
    "openai": {"messages": [{"role": "user", "content": "x"}]},
    "responses": {"model": "m", "input": "x"},
    "sharegpt": {"conversations": [{"from": "human", "value": "x"}]},
    "table": {"text": "x", "topic": "y"},
    "fields": {},
    "toucan": {"uuid": "u", "subset_name": "s", "messages": "[]"},
    "langfuse": {"id": "i", "input": "x", "output": "y", "sessionId": None},
    "opentelemetry": {"resourceSpans": []},
    "openinference": {"context.trace_id": "t", "attributes.openinference.span.kind": "LLM"},
    "turns": {"conversation_id": "c", "role": "user", "content": "x"},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "x"}]}]},
    "chatgpt": {"mapping": {"a": {"message": None, "parent": None}}},
    "claude_ai": {"chat_messages": []},
    "open_webui": {"chat": {"history": {"messages": {"a": {"role": "user", "content": "x"}}}}},
    "braintrust": {"span_id": "s", "root_span_id": "s", "input": "x"},
    "weave": {"op_name": "weave:///e/p/op/f:v", "inputs": {}, "trace_id": "t"},
    "langsmith": {"id": "r", "run_type": "llm", "inputs": {}},
    "wildchat": {"conversation_id": "c", "conversation": [{"role": "user", "content": "x"}]},
}


@pytest.mark.parametrize("name", sorted(ROWS.keys() - {"fields"}))  # which only a project can name
def test_every_built_in_format_is_recognised_as_itself(tmp_path: Path, name: str) -> None:
    path = write_lines(tmp_path / "log.jsonl", [ROWS[name]])
    found = recognise(Source(path, "log.jsonl", True), TraceSettings(path="x"))
    assert found.format.name == name
    assert found.why.startswith(("has ", "is "))


def test_every_built_in_format_is_offered_and_has_a_place() -> None:
    assert set(ROWS) <= set(plugins.names("topicsmith.formats"))
    ours = {point.name for point in entry_points(group="topicsmith.formats") if point.value.startswith("topicsmith.")}
    assert ours == set(ROWS)
    assert len({place_of(find_format(name))[0] for name in ROWS}) == len(ROWS)
    for name in ROWS:
        format_: TraceFormat = find_format(name)
        assert format_.name == name


def test_the_project_may_say_it(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "log.jsonl", [{"question": "x", "messages": []}])
    source = Source(path, "log.jsonl", True)
    assert recognise(source, TraceSettings(path="x", format="openai")).why == "as the project says"
    by_column = recognise(source, TraceSettings(path="x", text="question"))
    assert (by_column.format.name, by_column.why) == ("table", "the project names the column 'question'")


def test_what_is_not_recognised_names_its_columns(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "log.jsonl", [{"b": 1, "a": 2}])
    with pytest.raises(SourceError, match=r"not a format that is known \(its first row has a, b\); set"):
        recognise(Source(path, "log.jsonl", True), TraceSettings(path="x"))
    with pytest.raises(ProjectError, match="unknown trace format 'nothing'"):
        find_format("nothing")


def test_columns_whose_names_tell_enough_are_not_read(tmp_path: Path) -> None:
    table = pl.DataFrame({"uuid": ["u"], "subset_name": ["s"], "messages": ["[]"]})
    table.write_parquet(tmp_path / "rows.parquet")
    found = recognise(Source(tmp_path / "rows.parquet", "rows.parquet", True), TraceSettings(path="x"))
    assert (found.format.name, found.why) == ("toucan", "has 'uuid', 'subset_name' and 'messages'")
    table.clear().write_parquet(tmp_path / "none.parquet")
    with pytest.raises(SourceError, match="has no rows"):
        recognise(Source(tmp_path / "none.parquet", "none.parquet", True), TraceSettings(path="x"))


def test_a_column_of_conversations_is_named_as_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    talk = json.dumps([{"role": "user", "content": "hi"}]).replace('"', '""')
    path.write_text(f'nr,messages_json\n1,"{talk}"\n')
    with pytest.raises(SourceError, match=r"set 'traces\.messages: messages_json', the column that"):
        recognise(Source(path, "a.csv", True), TraceSettings(path="a.csv"))
