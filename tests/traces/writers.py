"""Conversations written as each format's own exporters write them."""

import json
from collections.abc import Callable

import orjson

from topicsmith.records import Message

Rows = list[dict[str, object]]
Write = Callable[[tuple[Message, ...]], Rows]


def chat(message: Message, *, text: Callable[[str], object] = str) -> dict[str, object]:
    """A message as OpenAI writes it."""
    row: dict[str, object] = {"role": message.role, "content": text(message.content) if message.content else None}
    if message.tool_calls:
        row["tool_calls"] = [
            {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return row | ({"tool_call_id": message.tool_call_id} if message.tool_call_id else {})


def openai(talk: tuple[Message, ...]) -> Rows:
    return [{"id": "t", "messages": [chat(m, text=lambda text: [{"type": "text", "text": text}]) for m in talk]}]


def table(talk: tuple[Message, ...]) -> Rows:
    return [{"id": "t", "talk": orjson.dumps([chat(m) for m in talk]).decode()}]


def toucan(talk: tuple[Message, ...]) -> Rows:
    return [{"uuid": "t", "subset_name": "x", "messages": json.dumps([chat(m) for m in talk])}]


def wildchat(talk: tuple[Message, ...]) -> Rows:
    return [{"conversation_hash": "t", "conversation": [chat(m) for m in talk]}]


def sharegpt(talk: tuple[Message, ...]) -> Rows:
    names = {"user": "human", "assistant": "gpt", "tool": "observation"}
    turns = []
    for m in talk:
        if m.tool_calls:
            value = {"name": m.tool_calls[0].name, "arguments": json.loads(m.tool_calls[0].arguments)}
            turns.append({"from": "function_call", "value": json.dumps(value)})
        elif m.role != "system":
            turns.append({"from": names[m.role], "value": m.content})
    system = talk[0].content if talk[0].role == "system" else ""
    return [{"id": "t", "conversations": turns, "system": system}]


def responses(talk: tuple[Message, ...]) -> Rows:
    items: Rows = []
    for m in talk:
        if m.tool_calls:
            call = m.tool_calls[0]
            items.append(
                {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
            )
        elif m.role == "tool":
            items.append({"type": "function_call_output", "call_id": m.tool_call_id, "output": m.content})
        else:
            items.append({"role": m.role, "content": [{"type": "input_text", "text": m.content}]})
    return [{"id": "t", "request": {"model": "m", "input": items}}]


def langfuse(talk: tuple[Message, ...]) -> Rows:
    return [{"id": "t", "sessionId": None, "input": {"messages": [chat(m) for m in talk]}, "output": None}]


def langsmith(talk: tuple[Message, ...]) -> Rows:
    return [{"id": "t", "trace_id": "t", "run_type": "llm", "inputs": {"messages": [chat(m) for m in talk]}}]


def opentelemetry(talk: tuple[Message, ...]) -> Rows:
    messages = []
    for m in talk:
        parts: list[dict[str, object]] = [{"type": "text", "content": m.content}] if m.content else []
        parts += [
            {"type": "tool_call", "id": c.call_id, "name": c.name, "arguments": json.loads(c.arguments)}
            for c in m.tool_calls
        ]
        messages.append({"role": m.role, "parts": parts, "tool_call_id": m.tool_call_id})
    value = {"stringValue": json.dumps(messages)}
    span = {"traceId": "t", "spanId": "s", "attributes": [{"key": "gen_ai.input.messages", "value": value}]}
    return [{"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}]


def openinference(talk: tuple[Message, ...]) -> Rows:
    values: dict[str, object] = {"openinference.span.kind": "LLM"}
    for number, m in enumerate(talk):
        start = f"llm.input_messages.{number}.message"
        values |= {f"{start}.role": m.role, f"{start}.content": m.content, f"{start}.tool_call_id": m.tool_call_id}
        for place, call in enumerate(m.tool_calls):
            inner = f"{start}.tool_calls.{place}.tool_call"
            values |= {f"{inner}.function.name": call.name, f"{inner}.function.arguments": call.arguments}
            values[f"{inner}.id"] = call.call_id
    return [{"context": {"trace_id": "t"}, "attributes": values}]


WRITERS = (openai, table, toucan, wildchat, sharegpt, responses, langfuse, langsmith, opentelemetry, openinference)
