"""Spans to conversations: what was asked first counts, and replays of a growing history count once.

Spans come in any order and from several files. Each belongs to a trace, and may name the conversation (session,
thread) that its trace belongs to. Of each conversation the earliest span that holds a question is kept; a database
that spills to a temporary file keeps memory bounded.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from topicsmith.records import Dropped, Message, ToolCall, Trace
from topicsmith.traces.base import NO_QUESTION, NO_TALK
from topicsmith.traces.conversations.instants import instant
from topicsmith.traces.conversations.steps import Part
from topicsmith.traces.files.spill import Spill
from topicsmith.traces.queries import first_question
from topicsmith.traces.token_counts import size_of

_CACHE_KIB = 64 * 1024
_UNKNOWN = 2**62  # a span without a time comes after those that have one, in the order of the log
_Packed = tuple[list[list[object]], dict[str, object], str, int, str | None, str]
_NO_MESSAGES, _NO_TALK = 3, 4


@dataclass(frozen=True, slots=True)
class Span:
    """One step of a trace; ``messages`` is empty where it is no talk with a user or a model.

    ``start`` is when it began, as the log writes it; ``conversation`` is the session's or thread's id where the span
    names one. ``part`` says whether its messages are the talk itself. ``lacks`` says what was looked for in vain.
    """

    trace_id: str
    messages: tuple[Message, ...]
    start: str | None
    root: bool
    source: str
    row: int
    conversation: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    part: Part = "talk"
    lacks: str = ""


class Conversations:
    """Takes spans, gives one trace for each conversation, in the order in which they first appeared."""

    def __init__(self) -> None:
        """Start empty."""
        self._spill = Spill(
            "CREATE TABLE best (trace TEXT PRIMARY KEY, conversation TEXT, rank INT, start INT, root INT, size INT,"
            " seen INT, span TEXT) WITHOUT ROWID;",
            _CACHE_KIB,
        )
        self._count = 0

    def offer(self, span: Span) -> None:
        """Take a span into account."""
        self._count += 1
        trace, conversation = _key(span.trace_id), span.conversation and _key(span.conversation)
        asked = not isinstance(first_question(span.messages), str)
        began = instant(span.start)
        place = (
            _rank(asked=asked, span=span),
            began if began is not None else _UNKNOWN + self._count,
            0 if span.root else 1,
        )
        known = self._spill.database.execute("SELECT rank, start, root FROM best WHERE trace = ?", (trace,)).fetchone()
        size = size_of(span.messages)
        if known is None:
            row = (trace, conversation, *place, size, self._count, _packed(span))
            self._spill.database.execute("INSERT INTO best VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            return
        better = _packed(span) if place < known else None
        self._spill.database.execute(
            "UPDATE best SET conversation = coalesce(conversation, ?), size = max(size, ?), rank = ?, start = ?,"
            " root = ?, span = coalesce(?, span) WHERE trace = ?",
            (conversation, size, *min(place, known), better, trace),
        )

    def join(self, trace: Trace, conversation: str) -> None:
        """Take a trace into account that a log keeps whole: a request with all that was said before."""
        self.offer(
            Span(
                trace_id=f"{trace.source}:{trace.row}",
                messages=trace.messages,
                start=trace.time,
                root=True,
                source=trace.source,
                row=trace.row,
                conversation=conversation,
                metadata=trace.metadata,
            )
        )

    def traces(self) -> Iterator[Trace | Dropped]:
        """The conversations; the database is closed at the end."""
        if not self._spill.used:
            return
        rows = self._spill.database.execute(
            "SELECT name, span, longest, rank FROM (SELECT coalesce(conversation, trace) AS name, span, rank,"
            " max(size) OVER whole AS longest, min(seen) OVER whole AS first,"
            " row_number() OVER (PARTITION BY coalesce(conversation, trace) ORDER BY rank, start, root, seen) AS place"
            " FROM best WINDOW whole AS (PARTITION BY coalesce(conversation, trace))) WHERE place = 1 ORDER BY first"
        )
        for name, span, size, rank in rows:
            yield _result(json.loads(name), json.loads(span), size, rank)
        self._spill.close()


def _rank(*, asked: bool, span: Span) -> int:
    """A question comes before one in a step that is not the talk itself, and that before messages without one."""
    if asked and span.part != "none":
        return 0 if span.part == "talk" else 1
    return 2 if span.messages and span.part == "talk" else 3 if span.part != "none" else 4


def _key(name: str) -> str:
    return json.dumps(name)  # plain ASCII, whatever the log held


def _packed(span: Span) -> str:
    messages = [_listed(message) for message in span.messages]
    return json.dumps([messages, dict(span.metadata), span.source, span.row, span.start, span.lacks], default=str)


def _listed(message: Message) -> list[object]:
    calls = [[call.name, call.arguments, call.call_id] for call in message.tool_calls]
    return [message.role, message.content, message.name, calls, message.reasoning, message.tool_call_id]


def _result(name: str, packed: _Packed, size: int, rank: int) -> Trace | Dropped:
    messages, metadata, source, row, time, lacks = packed
    if rank == _NO_TALK:
        return Dropped(source, row, NO_TALK, lacks, name)
    if rank == _NO_MESSAGES and lacks:
        return Dropped(source, row, NO_QUESTION, lacks, name)
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
