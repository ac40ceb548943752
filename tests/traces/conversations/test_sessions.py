"""Spans to conversations."""

import itertools

import pytest

from topicsmith.records import Dropped, Message, ToolCall, Trace
from topicsmith.traces.conversations.sessions import Conversations, Span


def span(trace: str, start: str, *texts: str, **more: object) -> Span:
    messages = tuple(Message("user", text) for text in texts)
    values: dict[str, object] = {"root": False, "source": "log", "row": 1, **more}
    return Span(trace_id=trace, messages=messages, start=start, **values)  # type: ignore[arg-type]  # as each test says


def read(*spans: Span) -> list[Trace]:
    conversations = Conversations()
    for item in spans:
        conversations.offer(item)
    results = list(conversations.traces())
    assert not any(isinstance(result, Dropped) for result in results)
    return [result for result in results if isinstance(result, Trace)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_earliest_question_counts_in_any_order(order: tuple[int, ...]) -> None:
    spans = [
        span("t", "0", root=True),
        span("t", "1", "first", row=7),
        span("t", "2", "first", "second"),
        span("t", "3", "first", "second", "third"),
    ]
    (trace,) = read(*(spans[place] for place in order))
    assert ([message.content for message in trace.messages], trace.row) == (["first"], 7)
    # three messages of 26 bytes of frame and 4 of role, with 5 + 6 + 5 characters
    assert trace.size == 3 * 30 + 16


def test_of_two_that_start_together_the_root_counts() -> None:
    (trace,) = read(span("t", "1", "child"), span("t", "1", "root", root=True))
    assert trace.messages[0].content == "root"


def test_traces_keep_their_order_and_conversations_their_name() -> None:
    traces = read(
        span("b", "5", "later", conversation="talk"),
        span("a", "1", "alone"),
        span("c", "2", "earlier", conversation="talk"),
        span("b", "6", "last"),
    )
    assert [(trace.trace_id, trace.messages[0].content) for trace in traces] == [("talk", "earlier"), ("a", "alone")]


def test_everything_about_a_message_comes_back() -> None:
    message = Message("assistant", "odd \ud800\0", "n", (ToolCall("f", "{}", "c"), ToolCall("g", "")), "why", "id")
    item = Span("t\ud83d", (message,), "2026-01-01", True, "s", 3, None, {"k": [1, "x"]})
    (trace,) = read(item)
    assert (trace.messages, trace.trace_id, trace.time, trace.metadata) == (
        (message,),
        "t\ud83d",
        "2026-01-01",
        {"k": [1, "x"]},
    )


@pytest.mark.slow
def test_many_conversations_do_not_stay_in_memory() -> None:
    import tracemalloc

    conversations = Conversations()
    tracemalloc.start()
    for number in range(3000):
        conversations.offer(span(str(number), "1", "x" * 20_000))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 5_000_000  # of 60 MB that were offered; the database keeps at most its cache
    assert sum(1 for _ in conversations.traces()) == 3000
