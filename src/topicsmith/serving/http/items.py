"""What a request asks about: texts and conversations in any format that logs are read in, one item each."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice

from topicsmith import plugins
from topicsmith.errors import UserError
from topicsmith.project import TraceSettings
from topicsmith.records import Trace
from topicsmith.serving.records import Asked
from topicsmith.serving.refusals import RefusedError
from topicsmith.traces.base import Row, TraceFormat
from topicsmith.traces.detect import find_format, place_of
from topicsmith.traces.files.sanitize import storable
from topicsmith.traces.queries import EMPTY_USER_TURNS, Question, first_question

_NEITHER = "is neither a text nor a conversation; send a string, a list of messages, or an object in a known format"
_LISTING = {"table"}
"""Formats that are told by names of columns, which a request does not have."""


def parse_body(raw: bytes) -> dict[str, object]:
    """The JSON object in ``raw``.

    Raises:
        RefusedError: when it is none, has a key twice, or nests too deeply.
    """
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        raise RefusedError("not_json", "the body nests too deeply") from None
    except UnicodeDecodeError:
        raise RefusedError("not_json", "the body is not UTF-8") from None
    except ValueError as exc:
        reason = str(exc) if isinstance(exc, json.JSONDecodeError | _NotOursError) else "a number with too many digits"
        raise RefusedError("not_json", f"the body is not JSON: {reason}") from None
    if not isinstance(value, dict):
        raise RefusedError("invalid_request", 'the body is not a JSON object; send one such as {"text": "..."}')
    return value


class _NotOursError(ValueError):
    """JSON that some readers take and others do not."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotOursError("a key stands twice in one object")
    return found


def _constant(name: str) -> float:
    raise _NotOursError(f"{name} is not a number")


def asked_of(value: object, most_characters: int) -> Asked:
    """The text that ``value`` asks about; what it lacks is said, never raised: an item fails for itself alone."""
    if isinstance(value, list) and value and all(isinstance(item, Mapping) and "role" in item for item in value):
        value = {"messages": value}
    if isinstance(value, Mapping):
        value = _question(value) if not isinstance(value.get("text"), str) else value["text"]
    if isinstance(value, Asked):
        if value.text is None:
            return value
        value = value.text
    if not isinstance(value, str):
        return Asked(None, "unreadable", _NEITHER)
    if len(value) > most_characters:
        problem = f"has {len(value):,} characters, of which {most_characters:,} are taken; send its beginning"
        return Asked(None, "unreadable", problem)
    if not value or value.isspace():
        return Asked(None, "empty", "a text of nothing but space")
    return Asked(storable(value)[0])


def is_conversation(value: Mapping[str, object]) -> bool:
    """Whether ``value`` is a conversation as one of the formats writes it."""
    return any(_recognises(format_, value) for format_ in _formats())


def _question(value: Mapping[str, object]) -> Asked:
    """What the user first asked in a conversation, by the rule that built the training rows."""
    problem = _NEITHER
    for format_ in _formats():
        if not _recognises(format_, value):
            continue
        traces = _read(format_, value)
        if isinstance(traces, str):
            problem = traces
            continue
        if len(traces) > 1:
            return Asked(None, "unreadable", "holds several conversations; send each as an item of its own")
        for trace in traces:
            found = first_question(trace.messages)
            if isinstance(found, Question):
                return Asked(found.text)
            return Asked(None, "empty" if found == EMPTY_USER_TURNS else "unreadable", found)
    return Asked(None, "unreadable", problem)


def _read(format_: TraceFormat, value: Mapping[str, object]) -> Sequence[Trace] | str:
    """The first conversations in ``value``, or why there are none."""
    try:
        found = list(islice(format_.read([Row("request", 1, value)], TraceSettings(path="-")), 2))
    except UserError as exc:
        return str(exc)
    traces = [trace for trace in found if isinstance(trace, Trace)]
    return traces or next((lost.reason for lost in found if not isinstance(lost, Trace)), _NEITHER)


def _recognises(format_: TraceFormat, value: Mapping[str, object]) -> bool:
    return format_.recognise(value) is not None


@cache
def _formats() -> tuple[TraceFormat, ...]:
    names = (name for name in plugins.names("topicsmith.formats") if name not in _LISTING)
    return tuple(sorted(map(find_format, names), key=place_of))
