"""What a model's answer says of a group: a name, no topic, the same as a topic; or why the answer is of no use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from topicsmith.discovery.names.prompt import NONE
from topicsmith.llm.parsing.extraction import UnrecoverableReply, find
from topicsmith.llm.parsing.plain_answers import REFUSAL, Recovered
from topicsmith.llm.parsing.replies import GUESSES
from topicsmith.llm.spotlighting import MARK, one_line
from topicsmith.llm.types import Answer
from topicsmith.taxonomy import Taxonomy, normalise

LONGEST_NAME, LONGEST_DESCRIPTION = 80, 500
"""Characters; the question asks for far fewer."""
_FIELDS = ("name", "description", "not_a_topic", "same_as")
_NO_TOPIC = frozenset({"", NONE, "null", "n/a", "na", "no", "false", "no topic", "nothing", "-"})
_YES, _NO = frozenset({"true", "yes"}), frozenset({"false", "no", "none", "null", ""})
_UNBELIEVED = GUESSES | {"bare"}


@dataclass(frozen=True)
class NameReply:
    """An answer that can be used: a name with its description, or that the group is no topic, or ``same_as`` a topic.

    Of a group that is no topic the description says why.
    """

    name: str
    description: str
    not_a_topic: bool = False
    same_as: str | None = None

    @property
    def is_name(self) -> bool:
        """Whether it names a topic of its own."""
        return not self.not_a_topic and self.same_as is None


@dataclass(frozen=True)
class UnusableReply:
    """Why an answer cannot be used, and whether one more try is worth its money: as it was, or with more room."""

    reason: str
    again: Literal["same", "more_room"] | None = None


class _Unusable(Exception):  # noqa: N818  # never leaves this module
    """Why an answer cannot be used."""


def read_name(answer: Answer, taxonomy: Taxonomy | None) -> NameReply | UnusableReply:
    """Read a model's answer; never raises."""
    if answer.finish in {"refusal", "filter"}:
        return UnusableReply(f"the model refused: {_short(answer.text)}")
    try:
        found = _object(answer.text)
    except UnrecoverableReply as error:
        if REFUSAL.match(answer.text.lstrip()[:200]):
            return UnusableReply(f"the model refused: {_short(answer.text)}")
        cut = error.truncated or answer.finish == "length"
        return UnusableReply("the answer breaks off" if cut else str(error), "more_room" if cut else "same")
    if found.truncated:
        return UnusableReply("the answer breaks off", "more_room")
    try:
        return _read(found, taxonomy)
    except _Unusable as why:
        return UnusableReply(str(why), "same")


def _object(raw: str) -> Recovered:
    """The object with a name; where there is none, one that says why there is none."""
    try:
        return find(raw, ("name", "description"), ("not_a_topic", "same_as"))
    except UnrecoverableReply as error:
        if error.conflict or error.truncated:
            raise
        for field in ("same_as", "not_a_topic"):
            try:
                found = find(raw, (field,), _FIELDS)
            except UnrecoverableReply:
                continue
            if not _UNBELIEVED.intersection(found.repairs):
                return found
        raise


def _read(found: Recovered, taxonomy: Taxonomy | None) -> NameReply:
    guesses = sorted(_UNBELIEVED.intersection(found.repairs))
    if guesses:
        raise _Unusable(f"a name only by a guess ({', '.join(guesses)})")
    values = {key.casefold().replace(" ", "_"): value for key, value in found.values.items()}
    description = _text(values, "description", LONGEST_DESCRIPTION)
    not_a_topic = _truth(values.get("not_a_topic"))
    same_as = _topic(values.get("same_as"), taxonomy)
    if not_a_topic and same_as is not None:
        raise _Unusable(f"it says that the group is no topic, and that it is '{same_as}'")
    name = _text(values, "name", LONGEST_NAME).strip(" \"'`*_.“”«»")
    if same_as is None and not not_a_topic:
        same_as = None if taxonomy is None else taxonomy.match(name)
    if same_as is not None and taxonomy is not None and same_as == taxonomy.catch_all:
        return NameReply(name, description or f"it belongs to '{same_as}'", not_a_topic=True)
    if same_as is None and not not_a_topic:
        _check_new(name, description)
    return NameReply(name, description, not_a_topic, same_as)


def _check_new(name: str, description: str) -> None:
    if not normalise(name) or normalise(name) in _NO_TOPIC:
        raise _Unusable(f"it gives no name but {name!r}" if name else "it gives no name")
    if not description:
        raise _Unusable("it gives no description")


def _text(values: Mapping[str, object], key: str, longest: int) -> str:
    value = values.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Unusable(f"its '{key}' is no text: {_short(repr(value))}")
    text = one_line(value)
    if len(text) > longest:
        raise _Unusable(f"its '{key}' has {len(text):,} characters, at most {longest} are used")
    if MARK.search(text):
        raise _Unusable(f"its '{key}' repeats the question")
    if "\ufffd" in text:
        raise _Unusable(f"its '{key}' holds control characters: {_short(repr(value))}")
    return text


def _truth(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    said = value.strip().casefold() if isinstance(value, str) else None
    if said in _YES or said in _NO:
        return said in _YES
    raise _Unusable(f"its 'not_a_topic' is neither true nor false: {_short(repr(value))}")


def _topic(value: object, taxonomy: Taxonomy | None) -> str | None:
    if value is None or value is False:
        return None
    if isinstance(value, str) and normalise(value) != NONE:
        topic = None if taxonomy is None or len(value) > 300 else taxonomy.match(value)
        if topic is not None:
            return topic
    if isinstance(value, str) and normalise(value) in _NO_TOPIC:
        return None
    raise _Unusable(f"its 'same_as' is {_short(repr(value))}, which is not a topic")


def _short(text: str) -> str:
    flat = one_line(text[:400])
    return flat if len(flat) <= 120 else flat[:117] + "..."
