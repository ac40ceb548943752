"""Requests to Gemini: ``contents`` of ``parts``, alone, as batch lines, or in the envelopes of logs."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, Trace
from topicsmith.traces.base import NO_TALK, NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_id, first_text, rest_of
from topicsmith.traces.conversations.payloads import spoken
from topicsmith.traces.conversations.requests import ENVELOPES, answers, bodies, not_talk


class GeminiFormat:
    """``{"contents": [{"role": "user", "parts": [{"text": ...}]}]}``, also under ``request``."""

    name = "gemini"
    order = 75
    mixes = True

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """Contents with parts."""
        place, contents = _contents(row)
        parts = isinstance(contents, list) and any(isinstance(item, Mapping) and "parts" in item for item in contents)
        return f"has '{place}contents' with parts" if parts else None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace a row."""
        for row in rows:
            _, contents = _contents(row.value)
            identity = first_id(row.value, "id", "key", "custom_id", "request_id")
            if contents is None:
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "no 'contents'", identity)
            elif (other := not_talk(row.value)) is not None:
                yield Dropped(row.source, row.number, NO_TALK, other, identity)
            else:
                yield Trace(
                    trace_id=identity or "",
                    messages=(*_asked(contents), *answers(row.value)),
                    metadata=rest_of(row.value, {"id", "contents", *ENVELOPES}),
                    source=row.source,
                    row=row.number,
                    time=first_text(row.value, "timestamp", "created_at", "createTime"),
                )


def _contents(row: Mapping[str, object]) -> tuple[str, object]:
    return next(((place, body["contents"]) for place, body in bodies(row) if body.get("contents")), ("", None))


def _asked(contents: object) -> tuple[Message, ...]:
    """Contents without a role are the user's, as Gemini takes them."""
    items = contents if isinstance(contents, list) else [contents]
    return tuple(
        message
        for item in items
        for message in spoken({"role": "user", **item} if isinstance(item, Mapping) and "parts" in item else item)
    )


FORMAT = GeminiFormat()
