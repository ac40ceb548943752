"""What logs look like."""

import json
from pathlib import Path

import polars as pl
import pytest

from topicsmith.errors import TraceError
from topicsmith.traces.guess import guess_traces

TALK = [{"role": "user", "content": "where is my card"}, {"role": "assistant", "content": "there"}]


def test_a_known_format_needs_no_columns(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": TALK}) + "\n")
    found = guess_traces(tmp_path / "a.jsonl")
    assert (found.columns, found.questions, found.topics) == ({}, ("where is my card",), ())
    assert found.why.startswith("a.jsonl is read as openai: ")
    assert guess_traces(tmp_path) == found


@pytest.mark.parametrize(
    ("header", "rows", "columns", "topics"),
    [
        ("id,text,label", ["1,pay me,b", "2,lost card,a", "3,my card,a", "4,a loan,b", "5,pay you,b"],
         {"format": "table", "text": "text", "id": "id", "topic": "label"}, ("b", "a")),
        ("nr,said,who", ["1,I want to pay,x", "2,where is it now,x"], {"format": "table", "text": "said"}, ()),
        ("question,intent", ["pay me,a", "pay you,b"],
         {"format": "table", "text": "question", "topic": "intent"}, ("a", "b")),
        ("text,label", ["pay me,x1", "pay you,x2", "a loan,x3", "a card,x4", "no card,x5"],
         {"format": "table", "text": "text"}, ()),
    ],
)  # fmt: skip
def test_a_table_is_told_by_names_and_values(
    tmp_path: Path, header: str, rows: list[str], columns: dict[str, str], topics: tuple[str, ...]
) -> None:
    (tmp_path / "a.csv").write_text("\n".join([header, *rows]) + "\n")
    found = guess_traces(tmp_path / "a.csv")
    assert dict(found.columns) == columns
    assert found.topics == topics
    assert len(found.questions) == min(3, len(rows))


def test_conversations_in_a_column_as_json_text(tmp_path: Path) -> None:
    table = pl.DataFrame(
        {"trace_id": ["t1", "t2"], "first_user_message": ["x", "y"], "messages_json": [json.dumps(TALK)] * 2}
    )
    table.write_parquet(tmp_path / "a.parquet")
    found = guess_traces(tmp_path / "a.parquet")
    assert dict(found.columns) == {"format": "table", "messages": "messages_json", "id": "trace_id"}
    assert found.questions == ("where is my card",) * 2


def test_what_holds_no_texts_is_told_with_its_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TraceError, match="holds neither conversations nor a column of texts; its columns are a, b"):
        guess_traces(tmp_path / "a.csv")
    with pytest.raises(TraceError, match="no such file"):
        guess_traces(tmp_path / "none.csv")
