"""From what a model wrote to a topic, or to an abstention with its reason.

A topic is accepted only as an exact entry of the taxonomy after :func:`topicsmith.taxonomy.normalise` (case, spaces,
surrounding punctuation). It is never taken out of reasoning, never from a value that was cut off, never where two are
given, and by a repair that had to guess where a value ends only where the set of topics leaves one way to read it.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from topicsmith.llm.parsing.closed_set import decide, decide_subtopic, others, says_nothing
from topicsmith.llm.parsing.extraction import UnrecoverableReply, find
from topicsmith.llm.parsing.plain_answers import REFUSAL, Recovered
from topicsmith.llm.parsing.reasoning import is_answer
from topicsmith.llm.prompts import EXAMPLES_HEADING, NO_SUBTOPIC
from topicsmith.llm.spotlighting import MARK
from topicsmith.llm.types import Answer
from topicsmith.records import LONGEST_SAID, AnnotationStatus
from topicsmith.taxonomy import Taxonomy, normalise

__all__ = ["ParsedReply", "UnrecoverableReply", "parse_reply", "read_answer", "recover"]

GUESSES = frozenset({"after_prose", "json_in_string", "key_quote", "line_not_last", "lines_differ", "lost_quote"})
"""Repairs good enough to look at what a model wrote; a topic is believed only where the closed set decides it."""

_NO_OBJECT = frozenset({"bare", "closed_set", "label_line"})
_MAY_HIDE = _NO_OBJECT | {"inner_quote"}
_MAX_NAME = 300
AS_ASKED = re.compile(r'\s*\{\s*"topic"\s*:\s*"([^"\\\x00-\x1f]+)"\s*\}\s*')
"""An answer that is nothing but the topic, in the form that was asked for."""

_REASONING_TAG = re.compile(r"</?(?:think|thinking|thought|thoughts|reasoning|reflection|analysis)\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """What one answer says.

    Attributes:
        topic: an entry of the taxonomy, ``None`` unless ``status`` is ``labelled``.
        subtopic: an entry below ``topic``, ``None`` where none was given or none of that name exists.
        reasoning: what the model wrote before or after its choice.
        status: ``labelled``, or why there is no topic.
        confidence: what the model claims, between 0 and 1; ``None`` where it claims nothing or nonsense.
        repairs: what had to be mended to read the answer; empty for an answer that was exactly as asked.
        truncated: the answer breaks off; asking again with more room can help.
        detail: for a person: what stood there instead of a topic, cut short.
        said: the same alone, where it is none of the taxonomy's topics.
    """

    topic: str | None
    status: AnnotationStatus
    subtopic: str | None = None
    reasoning: str | None = None
    confidence: float | None = None
    repairs: tuple[str, ...] = ()
    truncated: bool = False
    detail: str = ""
    said: str | None = None

    @property
    def ask_again(self) -> Literal["more_room", "same"] | None:
        """Whether one more try is worth its money, and how: with more room for the answer, or as it was."""
        if self.truncated:
            return "more_room"
        return "same" if self.status in {"unparsable", "off_taxonomy"} else None


def recover(raw: str, fields: Sequence[str]) -> dict[str, object]:
    r"""The one JSON or XML object in ``raw`` that has all ``fields``, whatever a model wrapped around it.

    In an answer that breaks off, values that are complete are returned and the rest is left out. For an answer that
    is an array, the field ``$`` is the whole of it and ``[0]`` its first item.

    Raises:
        UnrecoverableReply: when there is no such object, or two that disagree.

    >>> recover('Sure! ```json\n{"topic": "Science",}\n```', ["topic"])
    {'topic': 'Science'}
    """
    return dict(find(raw, fields).values)


def parse_reply(raw: str, taxonomy: Taxonomy) -> ParsedReply:
    """Read a model's answer to one of our prompts; never raises."""
    as_asked = AS_ASKED.fullmatch(raw) if len(raw) <= _MAX_NAME else None
    topic = taxonomy.match(as_asked.group(1)) if as_asked is not None else None
    if topic is not None:  # nothing to mend and nothing beside it to doubt: the bulk of all answers
        return ParsedReply(topic, "labelled")
    if not raw.strip():
        return ParsedReply(None, "unparsable", detail="an empty answer")
    bare = taxonomy.match(raw) if len(raw) <= _MAX_NAME else None
    if bare is not None:
        return ParsedReply(bare, "labelled", repairs=("bare",))
    if says_nothing(raw, taxonomy):
        return ParsedReply(None, "abstained", repairs=("bare",))
    try:
        found = find(raw, ("topic",), ("subtopic", "reasoning"))
    except UnrecoverableReply as exc:
        return _unread(raw, taxonomy, exc)
    return _read(raw, taxonomy, found)


def _read(raw: str, taxonomy: Taxonomy, found: Recovered) -> ParsedReply:
    """What is believed of an answer in which something was found."""
    if found.repairs and (EXAMPLES_HEADING in raw or MARK.search(raw)):
        return _unbelieved(found, "it repeats the prompt")
    reply = _choose(found, taxonomy)
    guesses = sorted(GUESSES.intersection(found.repairs))
    unclear = guesses or (reply.status == "off_taxonomy" and _MAY_HIDE.intersection(found.repairs))
    decided = decide(raw, taxonomy) if unclear and not found.truncated else None
    if guesses and (decided is None or (reply.topic or decided) != decided):
        return _unbelieved(found, f"a topic only by a guess ({', '.join(guesses)})")
    if decided is not None:
        return reply if reply.topic else _decided(raw, taxonomy, decided, found.repairs)
    if reply.topic is not None and (names := _other_answers(found, taxonomy, reply.topic)):
        return _unbelieved(found, f"it answers {', '.join(map(repr, (reply.topic, *names)))}")
    return reply


def _unread(raw: str, taxonomy: Taxonomy, why: UnrecoverableReply) -> ParsedReply:
    """What an answer says in which no object was found."""
    ends = not why.truncated or raw.rstrip("` \n").endswith(("}", "]", ")"))
    if ends and not why.conflict and EXAMPLES_HEADING not in raw and not MARK.search(raw):
        topic = decide(raw, taxonomy)
        if topic is not None:
            return _decided(raw, taxonomy, topic, ())
    if REFUSAL.match(raw.lstrip()[:200]):
        return ParsedReply(None, "refused", detail=_short(raw))
    return ParsedReply(None, "truncated" if why.truncated else "unparsable", truncated=why.truncated, detail=str(why))


def _decided(raw: str, taxonomy: Taxonomy, topic: str, repairs: tuple[str, ...]) -> ParsedReply:
    subtopic = decide_subtopic(raw, taxonomy, topic) if taxonomy.topic(topic).subtopics else None
    return ParsedReply(topic, "labelled", subtopic, repairs=(*repairs, "closed_set"))


def _unbelieved(found: Recovered, why: str) -> ParsedReply:
    return ParsedReply(None, "unparsable", repairs=found.repairs, truncated=found.truncated, detail=why)


def _other_answers(found: Recovered, taxonomy: Taxonomy, topic: str) -> list[str]:
    """Other topics that are given as the answer, beside the object or under another of its keys."""
    values = [f"{key}: {value}" for key, value in found.values.items() if isinstance(value, str) and is_answer(key)]
    return sorted(others("\n".join((found.around, *values)), found.after, taxonomy, topic))


def read_answer(answer: Answer, taxonomy: Taxonomy) -> ParsedReply:
    """Read an answer as its provider gave it: refusals, filters and cuts that the provider reports come first."""
    if answer.finish == "refusal":
        return ParsedReply(None, "refused", detail=_short(answer.text))
    if answer.finish == "filter":
        return ParsedReply(None, "filtered", detail=_short(answer.text))
    reply = parse_reply(answer.text, taxonomy)
    if answer.finish != "length":
        return reply
    # Only values of an object are known to be complete: a bare name may be the beginning of a longer one.
    complete = reply.status == "labelled" and not _NO_OBJECT.intersection(reply.repairs)
    if complete:
        return replace(reply, truncated=True)
    return ParsedReply(None, "truncated", repairs=reply.repairs, truncated=True, detail=reply.detail)


def _choose(found: Recovered, taxonomy: Taxonomy) -> ParsedReply:
    value = found.values["topic"]
    reasoning = _reasoning(found)
    if value is None:
        return ParsedReply(None, "abstained", reasoning=reasoning, repairs=found.repairs, truncated=found.truncated)
    topic = taxonomy.match(value) if isinstance(value, str) and len(value) <= _MAX_NAME else None
    if topic is None:
        return ParsedReply(
            None, "off_taxonomy", reasoning=reasoning, repairs=found.repairs, truncated=found.truncated,
            detail=f"answered {_short(repr(value))}, which is not a topic", said=_said(value),
        )  # fmt: skip
    subtopic, repairs = _subtopic(found.values.get("subtopic"), topic, taxonomy)
    return ParsedReply(
        topic, "labelled", subtopic, reasoning, _confidence(found.values), (*found.repairs, *repairs), found.truncated
    )


def _said(value: object) -> str:
    text = value.strip() if isinstance(value, str) else repr(value)
    return text[:LONGEST_SAID].encode("utf-8", "replace").decode()


def _subtopic(value: object, topic: str, taxonomy: Taxonomy) -> tuple[str | None, tuple[str, ...]]:
    if value is None or not taxonomy.topic(topic).subtopics:
        return None, ()
    if not isinstance(value, str) or len(value) > _MAX_NAME:
        return None, ("subtopic_off_taxonomy",)
    subtopic = taxonomy.match_subtopic(topic, value)
    if subtopic is None and normalise(value) != NO_SUBTOPIC:
        return None, ("subtopic_off_taxonomy",)
    return subtopic, ()


def _reasoning(found: Recovered) -> str | None:
    value = found.values.get("reasoning")
    text = _REASONING_TAG.sub("", value).strip() if isinstance(value, str) else ""
    return text or found.thoughts or None


def _confidence(values: Mapping[str, object]) -> float | None:
    value = values.get("confidence")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value <= 1 else None


def _short(text: str) -> str:
    flat = " ".join(text[:400].split())
    return flat if len(flat) <= 120 else flat[:117] + "..."
