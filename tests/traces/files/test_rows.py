"""Rows out of JSON files, and what ruined ones get: FAULTS 58 to 61 and 68."""

import gzip
import json
from pathlib import Path

import orjson
import pytest

from tests.traces.helpers import Ingest, write_lines
from topicsmith.errors import TraceError
from topicsmith.traces.files import json_rows
from topicsmith.traces.files.streams import MAX_ROW_BYTES


def chat(text: object) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}]}


def test_a_torn_last_line_is_dropped(tmp_path: Path, run: Ingest) -> None:
    data = b"\n".join(orjson.dumps(chat(f"q{number}")) for number in range(5))
    (tmp_path / "log.jsonl").write_bytes(data[:-7])
    result = run("log.jsonl")
    assert result.texts == ["q0", "q1", "q2", "q3"]
    assert result.reasons == [("log.jsonl", 5, "not JSON")]


@pytest.mark.slow
def test_a_gzip_cut_short_keeps_what_came_before(tmp_path: Path, run: Ingest) -> None:
    import random

    random_text = random.Random(5).randbytes
    data = b"".join(orjson.dumps(chat(random_text(500).hex())) + b"\n" for _ in range(5000))
    packed = gzip.compress(data)
    (tmp_path / "log.jsonl.gz").write_bytes(packed[: len(packed) * 2 // 3])
    result = run("log.jsonl.gz")
    assert len(result.queries) > 2000
    assert result.reasons[-1][2] == "gzip file cut short"


def test_a_message_of_50_mb_is_dropped_and_the_rest_is_read(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "log.jsonl", [chat("before"), chat("x" * 50_000_000), chat("after")])
    result = run("log.jsonl")
    assert result.texts == ["before", "after"]
    assert result.reasons == [("log.jsonl", 2, "row too large")]
    assert result.dropped[0]["detail"] == f"over {MAX_ROW_BYTES:,} bytes"


def test_a_question_of_two_million_characters_is_dropped(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "log.jsonl", [chat("a" * 1_000_000), chat("a" * 2_000_000)])
    result = run("log.jsonl")
    assert [len(text) for text in result.texts] == [1_000_000]
    assert result.reasons == [("log.jsonl", 2, "question too long")]


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"messages":' * 100_000, b'{"messages": ' + b"[" * 100_000])
def test_a_hundred_thousand_brackets_are_dropped(tmp_path: Path, run: Ingest, deep: bytes) -> None:
    write_lines(tmp_path / "log.jsonl", [chat("before"), deep, chat("after")])
    result = run("log.jsonl")
    assert result.texts == ["before", "after"]
    assert result.reasons == [("log.jsonl", 2, "nested too deeply")]
    (tmp_path / "deep.json").write_bytes(deep)
    with pytest.raises(TraceError, match="nested too deeply"):
        run("deep.json")


def test_two_formats_in_one_folder_are_each_read_as_their_own(tmp_path: Path, run: Ingest) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    write_lines(folder / "a.jsonl", [chat("chat")])
    write_lines(folder / "b.jsonl", [{"id": "t", "sessionId": None, "input": "shared", "output": "x"}])
    (folder / "c.json").write_bytes(b'{"name": "left-pad"}')
    result = run("logs")
    assert sorted(result.texts) == ["chat", "shared"]
    assert result.summary.formats == {
        "logs/a.jsonl": "openai: has a list 'messages' with roles",
        "logs/b.jsonl": "langfuse: has 'input', 'output' and 'sessionId'",
    }
    assert result.reasons == [("logs/c.json", 0, "not a format that is known")]
    named = run("logs", format="openai")
    assert named.texts == ["chat"]
    assert named.reasons == [("logs/b.jsonl", 1, "not this format"), ("logs/c.json", 1, "not this format")]


def test_mixed_types_of_one_field_are_read_row_by_row(tmp_path: Path, run: Ingest) -> None:
    parts = [{"type": "text", "text": "in parts"}]
    rows = [chat("text"), chat(parts), chat(None), {"messages": []}, 7, [1], chat("more"), chat("and more")]
    write_lines(tmp_path / "log.jsonl", rows)
    result = run("log.jsonl")
    assert result.texts == ["text", "in parts", "more", "and more"]
    assert [reason for _, _, reason in result.reasons] == [
        "user messages without text", "no user message", "not an object", "not an object",
    ]  # fmt: skip


def test_control_characters_survive_and_surrogates_are_replaced(tmp_path: Path, run: Ingest) -> None:
    odd = "tab\tbell\x07 esc\x1b[31m del\x7f crlf\r\n fffe\ufffe zwj 👩‍👩‍👧 rtl\u202e combining e" + "\u0301" * 50
    lines = [orjson.dumps(chat(odd)), b'{"messages":[{"role":"user","content":"a\\ud83d \\u0000b"}]}']
    (tmp_path / "log.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines) + b"\r\n\r\n")
    result = run("log.jsonl")
    assert result.texts == [odd, "a\ufffd \ufffdb"]
    assert result.summary.replaced_characters == 2


def test_a_json_document_may_be_an_object_an_array_a_wrapper_or_lines(tmp_path: Path, run: Ingest) -> None:
    one, two = orjson.dumps(chat("one")), orjson.dumps(chat("two"))
    for data, texts in [
        (one, ["one"]),
        (b" [" + one + b",\n" + two + b"] ", ["one", "two"]),
        (b'{"data": [' + one + b"," + two + b'], "meta": {}}', ["one", "two"]),
        (one + b"\n" + two, ["one", "two"]),
        (orjson.dumps(chat("pretty"), option=orjson.OPT_INDENT_2), ["pretty"]),
    ]:
        (tmp_path / "log.json").write_bytes(data)
        assert run("log.json").texts == texts


def test_a_json_file_of_lines_beyond_memory_streams(
    tmp_path: Path, run: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_rows, "CHUNK", 10)
    write_lines(tmp_path / "log.json", [chat("one"), chat("two")])
    assert run("log.json").texts == ["one", "two"]


TURNS = [{"role": "system", "content": "s"}, {"role": "user", "content": "the question"}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("log.json", json.dumps(TURNS)),
        ("log.json", json.dumps(TURNS, indent=2)),
        ("log.jsonl", json.dumps(TURNS)),
        ("log.jsonl", f"{json.dumps(TURNS)}\n"),
    ],
)
def test_a_file_may_be_one_conversation_without_more(tmp_path: Path, run: Ingest, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    result = run(name)
    assert result.texts == ["the question"]
    assert result.queries[0].message_index == 1


def test_lines_may_be_conversations_without_more(tmp_path: Path, run: Ingest) -> None:
    other = [{"role": "user", "content": "another"}]
    write_lines(tmp_path / "log.jsonl", [json.dumps(TURNS).encode(), b"[]", b"[1]", json.dumps(other).encode()])
    result = run("log.jsonl")
    assert result.texts == ["the question", "another"]
    assert result.reasons == [("log.jsonl", 2, "not an object"), ("log.jsonl", 3, "not an object")]


def test_a_conversation_beyond_a_rows_size_is_dropped_and_not_held(tmp_path: Path, run: Ingest) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{"role": "user", "content": "x" * 1_000_000}] * 40))
    (tmp_path / "b.json").write_text(json.dumps(TURNS))
    result = run("*.json")
    assert result.texts == ["the question"]
    assert [(source, reason) for source, _, reason in result.reasons] == [("a.json", "row too large")]


def test_what_follows_an_array_is_read(tmp_path: Path, run: Ingest) -> None:
    (tmp_path / "log.json").write_text(json.dumps([chat(f"q{i}") for i in range(30)]) + "\n" + json.dumps([chat("x")]))
    result = run("log.json")
    assert result.texts == [*(f"q{i}" for i in range(30)), "x"]
    assert result.reasons == []
