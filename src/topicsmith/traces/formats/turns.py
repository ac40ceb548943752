"""A message a row: tables of chat databases, OpenAssistant's trees, transcripts of coding agents."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import Row
from topicsmith.traces.conversations.fields import conversation_of, first_id, mapping
from topicsmith.traces.conversations.roles import written_role
from topicsmith.traces.conversations.turns import NOT_A_MESSAGE, Turns, is_turn

_NOT_SAID = ("isMeta", "isSidechain", "isCompactSummary", "isVisibleInTranscriptOnly", "deleted", "is_deleted")


class TurnsFormat:
    """``{"conversation_id": ..., "role": "user", "content": ..., "created_at": ...}``, a row each message."""

    name = "turns"
    order = 85

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """Somebody known speaks in the row itself."""
        row = _said(row)
        if not is_turn(row):
            return None
        named = " of a conversation" if conversation_of(row) is not None else ""
        return f"has a message{named} in each row ('{written_role(row)}' speaks)"

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace for each conversation, after the last row; rows that are no messages are told apart."""
        turns = Turns()
        for row in rows:
            said = _said(row.value)
            if any(row.value.get(mark) is True for mark in _NOT_SAID):
                continue
            if not is_turn(said):
                yield Dropped(row.source, row.number, NOT_A_MESSAGE, "nobody known speaks in it")
                continue
            own = {} if conversation_of(said) is not None or "payload" not in row.value else {"session": row.source}
            dropped = turns.offer(Row(row.source, row.number, {**own, **said}))
            if dropped is not None:
                yield dropped
        yield from turns.traces()


def _said(row: Mapping[str, object]) -> Mapping[str, object]:
    """The message in a row: Codex keeps it under ``payload``, spreadsheets write the names of columns in capitals."""
    payload = mapping(row.get("payload"))
    if payload.get("type") == "message" and "role" in payload:
        session = first_id(row, "session_id", "sessionId")
        return {**payload, "timestamp": row.get("timestamp"), **({"session_id": session} if session else {})}
    if is_turn(row) or not any(str(key)[:1].isupper() for key in row):
        return row
    return {str(key).strip().casefold().replace(" ", "_"): value for key, value in row.items()}


FORMAT = TurnsFormat()
