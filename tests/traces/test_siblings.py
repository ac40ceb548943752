"""Two conversations in every shape that people's logs have: whatever the order of rows, the first questions come."""

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.traces.helpers import Ingest
from topicsmith.errors import TraceError

Rows = list[dict[str, object]]
Turn = tuple[str, str, str, int]  # conversation, role, text, second

FIRST, SECOND = "Where is my parcel?", "Cancel my order, please"
TURNS: list[Turn] = [
    ("a1", "user", FIRST, 1), ("a1", "assistant", "On its way", 2), ("a1", "user", "And the bill?", 3),
    ("b2", "user", SECOND, 1), ("b2", "assistant", "Done", 2),
]  # fmt: skip
NAMES = ("a1", "b2")


def of(name: str) -> list[Turn]:
    return [turn for turn in TURNS if turn[0] == name]


def chat(turns: Iterable[Turn], role: str = "role", content: str = "content") -> list[dict[str, object]]:
    return [{role: who, content: text} for _, who, text, _ in turns]


def each(make: Callable[[str, list[Turn]], dict[str, object]]) -> Callable[[], Rows]:
    """A row a conversation."""
    return lambda: [make(name, of(name)) for name in NAMES]


def growing(make: Callable[[str, list[Turn], int], dict[str, object]]) -> Callable[[], Rows]:
    """A row for every question, with all that was said before."""
    return lambda: [
        make(name, of(name)[: at + 1], at) for name in NAMES for at, turn in enumerate(of(name)) if turn[1] == "user"
    ]


def turns(make: Callable[[Turn], dict[str, object]]) -> Callable[[], Rows]:
    """A row a message."""
    return lambda: [make(turn) for turn in TURNS]


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}Z"


def span(name: str, second: int, attributes: dict[str, object]) -> dict[str, object]:
    pairs = [
        {"key": k, "value": {"stringValue": v if isinstance(v, str) else json.dumps(v)}} for k, v in attributes.items()
    ]
    item = {
        "traceId": f"{name}-{second}",
        "spanId": str(second),
        "name": "chat",
        "startTimeUnixNano": str(second * 10**9),
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [{**item, "attributes": pairs}]}]}]}


def otel(key: str, wrap: Callable[[list[dict[str, object]]], object] = lambda asked: asked) -> Callable[[], Rows]:
    return growing(
        lambda name, said, n: span(name, n + 1, {"session.id": name, "gen_ai.system": "x", key: wrap(chat(said))})
    )


SHAPES: dict[str, Callable[[], Rows]] = {
    "openai": each(lambda name, said: {"id": name, "messages": chat(said)}),
    "openai as text": each(lambda name, said: {"id": name, "messages": json.dumps(chat(said))}),
    "openai twice encoded": each(lambda name, said: {"id": name, "messages": json.dumps(json.dumps(chat(said)))}),
    "openai request": growing(
        lambda name, said, _: {
            "session_id": name,
            "created_at": at(len(said)),
            "request": {"body": json.dumps({"messages": chat(said)})},
        }
    ),
    "anthropic batch": each(
        lambda name, said: {"custom_id": name, "params": {"system": "Help.", "messages": chat(said)}}
    ),
    "anthropic parts": each(
        lambda name, said: {
            "messages": [{"role": m["role"], "content": [{"type": "text", "text": m["content"]}]} for m in chat(said)]
        }
    ),
    "bedrock": each(
        lambda name, said: {
            "requestId": name,
            "input": {
                "inputBodyJson": {
                    "messages": [{"role": m["role"], "content": [{"text": m["content"]}]} for m in chat(said)]
                }
            },
        }
    ),
    "gemini": each(
        lambda name, said: {
            "key": name,
            "request": {
                "contents": [
                    {"role": "model" if who == "assistant" else who, "parts": [{"text": text}]}
                    for _, who, text, _ in said
                ]
            },
        }
    ),
    "litellm": growing(
        lambda name, said, _: {
            "request_id": f"{name}{len(said)}",
            "call_type": "acompletion",
            "messages": {},
            "session_id": name,
            "startTime": at(len(said)),
            "proxy_server_request": json.dumps({"messages": chat(said)}),
        }
    ),
    "helicone": growing(
        lambda name, said, _: {
            "request_created_at": at(len(said)),
            "request_body": {"messages": chat(said)},
            "request_properties": {"Helicone-Session-Id": name},
        }
    ),
    "responses chain": growing(
        lambda name, said, n: {
            "id": f"{name}-{n}",
            "object": "response",
            "created_at": n + 1,
            "model": "m",
            "input": said[-1][2],
            "previous_response_id": f"{name}-{n - 2}" if n else None,
        }
    ),
    "responses items": each(
        lambda name, said: {
            "model": "m",
            "input": [{"role": "user", "content": said[0][2]}, {"type": "mcp_call", "id": "x"}],
        }
    ),
    "sharegpt": each(lambda name, said: {"id": name, "conversations": chat(said, "from", "value")}),
    "speakers": each(
        lambda name, said: {
            "dialogue_id": name,
            "turns": [
                {"speaker": "CUSTOMER" if who == "user" else "AGENT", "utterance": text} for _, who, text, _ in said
            ],
        }
    ),
    "pairs": each(
        lambda name, said: {
            "run_type": "chain",
            "id": name,
            "inputs": {"messages": [["human" if who == "user" else "ai", text] for _, who, text, _ in said]},
        }
    ),
    "langchain": each(
        lambda name, said: {
            "thread_id": name,
            "messages": [{"type": "human" if who == "user" else "ai", "content": text} for _, who, text, _ in said],
        }
    ),
    "ui messages": each(
        lambda name, said: {
            "id": name,
            "messages": [
                {"id": text, "role": who, "parts": [{"type": "step-start"}, {"type": "text", "text": text}]}
                for _, who, text, _ in said
            ],
        }
    ),
    "newest first": each(
        lambda name, said: {
            "thread_id": name,
            "messages": [
                {"role": who, "created_at": second, "content": [{"type": "text", "text": {"value": text}}]}
                for _, who, text, second in reversed(said)
            ],
        }
    ),
    "turns": turns(lambda t: {"conversation_id": t[0], "role": t[1], "content": t[2], "created_at": at(t[3])}),
    "turns of a help desk": turns(
        lambda t: {
            "ticket_id": t[0],
            "sender_type": "customer" if t[1] == "user" else "agent",
            "message": t[2],
            "sent_at": t[3] + 1_767_225_600,
        }
    ),
    "turns numbered": turns(
        lambda t: {"dialogue_id": t[0], "turn_id": str(t[3]), "speaker": t[1].upper(), "utterance": t[2]}
    ),
    "turns with flags": turns(lambda t: {"chatId": t[0], "fromUser": t[1] == "user", "text": t[2], "timestamp": t[3]}),
    "langfuse": growing(
        lambda name, said, n: {
            "id": f"{name}{n}",
            "timestamp": at(n),
            "sessionId": name,
            "input": said[-1][2],
            "output": "x",
            "bookmarked": False,
        }
    ),
    "langfuse blob": growing(
        lambda name, said, n: {
            "id": f"{name}{n}",
            "trace_id": f"t-{name}{n}",
            "session_id": name,
            "type": "GENERATION",
            "input": json.dumps(chat(said)),
            "output": "x",
            "parent_observation_id": "",
            "start_time": f"2026-01-01 00:00:0{n}.5",
        }
    ),
    "langsmith": growing(
        lambda name, said, n: {
            "id": f"{name}{n}",
            "run_type": "chain",
            "start_time": at(n),
            "inputs": {"question": said[-1][2]},
            "extra": {"metadata": {"thread_id": name}},
        }
    ),
    "braintrust": growing(
        lambda name, said, n: {
            "id": f"{name}{n}",
            "span_id": f"{name}{n}",
            "root_span_id": name,
            "created": at(n),
            "input": chat(said),
            "span_attributes": {"type": "llm"},
        }
    ),
    "weave": growing(
        lambda name, said, n: {
            "id": f"{name}{n}",
            "trace_id": name,
            "op_name": "weave:///e/p/op/chat:x",
            "started_at": at(n),
            "inputs": {"messages": chat(said)},
        }
    ),
    "gen_ai": otel("gen_ai.input.messages"),
    "sentry": otel("gen_ai.request.messages"),
    "vercel": otel("ai.prompt", lambda asked: {"system": "Help.", "messages": asked}),
    "openllmetry": otel("traceloop.entity.input", lambda asked: {"inputs": {"messages": asked}}),
    "mlflow": otel("mlflow.spanInputs", lambda asked: {"messages": asked}),
    "openinference": otel("input.value", lambda asked: {"messages": asked}),
    "clickhouse": growing(
        lambda name, said, n: {
            "Timestamp": at(n),
            "TraceId": f"{name}{n}",
            "SpanName": "chat",
            "SpanAttributes": {"session.id": name, "gen_ai.input.messages": json.dumps(chat(said))},
        }
    ),
    "open webui": each(
        lambda name, said: {
            "id": name,
            "chat": {
                "history": {
                    "currentId": said[-1][2],
                    "messages": {
                        text: {
                            "id": text,
                            "parentId": said[n - 1][2] if n else None,
                            "childrenIds": [],
                            "role": who,
                            "content": text,
                        }
                        for n, (_, who, text, _) in enumerate(said)
                    },
                }
            },
        }
    ),
    "claude.ai": each(
        lambda name, said: {
            "uuid": name,
            "chat_messages": [
                {
                    "uuid": text,
                    "sender": "human" if who == "user" else who,
                    "text": text,
                    "content": [{"type": "text", "text": text}],
                }
                for _, who, text, _ in said
            ],
        }
    ),
}
GROUPED = {name for name in SHAPES if name != "responses chain"}


def write(folder: Path, rows: Rows, kind: str) -> None:
    if kind == "array":
        (folder / "log.json").write_text(json.dumps(rows))
    elif kind == "page":
        (folder / "log.json").write_text(json.dumps({"data": rows, "next": None}, indent=2))
    else:
        (folder / "log.json").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize("kind", ["lines", "array", "page"])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_first_questions_come_whatever_the_order(shape: str, kind: str, tmp_path: Path, run: Ingest) -> None:
    rows = SHAPES[shape]()
    write(tmp_path, rows, kind)
    assert sorted(run("log.json").texts) == sorted([FIRST, SECOND])
    if shape in GROUPED:
        random.Random(shape).shuffle(rows)
        write(tmp_path, rows, kind)
        assert sorted(run("log.json").texts) == sorted([FIRST, SECOND])


@pytest.mark.parametrize(
    "word", ["None", "null", "NULL", "undefined", "nan", "", "00000000-0000-0000-0000-000000000000"]
)
@pytest.mark.parametrize("shape", ["openai request", "turns", "langfuse", "langsmith", "litellm", "gen_ai"])
def test_words_for_no_id_join_nothing(shape: str, word: str, tmp_path: Path, run: Ingest) -> None:
    text = json.dumps([row for row in SHAPES[shape]() if FIRST in json.dumps(row) or SECOND in json.dumps(row)])
    for name in NAMES:
        text = text.replace(f'"{name}"', json.dumps(word)).replace(f'\\"{name}\\"', json.dumps(word))
    (tmp_path / "log.json").write_text(text)
    if shape == "turns":  # nothing else says what belongs together
        with pytest.raises(TraceError, match="no column says which conversation"):
            run("log.json")
    else:
        assert {FIRST, SECOND} <= set(run("log.json").texts)


@pytest.mark.parametrize("shape", sorted(GROUPED))
def test_one_bad_record_costs_one_record(shape: str, tmp_path: Path, run: Ingest) -> None:
    lines = [json.dumps(row) for row in SHAPES[shape]()]
    for name in NAMES:  # enough good rows that the file is not refused
        lines += [json.dumps(row) for row in SHAPES[shape]() if name]
    (tmp_path / "log.json").write_text("[" + ",\n".join([lines[0], '{"broken": "quote}', *lines[1:]]) + "]")
    result = run("log.json")
    assert {FIRST, SECOND} <= set(result.texts)
    assert [reason for _, _, reason in result.reasons] == ["not JSON"]
