"""WildChat-1M, WildChat-4.8M and LMSYS-Chat-1M: ``conversation`` with a turn a message."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_id, first_text
from topicsmith.traces.conversations.messages import trace_of

_KEPT = ("model", "turn", "language", "toxic", "redacted", "country", "state")
_IDS = ("conversation_hash", "conversation_id")


class WildChatFormat:
    """``{"conversation_hash": ..., "model": ..., "conversation": [{"role": ..., "content": ...}], ...}``."""

    name = "wildchat"
    order = 60

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """A conversation of roles beside the id or the moderation of these data sets."""
        turns = row.get("conversation")
        if isinstance(turns, list) and turns and all(isinstance(turn, dict) and "role" in turn for turn in turns):
            marks = [name for name in (*_IDS, "openai_moderation") if name in row]
            return f"has 'conversation' with roles, and '{marks[0]}'" if marks else None
        return None

    def columns(self, settings: TraceSettings) -> Sequence[str]:
        """All but the moderation scores and the request headers."""
        return (*_IDS, "timestamp", *_KEPT, "conversation")

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace a row."""
        for row in rows:
            if "conversation" not in row.value:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'conversation'")
                continue
            identity = first_id(row.value, *_IDS)
            yield trace_of(
                row,
                row.value["conversation"],
                identity,
                metadata={name: row.value[name] for name in _KEPT if row.value.get(name) is not None},
                time=first_text(row.value, "timestamp", "tstamp"),
            )


FORMAT = WildChatFormat()
