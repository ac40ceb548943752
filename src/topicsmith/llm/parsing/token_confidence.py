"""How probable a model found the topic it named, by the log-probabilities of the tokens that write the name."""

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from topicsmith.llm.parsing.replies import AS_ASKED, parse_reply
from topicsmith.llm.types import Answer
from topicsmith.normal_forms import normal_form
from topicsmith.taxonomy import Taxonomy, normalise

_LONGEST_UNIT = 1000
_MOST_PLACES = 50
"""An answer that names its topic more often is looked at from the end only."""
_UNIT = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|&(?:amp|lt|gt|quot|apos);|.",
    re.DOTALL,
)
_QUOTES = " \"'`“”‘’«»"
"""Marks that may be those around a value instead of a name's own."""

_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r"}


def token_confidence(answer: Answer, topic: str, taxonomy: Taxonomy) -> float | None:
    """The probability that the model gave to writing the name of ``topic`` where ``answer`` was read to give it.

    ``topic`` is what :func:`topicsmith.llm.parsing.replies.read_answer` reads in ``answer``. The probability is the
    product of those of the tokens that write the name, each given all before it; a token that writes only some of the
    name counts whole. ``None`` without log-probabilities, or where the name's place cannot be found.
    """
    if answer.logprobs is None:
        return None
    span = topic_span(answer.text, topic, taxonomy)
    if span is None:
        return None
    start, end = (len(answer.text[:place].encode("utf-8", "replace")) for place in span)
    total, at = 0.0, 0
    for length, logprob in zip(answer.logprobs.lengths, answer.logprobs.logprobs, strict=True):
        if at < end and at + length > start:
            total += logprob
        at += length
    return math.exp(total)


def topic_span(text: str, topic: str, taxonomy: Taxonomy) -> tuple[int, int] | None:
    """Where in ``text`` the name stands as which the parser read ``topic``: from, and up to but not including.

    An answer may name its topic in its reasoning too, so the parser is asked: with another word in the place of the
    name it read, it reads another answer. Where an answer gives its topic twice, the last place is it; ``None`` where
    several places count and it is not plain that they do so alike.
    """
    places = _places(text, topic, taxonomy)
    if len(places) == 1 and AS_ASKED.fullmatch(text):  # nothing but the topic: the bulk of all answers
        return places[0]
    word = _foreign_word(taxonomy)
    counts: list[tuple[int, int]] = []
    for place in places[: -_MOST_PLACES - 1 : -1]:
        reply = parse_reply(_replaced(text, [place], word), taxonomy)
        if reply.said == word:
            return place
        if reply.topic != topic:
            counts.append(place)
    if len(counts) > 1 and parse_reply(_replaced(text, counts, word), taxonomy).said != word:
        return None
    return counts[0] if counts else None


def _replaced(text: str, last_first: Sequence[tuple[int, int]], word: str) -> str:
    for start, end in last_first:
        text = text[:start] + word + text[end:]
    return text


def _foreign_word(taxonomy: Taxonomy) -> str:
    """A word that is no topic of ``taxonomy``."""
    word = "Qzx"
    while taxonomy.match(word) is not None:
        word += "q"
    return word


def _places(text: str, topic: str, taxonomy: Taxonomy) -> list[tuple[int, int]]:
    """Everywhere that a name of ``topic``, or a former one, is written, with or without the escapes of JSON and XML."""
    names = next((each.was for each in taxonomy.topics if each.name == topic), ())
    forms = {form for name in (topic, *names) for form in (_folded(normalise(name)), _whole(name))}
    pattern = "|".join(_spaces(form) for form in sorted(forms, key=len, reverse=True))
    read = [(_folded(_read(unit.group())), unit.span()) for unit in _UNIT.finditer(text)]
    spans = [span for chars, span in read for _ in chars]
    found = re.finditer(pattern, "".join(chars for chars, _ in read))
    return [(spans[match.start()][0], spans[match.end() - 1][1]) for match in found]


def _read(unit: str) -> str:
    """The character that a piece of an answer stands for."""
    if unit.startswith("\\u") and len(unit) > 2:
        codes = [int(code, 16) for code in re.findall(r"[0-9a-fA-F]{4}", unit)]
        return b"".join(code.to_bytes(2, "little") for code in codes).decode("utf-16-le", "replace")
    if unit in _ENTITIES:
        return _ENTITIES[unit]
    return _ESCAPES.get(unit, unit[1:]) if len(unit) > 1 else unit


def _whole(name: str) -> str:
    """A name with the brackets and marks around it, by which it is not recognised but which a model writes as well."""
    return " ".join(_folded(name).split()).strip(_QUOTES)


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    """``text`` taken apart into letters and accents, without case: the same whatever is around it."""
    apart = normal_form("NFKD", normal_form("NFKC", text, _LONGEST_UNIT).casefold())
    return re.sub(r"[_-]", " ", apart)


def _spaces(form: str) -> str:
    """The pattern of a normalised name, in which any white space may stand for one space."""
    return r"\s+".join(re.escape(word) for word in form.split(" "))
