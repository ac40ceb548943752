"""From files to both tables."""

import random
from pathlib import Path

import polars as pl
import pytest

from tests.traces.helpers import Ingest, write_lines
from topicsmith.errors import TraceError
from topicsmith.project import TraceSettings
from topicsmith.tables import DROPPED, QUERIES
from topicsmith.traces.ingest import input_fingerprint


def chat(text: object, **more: object) -> dict[str, object]:
    return {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}], **more}


def test_every_row_is_a_query_or_is_dropped_with_a_reason(tmp_path: Path, run: Ingest) -> None:
    rows = [chat("Where is Oslo?", id="a", lang="en"), b"{torn", chat(""), {"messages": []}, chat("Hi"), chat("Hei")]
    write_lines(tmp_path / "log.jsonl", rows)
    result = run("log.jsonl")
    assert result.texts == ["Where is Oslo?", "Hi", "Hei"]
    assert result.reasons == [
        ("log.jsonl", 2, "not JSON"),
        ("log.jsonl", 3, "user messages without text"),
        ("log.jsonl", 4, "no user message"),
    ]
    assert result.summary.traces == 6
    assert result.summary.queries == 3
    assert result.summary.formats == {"log.jsonl": "openai: has a list 'messages' with roles"}
    first = result.queries[0]
    assert (first.trace_id, first.message_index, first.metadata) == ("a", 1, {"lang": "en"})
    assert first.query_tokens == 4  # 14 bytes
    # two messages of 26 bytes of frame each, "system" + "Be brief." and "user" + 14: 85 bytes
    assert first.trace_tokens == 22


def test_the_tables_have_the_columns_that_are_promised(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "log.jsonl", [chat("Hi")])
    run("log.jsonl")
    assert dict(pl.read_parquet_schema(tmp_path / "out" / "q.parquet")) == QUERIES
    assert dict(pl.read_parquet_schema(tmp_path / "out" / "d.parquet")) == DROPPED


def test_names_of_queries_do_not_depend_on_the_order_of_rows(tmp_path: Path, run: Ingest) -> None:
    rows: list[object] = [chat(f"question {number}", id=number) for number in range(50)]
    write_lines(tmp_path / "log.jsonl", rows)
    before = {query.query_id: (query.text, query.group) for query in run("log.jsonl").queries}
    random.Random(1).shuffle(rows)
    write_lines(tmp_path / "log.jsonl", rows)
    assert {query.query_id: (query.text, query.group) for query in run("log.jsonl").queries} == before
    assert len(before) == 50


def test_equal_rows_get_names_of_their_own_and_one_group(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "log.jsonl", [chat("Same", id="x"), chat("Same", id="x"), chat("Other", id="y")])
    result = run("log.jsonl")
    first, second, other = result.queries
    assert second.query_id == f"{first.query_id}-2"
    assert first.group == second.group != other.group
    assert (result.summary.groups, result.summary.grouped_queries) == (1, 2)
    assert (result.summary.largest_groups[0].count, result.summary.largest_groups[0].text) == (2, "Same")


def test_more_than_half_bad_rows_refuse_the_file(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "log.jsonl", [chat("a"), b"{", b"{"])
    with pytest.raises(TraceError, match=r"log.jsonl: 2 of 3 rows cannot be read; the first is row 2: not JSON"):
        run("log.jsonl")
    write_lines(tmp_path / "log.jsonl", [chat("a"), chat("b"), b"{", b"{"])
    assert run("log.jsonl").summary.dropped == {"not JSON": 2}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"PAR1....", "is a Parquet file"),
        (b'{"name": "left-pad", "version": "1.0"}', r"not a format that is known \(its first row has name, version\)"),
        (b"hello\nworld\n", "log.jsonl:1: not JSON"),
    ],
)
def test_a_file_that_is_no_log_is_refused(tmp_path: Path, run: Ingest, content: bytes, reason: str) -> None:
    (tmp_path / "log.jsonl").write_bytes(content)
    with pytest.raises(TraceError, match=reason):
        run("log.jsonl")


def test_a_log_without_any_question_is_refused(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "log.jsonl", [{"messages": [{"role": "assistant", "content": "Hello"}]}])
    with pytest.raises(TraceError, match="none of 1 traces has a question; here: no user message"):
        run("log.jsonl")


def test_nothing_is_written_and_nothing_left_when_reading_fails(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "log.jsonl", [b"{", b"{"])
    with pytest.raises(TraceError):
        run("log.jsonl")
    assert list((tmp_path / "out").iterdir()) == []


def test_what_a_killed_run_left_is_cleared(tmp_path: Path, run: Ingest) -> None:
    (tmp_path / "out" / ".ingest-abc" / "queries").mkdir(parents=True)
    write_lines(tmp_path / "log.jsonl", [chat("Hi")])
    run("log.jsonl")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["d.parquet", "q.parquet"]


def test_a_fingerprint_changes_with_the_content_only(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "log.jsonl", [chat("a")])
    settings = TraceSettings(path="*.jsonl")
    before = input_fingerprint(settings, tmp_path)
    write_lines(path, [chat("a")])
    assert input_fingerprint(settings, tmp_path) == before
    write_lines(path, [chat("b")])
    assert input_fingerprint(settings, tmp_path) != before
