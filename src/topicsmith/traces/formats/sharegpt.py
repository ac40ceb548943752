"""ShareGPT: ``conversations`` of ``from`` and ``value``, as LLaMA-Factory and many data sets write them."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_id, first_text, rest_of
from topicsmith.traces.conversations.messages import trace_of
from topicsmith.traces.conversations.requests import listed

_KEYS = ("conversations", "conversation", "items", "turns", "dialog", "dialogue")


class ShareGPTFormat:
    """``{"conversations": [{"from": "human", "value": ...}], "system": ..., "tools": ...}``."""

    name = "sharegpt"
    order = 80
    mixes = True

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """A list of turns that have ``from`` and ``value``."""
        for key in _KEYS:
            turns = listed(row.get(key))
            if turns is not None:
                first = turns[0] if isinstance(turns[0], Mapping) else {}
                pair = "'from' and 'value'" if "from" in first else "turns"
                return f"has a list '{key}' of {pair}"
        return None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace a row; the row's ``system`` text stands first."""
        for row in rows:
            key = next((key for key in (*_KEYS, "messages") if key in row.value), None)
            if key is None:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'conversations'")
                continue
            system = row.value.get("system")
            first = (Message("system", system),) if isinstance(system, str) and system else ()
            yield trace_of(
                row,
                row.value[key],
                first_id(row.value, "id", "conversation_id", "dialogue_id", "dialog_id", "uuid"),
                metadata=rest_of(row.value, {"id", key, "system", "tools"}),
                time=first_text(row.value, "timestamp", "created_at", "time"),
                before=first,
            )


FORMAT = ShareGPTFormat()
