"""Any log whose fields the project names by JMESPath: ``format: fields``."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from topicsmith.errors import ProjectError
from topicsmith.project import FieldPaths, TraceSettings
from topicsmith.records import Dropped, Message, Trace
from topicsmith.traces.base import NO_QUESTION, WRONG_TYPE, Row
from topicsmith.traces.conversations.fields import first_id, first_text
from topicsmith.traces.conversations.messages import MalformedError, message_of, messages_of
from topicsmith.traces.conversations.payloads import json_or_same, spoken
from topicsmith.traces.conversations.sessions import Conversations
from topicsmith.traces.conversations.turns import Turns

_KEPT = (str, int, float, bool)
_LONGEST = 1000


class FieldsFormat:
    """Rows in which ``traces.fields`` says where messages, role, content, id, conversation, time and topic are."""

    name = "fields"
    order = 990

    def recognise(self, row: Mapping[str, object]) -> str | None:  # only the project can know
        """Nothing looks like this format; the project names it."""
        return None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace a row, or for each conversation where a path leads to its name.

        Raises:
            ProjectError: when there are no paths, or one is no JMESPath.
        """
        if settings.fields is None:
            raise ProjectError("'format: fields' needs 'traces.fields', the paths of what is needed")
        paths = _Paths(settings.fields)
        conversations, turns = Conversations(), Turns()
        for row in rows:
            result = _turn(row, paths, turns) if paths.is_turn else _trace(row, paths)
            conversation = paths.text(row.value, "conversation")
            if isinstance(result, Trace) and conversation is not None:
                conversations.join(result, conversation)
            elif result is not None:
                yield result
        yield from conversations.traces()
        yield from turns.traces()


class _Paths:
    """The expressions, compiled."""

    def __init__(self, written: FieldPaths) -> None:
        import jmespath
        from jmespath.exceptions import JMESPathError

        self._compiled: dict[str, Any] = {}
        for name, path in written.model_dump().items():
            try:
                self._compiled[name] = None if path is None else jmespath.compile(path)
            except JMESPathError as exc:
                said = " ".join(str(exc).split())
                raise ProjectError(
                    f"traces.fields.{name}: {path!r} is no JMESPath ({said[:200]}); names with other signs than "
                    "letters stand in double quotes inside single ones"
                ) from None
        self.is_turn = written.messages is None and written.role is not None

    def has(self, name: str) -> bool:
        """Whether the project gives a path for ``name``."""
        return self._compiled[name] is not None

    def value(self, row: object, name: str) -> object:
        """What the path of ``name`` leads to, ``None`` where it leads nowhere."""
        from jmespath.exceptions import JMESPathError

        compiled = self._compiled[name]
        if compiled is None:
            return None
        try:
            found: object = compiled.search(row)
        except JMESPathError:  # a function met a type that it does not take
            return None
        return found

    def text(self, row: object, name: str) -> str | None:
        """What the path of ``name`` leads to, as an id or other short text."""
        return first_id({name: self.value(row, name)}, name)


def _turn(row: Row, paths: _Paths, turns: Turns) -> Dropped | None:
    """A row that is one message."""
    value = {
        "conversation_id": paths.text(row.value, "conversation"),
        "role": paths.value(row.value, "role"),
        "content": paths.value(row.value, "content"),
        "created_at": first_text({"": paths.value(row.value, "time")}, ""),
    }
    return turns.offer(Row(row.source, row.number, value))


def _trace(row: Row, paths: _Paths) -> Trace | Dropped:
    identity = paths.text(row.value, "id")
    try:
        messages = _messages(row.value, paths)
    except MalformedError as exc:
        return Dropped(row.source, row.number, WRONG_TYPE, str(exc), identity)
    if messages is None:
        where = "messages" if paths.has("messages") else "content"
        seen = ", ".join(str(key)[:40] for key in list(row.value)[:12])
        detail = f"'traces.fields.{where}' leads to nothing; the row has {seen or 'no fields'}"
        return Dropped(row.source, row.number, NO_QUESTION, detail, identity)
    topic = paths.value(row.value, "topic")
    return Trace(
        trace_id=identity or "",
        messages=messages,
        metadata={key: v for key, v in row.value.items() if isinstance(v, _KEPT) and len(str(v)) <= _LONGEST},
        source=row.source,
        row=row.number,
        time=first_text({"": paths.value(row.value, "time")}, ""),
        topic=topic.strip() or None if isinstance(topic, str) else None,
    )


def _messages(row: Mapping[str, object], paths: _Paths) -> tuple[Message, ...] | None:
    """A row's messages; ``None`` where the path leads to nothing."""
    if not paths.has("messages"):
        said = paths.value(row, "content")
        return None if said is None else spoken(said)
    listed = json_or_same(paths.value(row, "messages"))
    if listed is None:
        return None
    if not isinstance(listed, list) or not (paths.has("role") or paths.has("content")):
        return messages_of(listed)
    return tuple(message_of(_message(item, paths)) for item in listed)


def _message(item: object, paths: _Paths) -> object:
    """A message with its role and content where they are expected."""
    if not isinstance(item, Mapping):
        return item
    named = {name: paths.value(item, name) for name in ("role", "content") if paths.has(name)}
    return {**{key: value for key, value in item.items() if key not in {"from", "sender", "author"}}, **named}


FORMAT = FieldsFormat()
