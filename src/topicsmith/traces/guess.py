"""What logs look like, so that a project over them can be written for a person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from topicsmith.errors import TraceError
from topicsmith.project import TraceSettings
from topicsmith.records import Trace
from topicsmith.traces.base import Row, SourceError
from topicsmith.traces.conversations.fields import first_id, form_of, is_conversation_column
from topicsmith.traces.conversations.instants import TIMES
from topicsmith.traces.conversations.messages import messages_of
from topicsmith.traces.detect import message_column, recognise
from topicsmith.traces.files.rows import first_rows, read_rows
from topicsmith.traces.files.sources import Source, find_sources
from topicsmith.traces.queries import Question, first_question

_LOOKED_AT = 500
_SHOWN = 3
MOST_TOPICS = 200
_TEXTS = (
    "text", "question", "query", "instruction", "prompt", "first_user_message", "user_message", "message",
    "utterance", "input",
)  # fmt: skip
_TOPICS = ("topic", "label", "category", "intent", "domain", "scenario", "class")
_TIMES = frozenset(map(form_of, TIMES))
_IDS = ("id", "trace_id", "query_id", "conversation_id", "uuid")


@dataclass(frozen=True)
class GuessedTraces:
    """What a project file should say under ``traces`` beside the path, and why.

    ``questions`` are some of what users asked there. ``topics`` are those that a column gives, most frequent first;
    empty where none does.
    """

    columns: Mapping[str, object]
    why: str
    questions: tuple[str, ...]
    topics: tuple[str, ...] = ()


def guess_traces(path: Path) -> GuessedTraces:
    """Look at the first file that ``path`` (a file, folder or glob) means.

    Raises:
        TraceError: when there is none, or it holds neither conversations nor texts.
    """
    with TemporaryDirectory(prefix="topicsmith-init-") as workspace:
        sources = find_sources(str(path), Path.cwd(), Path(workspace)).sources
        if not sources:
            raise TraceError(f"{path}: has no logs in it")
        source = sources[0]
        try:
            found = recognise(source, TraceSettings(path=source.name))
        except SourceError:
            return guess_table(source, every_topic=True)
        if found.format.name == "table":
            return guess_table(source, every_topic=True)
        rows = [row for row in first_rows(source, _LOOKED_AT, TraceSettings(path=source.name)) if isinstance(row, Row)]
        traces = found.format.read(rows, TraceSettings(path=source.name))
        questions = [first_question(trace.messages) for trace in traces if isinstance(trace, Trace)]
        asked = tuple(question.text for question in questions if isinstance(question, Question))
        return GuessedTraces({}, f"{source.path.name} is read as {found.format.name}: {found.why}", asked[:_SHOWN])


def guess_table(source: Source, *, every_topic: bool = False) -> GuessedTraces:
    """A table whose columns are told by their names and by what is in them, as far as the first rows go.

    With ``every_topic`` the whole file is read for the topics that a column gives.

    Raises:
        TraceError: when it holds neither conversations nor texts.
    """
    settings = TraceSettings(path=source.name)
    rows = [row.value for row in first_rows(source, _LOOKED_AT, settings) if isinstance(row, Row)]
    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    messages = message_column(rows)
    text = None if messages is not None else _text_column(names, rows)
    if messages is None and text is None:
        raise TraceError(
            f"{source.name}: holds neither conversations nor a column of texts; its columns are "
            f"{', '.join(names[:20]) or 'none'}; name one in 'traces.text' of the project file"
        )
    conversation = None if text is None else _conversation_column(names, rows)
    if text is not None and conversation is not None:
        return _grouped(source, names, rows, text, conversation)
    content = {"messages": messages} if messages is not None else {"text": str(text)}
    columns: dict[str, object] = {"format": "table", **content}
    own = next((name for name in _IDS if name in names and _all_different(name, rows)), None)
    if own is not None:
        columns["id"] = own
    topic = next((name for name in _TOPICS if name in names and name != text), None)
    every = None if every_topic else _LOOKED_AT
    topics = _topics(source, topic, every) if topic is not None else ()
    if topics:
        columns["topic"] = str(topic)
    what = "conversations" if messages is not None else "texts"
    said = f"{source.path.name} is a table whose column '{messages or text}' holds the {what}"
    also = f", and '{topic}' gives {len(topics)} topics" if topics else ""
    return GuessedTraces(columns, said + also, _questions(rows, messages, text), topics)


def _conversation_column(names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str | None:
    """The column that names conversations of which several rows are a part."""
    for name in names:
        values = [value for row in rows if (value := first_id(row, name)) is not None]
        if is_conversation_column(name) and len(set(values)) < len(values):
            return name
    return None


def _grouped(
    source: Source, names: Sequence[str], rows: Sequence[Mapping[str, object]], text: str, conversation: str
) -> GuessedTraces:
    """A table in which several rows are a part of one conversation, of which the first question counts."""
    time = next((name for name in names if form_of(name) in _TIMES), None)
    fields = {"content": text, "conversation": conversation, **({"time": time} if time else {})}
    quoted = {key: name if name.isidentifier() else f'"{name}"' for key, name in fields.items()}
    firsts = {first_id(row, conversation): row for row in reversed(rows)}
    asked = [str(row[text]) for row in rows if row.get(text) and firsts[first_id(row, conversation)] is row]
    why = f"{source.path.name} is a table whose column '{text}' holds the texts, by conversations in '{conversation}'"
    return GuessedTraces({"format": "fields", "fields": quoted}, why, tuple(asked[:_SHOWN]))


def _text_column(names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str | None:
    """The column with a telling name, or else the one with the longest texts of several words."""
    texts = {name: [str(row[name]) for row in rows if isinstance(row.get(name), str) and row[name]] for name in names}
    telling = next((name for name in _TEXTS if 2 * len(texts.get(name, ())) > len(rows)), None)
    if telling is not None:
        return telling
    worded = {name: sum(map(len, found)) / len(found) for name, found in texts.items() if _are_sentences(found)}
    return max(worded, key=lambda name: worded[name]) if worded else None


def _are_sentences(texts: Sequence[str]) -> bool:
    """Whether most of ``texts`` have several words and are different from each other."""
    worded = sum(" " in text.strip() for text in texts)
    return min(worded, len(set(texts))) * 2 > len(texts)


def _all_different(name: str, rows: Sequence[Mapping[str, object]]) -> bool:
    values = [str(row.get(name)) for row in rows]
    return len(set(values)) == len(values)


def _topics(source: Source, column: str, first: int | None) -> tuple[str, ...]:
    """The values of ``column`` in the ``first`` rows, most frequent first; none where they are too many for topics."""
    counts: Counter[str] = Counter()
    rows = 0
    for row in islice(read_rows(source, None, TraceSettings(path=source.name)), first):
        value = row.value.get(column) if isinstance(row, Row) else None
        rows += 1
        if isinstance(value, str) and value.strip():
            counts[value.strip()] += 1
        if len(counts) > MOST_TOPICS:
            return ()
    return tuple(name for name, _ in counts.most_common()) if 2 <= len(counts) <= max(2, rows // 2) else ()


def _questions(rows: Sequence[Mapping[str, object]], messages: str | None, text: str | None) -> tuple[str, ...]:
    if messages is None:
        found = (row.get(str(text)) for row in rows)
        return tuple(islice((value for value in found if isinstance(value, str) and value.strip()), _SHOWN))
    asked = (first_question(messages_of(row[messages])) for row in rows if row.get(messages))
    return tuple(islice((question.text for question in asked if isinstance(question, Question)), _SHOWN))
