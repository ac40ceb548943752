"""Spans to conversations: what was asked first counts, and replays of a growing history count once.

Spans come in any order and from several files. Each belongs to a trace, and may name the conversation (session,
thread) that its trace belongs to. Of each conversation the earliest span that holds a question is kept; a database
that spills to a temporary file keeps memory bounded.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from topicsmith.records import Dropped, Message, ToolCall, Trace
from topicsmith.traces.queries import first_question
from topicsmith.traces.token_counts import size_of

_CACHE_KIB = 64 * 1024
_Packed = tuple[list[list[object]], dict[str, object], str, int, str | None]


@dataclass(frozen=True, slots=True)
class Span:
    """One step of a trace; ``messages`` is empty where it is no talk with a user or a model.

    ``start`` sorts by time within one log; ``conversation`` is the session's or thread's id where the span names one.
    """

    trace_id: str
    messages: tuple[Message, ...]
    start: str
    root: bool
    source: str
    row: int
    conversation: str | None = None
    time: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)


class Conversations:
    """Takes spans, gives one trace for each conversation, in the order in which they first appeared."""

    def __init__(self) -> None:
        """Start empty."""
        self._database = sqlite3.connect("", isolation_level=None)  # a temporary file, gone when closed
        self._database.executescript(
            f"PRAGMA cache_size = -{_CACHE_KIB}; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE best (trace TEXT PRIMARY KEY, conversation TEXT, rank TEXT, size INT, seen INT, span TEXT)"
            " WITHOUT ROWID;"
        )
        self._count = 0

    def offer(self, span: Span) -> None:
        """Take a span into account."""
        self._count += 1
        trace, conversation = _key(span.trace_id), span.conversation and _key(span.conversation)
        asked = not isinstance(first_question(span.messages), str)
        rank = f"{0 if asked else 1 if span.messages else 2} {span.start} {0 if span.root else 1}"
        known = self._database.execute("SELECT rank FROM best WHERE trace = ?", (trace,)).fetchone()
        size = size_of(span.messages)
        if known is None:
            row = (trace, conversation, rank, size, self._count, _packed(span))
            self._database.execute("INSERT INTO best VALUES (?, ?, ?, ?, ?, ?)", row)
            return
        better = _packed(span) if rank < known[0] else None
        self._database.execute(
            "UPDATE best SET conversation = coalesce(conversation, ?), size = max(size, ?), rank = min(rank, ?),"
            " span = coalesce(?, span) WHERE trace = ?",
            (conversation, size, rank, better, trace),
        )

    def traces(self) -> Iterator[Trace | Dropped]:
        """The conversations; the database is closed at the end."""
        rows = self._database.execute(
            "SELECT name, span, longest FROM (SELECT coalesce(conversation, trace) AS name, span,"
            " max(size) OVER whole AS longest, min(seen) OVER whole AS first,"
            " row_number() OVER (PARTITION BY coalesce(conversation, trace) ORDER BY rank, seen) AS place"
            " FROM best WINDOW whole AS (PARTITION BY coalesce(conversation, trace))) WHERE place = 1 ORDER BY first"
        )
        for name, span, size in rows:
            yield _unpacked(json.loads(name), json.loads(span), size)
        self._database.close()


def _key(name: str) -> str:
    return json.dumps(name)  # plain ASCII, whatever the log held


def _packed(span: Span) -> str:
    messages = [_listed(message) for message in span.messages]
    return json.dumps([messages, dict(span.metadata), span.source, span.row, span.time], default=str)


def _listed(message: Message) -> list[object]:
    calls = [[call.name, call.arguments, call.call_id] for call in message.tool_calls]
    return [message.role, message.content, message.name, calls, message.reasoning, message.tool_call_id]


def _unpacked(name: str, packed: _Packed, size: int) -> Trace:
    messages, metadata, source, row, time = packed
    return Trace(
        trace_id=name,
        messages=tuple(_message(*parts) for parts in messages),  # type: ignore[arg-type]  # as _packed wrote them
        metadata=metadata,
        source=source,
        row=row,
        time=time,
        size=size,
    )


def _message(
    role: str, content: str, name: str | None, calls: list[list[str]], reasoning: str | None, call_id: str | None
) -> Message:
    return Message(role, content, name, tuple(ToolCall(*call) for call in calls), reasoning, call_id)
