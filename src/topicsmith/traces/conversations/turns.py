"""Tables with a message a row, put together to conversations by the column that names the conversation."""

import json
from collections.abc import Iterator, Mapping

from topicsmith.records import Dropped, Message, Trace
from topicsmith.traces.base import WRONG_TYPE, Row
from topicsmith.traces.conversations.fields import conversation_of, first_id, first_text
from topicsmith.traces.conversations.instants import TIMES, instant
from topicsmith.traces.conversations.messages import MalformedError, is_message, message_of, unwrapped
from topicsmith.traces.files.spill import Spill

_NUMBERS = ("turn", "turn_id", "turn_index", "turn_number", "message_index", "msg_index", "seq", "sequence", "position",
            "order", "index", "idx", "utterance_id", "message_number", "line")  # fmt: skip
_IDS = ("message_id", "messageId", "id", "uuid")
_PARENTS = ("parent_id", "parentId", "parent_message_id", "parentMessageId", "parentUuid", "parent_uuid", "reply_to")
_CACHE_KIB = 32 * 1024
_LATE = 2**62
NOT_A_MESSAGE = "not a message"
NO_CONVERSATION = (
    "a message a row, but no column says which conversation it belongs to: name it 'conversation_id', or read every "
    "row as a text of its own by 'format: table' and 'text'"
)


def is_turn(row: Mapping[str, object]) -> bool:
    """Whether ``row`` is one message: somebody known speaks, and the row holds no list of messages."""
    return is_message(row) and not any(isinstance(row.get(key), list) for key in ("messages", "conversations", "turns"))


def has_parent(row: Mapping[str, object]) -> bool:
    """Whether ``row`` belongs to a tree of messages by ids of its own and of its parent."""
    return any(key in row for key in _PARENTS) and first_id(row, *_IDS) is not None


class Turns:
    """Takes rows that are messages, gives one trace for each conversation, in the order in which they appeared."""

    def __init__(self) -> None:
        """Start empty."""
        self._spill = Spill(
            "CREATE TABLE turns (seen INTEGER PRIMARY KEY, conversation TEXT, moment INT, id TEXT, parent TEXT,"
            " row TEXT);",
            _CACHE_KIB,
        )
        self._count = 0

    def offer(self, row: Row) -> Dropped | None:
        """Take a message into account, or say why it cannot be."""
        value = row.value
        conversation = conversation_of(value)
        if conversation is None and not has_parent(value):
            return Dropped(row.source, row.number, WRONG_TYPE, NO_CONVERSATION)
        try:
            message = message_of(value)
        except MalformedError as exc:
            return Dropped(row.source, row.number, WRONG_TYPE, str(exc))
        inner = unwrapped(value)
        moment = _moment(value) if not isinstance(inner, Mapping) or _moment(value) is not None else _moment(inner)
        self._count += 1
        packed = json.dumps([message.role, message.content, message.name, row.source, row.number, _rest(value)])
        self._spill.database.execute(
            "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?)",
            (
                self._count,
                None if conversation is None else json.dumps(conversation),
                _LATE if moment is None else moment,
                first_id(value, *_IDS),
                first_id(value, *_PARENTS),
                packed,
            ),
        )
        return None

    def traces(self) -> Iterator[Trace]:
        """The conversations; the database is closed at the end."""
        if not self._spill.used:
            return
        self._name_trees()
        first: tuple[str, int, dict[str, object], int | None] | None = None
        messages: list[Message] = []
        name = ""
        rows = self._spill.database.execute(
            "SELECT conversation, moment, row FROM (SELECT conversation, moment, row, seen,"
            " min(seen) OVER (PARTITION BY conversation) AS first FROM turns) ORDER BY first, moment, seen"
        )
        for conversation, moment, packed in rows:
            role, content, speaker, source, number, metadata = json.loads(packed)
            if first is None or conversation != name:
                if first is not None:
                    yield _trace(name, messages, *first)
                name, messages = conversation, []
                first = (source, number, metadata, None if moment == _LATE else moment)
            messages.append(Message(role, content, speaker))
        if first is not None:
            yield _trace(name, messages, *first)
        self._spill.close()

    def _name_trees(self) -> None:
        """Name conversations that rows do not name by the message that their chain of parents ends at."""
        unnamed = "FROM turns WHERE conversation IS NULL"
        parents = dict(self._spill.database.execute(f"SELECT id, parent {unnamed}"))  # no value from outside
        for seen, own in self._spill.database.execute(f"SELECT seen, id {unnamed}").fetchall():
            passed: set[str] = set()
            root = own
            while root not in passed and parents.get(root) in parents:
                passed.add(root)
                root = parents[root]
            parents.update(dict.fromkeys(passed, root))  # what is known of one holds for all on the way
            self._spill.database.execute("UPDATE turns SET conversation = ? WHERE seen = ?", (json.dumps(root), seen))


def _moment(row: Mapping[str, object]) -> int | None:
    for name in _NUMBERS:
        value = row.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 18:
            return int(value)
    return next((moment for name in TIMES if (moment := instant(row.get(name))) is not None), None)


def _rest(row: Mapping[str, object]) -> dict[str, object]:
    """The short fields of a row, which become the conversation's metadata."""
    plain = (str, int, float, bool)
    skipped = {"content", "text", "message", "value", "utterance", "body"}
    return {k: v for k, v in row.items() if k not in skipped and isinstance(v, plain) and len(str(v)) <= 1000}


def _trace(
    name: str, messages: list[Message], source: str, row: int, metadata: dict[str, object], moment: int | None
) -> Trace:
    return Trace(
        trace_id=json.loads(name),
        messages=tuple(messages),
        metadata=metadata,
        source=source,
        row=row,
        time=None if moment is None else first_text(metadata, *TIMES),
    )
