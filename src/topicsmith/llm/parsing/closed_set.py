"""A topic out of an answer that no parser reads, where the taxonomy decides it.

The topics are a closed set. So a value needs no quotes to be known: it is a topic where one of the names fills it from
end to end, and where no other name of the taxonomy stands anywhere else in the answer. Values are what follows a key
such as ``topic`` or ``Final answer``, and lines that are nothing but a name. A name inside of a sentence is none.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import islice

from topicsmith.llm.parsing.reasoning import (
    answer_lines,
    final_channel,
    is_answer,
    is_led_in,
    is_reasoning,
    is_reasoning_heading,
    without_reasoning,
)
from topicsmith.normal_forms import normal_form
from topicsmith.taxonomy import Taxonomy, normalise

MAX_CHARS = 20_000
"""Longer answers are left alone."""
_MAX_KEYS = 20

_LABEL = (
    r"(?:(?:the|my|your)[ _-])?"
    r"(?:(?:final|best|main|primary|predicted|chosen|selected|correct|corrected|most likely)[ _-]?)?"
    r"(?:topic|label|category|class|classification|answer|result|output|response|prediction|choice"
    r"|thema|kategorie|antwort|tema|categor[ií]a|respuesta|cat[ée]gorie|r[ée]ponse|主题|类别|答案|回答)"
    r"(?: (?:name|label|is))?"
)
_Q = r"[\"'“”„‘’«»‹›「」『』`*_]"
_KEY = re.compile(
    rf"(?:^[ \t>#+•-]{{0,8}}|(?P<inner>[{{,;])\s{{0,20}}|\A(?P<call>[A-Za-z_]{{0,40}})[(\[]\s{{0,20}})"
    rf"{_Q}{{0,4}}(?P<key>{_LABEL}){_Q}{{0,4}}[ \t]{{0,5}}"
    rf"(?:=>|->|[:=→–—]|-(?=\s)|;?(?=\s{{0,5}}[\"'“])){_Q}{{0,4}}[ \t]{{0,5}}",
    re.IGNORECASE | re.MULTILINE,
)
_ANY_KEY = rf"{_Q}{{0,3}}[^\W\d][\w -]{{0,40}}{_Q}{{0,3}}\s{{0,3}}(?:=>|[:=])"
_ROW = re.compile(rf"(?:^[ \t>#+•-]{{0,8}}|[{{,;]\s{{0,20}}){_ANY_KEY}{_Q}{{0,4}}[ \t]{{0,5}}", re.MULTILINE)
_SUBTOPIC = re.compile(
    rf"(?:^[ \t>#+•-]{{0,8}}|[{{,;(\[]\s{{0,20}}){_Q}{{0,4}}sub[ _-]?topic{_Q}{{0,4}}\s{{0,5}}"
    rf"(?:=>|->|[:=]){_Q}{{0,4}}\s{{0,5}}",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(r"[}\]),;]|//|/\*|#|[ \t]\(|[\"'”][ \t]+(?=[\"'“])|\Z")
_TAIL = re.compile(
    rf"{_Q}{{0,4}}[.!]?{_Q}{{0,4}}[ \t]*(?:\(\s?[a-z]{{0,12}}[ :=]{{0,3}}\d[\d.,]{{0,8}}\s?%?\)\.?[ \t]*)?"
    rf"(?:\Z|[}}\])]|//|/\*|#|(?=[\"'“]){_ANY_KEY}|[,;][ \t]*(?:\Z|[}}\])]|//|/\*|#|{_ANY_KEY}))"
)
_REASONING_MEMBER = re.compile(
    r"([\"'])(?P<key>[\w -]{1,40})\1\s{0,5}[:=]\s{0,5}(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"\s*(?=[,}]\s*(?:[\"'}\n]|\w+\s*[:=]))"
)
_KEY_OF_ANY = re.compile(rf"(?:^|[{{,;])\s*{_Q}{{0,3}}([^\W\d][\w -]{{0,40}}?){_Q}{{0,3}}\s{{0,3}}[:=]", re.MULTILINE)
_HELD = re.compile(
    rf"(?:{_Q}([^\W\d][\w -]{{0,40}}?){_Q}\s*[:=]?|([^\W\d][\w -]{{0,40}}?)\s*[:=])\s*{_Q}{{0,2}}\s*[{{\[]"
)
_NEGATION = re.compile(
    r"\b(?:not|never|no|nor|neither|except|without|rather than|instead of)\b|n['’]t\b", re.IGNORECASE
)
_RETRACTION = re.compile(
    rf"{_NEGATION.pattern}|\b(?:wait|actually|wrong|incorrect|sorry|correction|however|but|instead|rather|hm+)\b",
    re.IGNORECASE,
)
_CLAIM = re.compile(
    rf"\b{_LABEL.removesuffix('(?: (?:name|label|is))?')} {{1,3}}(?:is|was|should be|must be|would be)[: ]{{1,3}}"
    rf"(?:(?:actually|really|rather|instead),? )?{_Q}{{0,4}}",
    re.IGNORECASE,
)
_BOXED = re.compile(r"\$?\\boxed\{(?:\\text\{)?([^{}\n]{1,300})\}{1,2}\$?")
_MARKS = " \t\"'“”„‘’«»‹›「」『』`*_"
_NOTHING = frozenset({"null", "none"})


def decide(raw: str, taxonomy: Taxonomy) -> str | None:
    """The one topic that ``raw`` gives as its answer, ``None`` where there is none or another one is named as well."""
    text = _answer_text(raw)
    if text is None or len(text) > MAX_CHARS:
        return None
    text = _without_members_of_reasoning(text)
    in_object = "{" in text
    if not in_object:
        text = "\n".join(answer_lines(text))
    found = _by_keys(text, taxonomy)
    if found is not None and not in_object:
        found |= _by_lines(text, taxonomy)
    if found is None or len(found) != 1:
        return None
    (topic,) = found
    if (
        named(_without_subtopic(text), taxonomy) != {topic}
        or _is_denied(text, topic)
        or (not in_object and _is_taken_back(text, topic))
    ):
        return None
    return topic


def decide_subtopic(raw: str, taxonomy: Taxonomy, topic: str) -> str | None:
    """The subtopic of ``topic`` that a key ``subtopic`` has for its value; ``None`` where there is none or several."""
    text = _without_members_of_reasoning(_answer_text(raw) or "")[:MAX_CHARS]
    keys = _SUBTOPIC.finditer(text)
    found = {_value(text, key.end(), lambda name: taxonomy.match_subtopic(topic, name)) for key in keys}
    return found.pop() if len(found) == 1 else None


def says_nothing(raw: str, taxonomy: Taxonomy) -> bool:
    """Whether ``raw`` is ``null`` alone, bare, quoted, fenced or after a key such as ``topic``."""
    text = _answer_text(raw) if len(raw) <= 300 and "{" not in raw else None
    if text is None:
        return False
    text = re.sub(r"\A```\w{0,20}\s*|\s*```\Z", "", text.strip()).strip()
    key = _KEY.match(text)
    said = normalise(text[key.end() :] if key else text)
    return said in _NOTHING and taxonomy.match(said) is None


def others(around: str, after: str, taxonomy: Taxonomy, topic: str) -> set[str]:
    """Topics that are given as the answer besides ``topic``.

    After a key ``around`` it, on a line ``after`` it, or in a sentence after it that says what the answer is.
    """
    around, after = (normal_form("NFKC", text, MAX_CHARS) for text in (around, after))
    text = _without_subtopic("\n".join(answer_lines(around)))
    values = {_value(text, key.end(), taxonomy.match) for key in _ROW.finditer(text)}
    lines = _by_lines("\n".join(answer_lines(after)), taxonomy)
    claims = {_value(after, claim.end(), taxonomy.match) for claim in _CLAIM.finditer(after)}
    return {name for name in values | lines | claims if name is not None} - {topic}


def named(text: str, taxonomy: Taxonomy) -> set[str]:
    """Every topic whose name, or former name, occurs in ``text``; one that is a part of a longer one does not count.

    >>> from topicsmith.taxonomy import Topic
    >>> named("Life science, I think", Taxonomy((Topic("Science"), Topic("Life science"))))
    {'Life science'}
    """
    text = _spaced(text)
    found = ((match.start(), -match.end(), name) for form, name in _patterns(taxonomy) for match in form.finditer(text))
    names: set[str] = set()
    reached = 0
    for _, end, name in sorted(found):  # of those that begin alike the longest comes first
        if -end > reached:
            reached = -end
            names.add(name)
    return names


@lru_cache(maxsize=8)
def _patterns(taxonomy: Taxonomy) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(_edge(form[0], "(?<!\\w)") + re.escape(form) + _edge(form[-1], "(?:s|es|'s)?(?!\\w)")), topic.name)
        for topic in taxonomy.topics
        for form in {_spaced(normalise(name)) for name in (topic.name, *topic.was)}
    )


def _edge(char: str, boundary: str) -> str:
    """The end of a word where the script has words: from Thai on, many write without spaces."""
    return boundary if char.isalnum() and ord(char) < 0x0E00 else ""


def _spaced(text: str) -> str:
    folded = normal_form("NFKC", text, MAX_CHARS).casefold().replace("&", " and ")
    return " ".join(re.sub(r"[_-]", " ", folded).split())


def _answer_text(raw: str) -> str | None:
    answer, _, _ = final_channel(raw.strip().lstrip("\ufeff"))
    text = without_reasoning(answer) if answer is not None else None
    return None if text is None else _BOXED.sub(r"\n\1\n", normal_form("NFKC", text, MAX_CHARS + 1))


def _without_members_of_reasoning(text: str) -> str:
    text = _REASONING_MEMBER.sub(lambda match: "" if is_reasoning(match["key"]) else match.group(), text)
    return re.sub(r"\\+([\"'nrt])", lambda match: {"n": "\n", "r": "\n", "t": " "}.get(match[1], match[1]), text)


def _without_subtopic(text: str) -> str:
    """``text`` less the value of a key ``subtopic``, which may be called like a topic."""
    return re.sub(rf"(?im:{_SUBTOPIC.pattern})[^\n,;}}]*", "\n", text)


def _by_keys(text: str, taxonomy: Taxonomy) -> set[str] | None:
    """The topics after keys; ``None`` when one has another value, or stands where no answer does."""
    found: set[str] = set()
    keys = list(islice(_KEY.finditer(text), _MAX_KEYS + 1))
    if len(keys) > _MAX_KEYS:
        return None
    for key in keys:
        before = text[: key.start("key")]
        if re.match(r"[\"'“]?\s*[{\[]", text[key.end() :]) and is_answer(key["key"]):
            continue  # it wraps the object
        if not text[key.end() :].partition("\n")[0].strip(_MARKS):
            continue  # the value stands on a line of its own, if anywhere
        depth = before.count("{") - before.count("}")
        if not _stands_free(before, depth) or (key["inner"] in {",", ";"} and depth < 1 and not _in_a_row(before)):
            return None
        opened = depth > 0 or key["call"] is not None
        topic = _value(text, key.end(), taxonomy.match, open_end=opened and not re.search(r"[}\])]", text[key.end() :]))
        if topic is None or (key["call"] and key["call"] != "dict" and not is_answer(key["call"])):
            return None
        found.add(topic)
    return found


def _stands_free(before: str, depth: int) -> bool:
    """Whether what stands ``before`` a key holds no reasoning, and no braces but an answer's own."""
    reasoning_keys = any(is_reasoning(match[1]) for match in _KEY_OF_ANY.finditer(before))
    if reasoning_keys or any(is_reasoning_heading(line) for line in before.splitlines()):
        return False
    held = [match[1] or match[2] for match in _HELD.finditer(before)]
    if any(not is_answer(name) for name in held):
        return False
    doubled = len(re.findall(r"\{\s*(?=\{)", before))
    opening = before.rfind("{")
    return depth - doubled - len(held) <= 1 and not (opening >= 0 and is_led_in(before[:opening]))


def _in_a_row(before: str) -> bool:
    """Whether the line that ``before`` ends in is a row of keys and values."""
    return re.match(_ANY_KEY, before.rpartition("\n")[2].lstrip(" \t{-")) is not None


def _value(text: str, start: int, match: Callable[[str], str | None], *, open_end: bool = False) -> str | None:
    """The name that fills the value at ``start``; with ``open_end``, one that ends with the text is none."""
    line = re.compile(r"[^\n]{0,400}").match(text, start)
    value = line.group() if line else ""
    if value.lstrip(" \t\"'").startswith("["):
        return None  # a list is no topic
    for end in reversed(list(_END.finditer(value))[:50]):
        name = value[: end.start()].strip(_MARKS)
        if _TAIL.match(value, end.start()) and not name.endswith("?") and (found := match(name)):
            cut = open_end and start + len(value[: end.start()].rstrip()) == len(text.rstrip())
            return None if cut else found
    return None


def _by_lines(text: str, taxonomy: Taxonomy) -> set[str]:
    """The topics that have a line of their own; a question is none, nor is what a negation leads up to."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = set()
    for number, line in enumerate(lines):
        before = lines[number - 1] if number else ""
        topic = taxonomy.match(line) if len(line) <= 300 else None
        denied = _NEGATION.search(before) and not before.rstrip("*_\"'").endswith((".", "!", "?"))
        if topic is not None and not denied and not (line.rstrip("*_`\"'").endswith("?") and len(lines) > 1):
            found.add(topic)
    return found


def _is_denied(text: str, topic: str) -> bool:
    """Whether a sentence says that it is not ``topic``."""
    form = re.escape(_spaced(normalise(topic)))
    return any(
        _NEGATION.search(match[1])
        for line in text.splitlines()
        for match in re.finditer(rf"(?=([^.!?]{{0,40}}) {form}(?!\w))", _spaced(line))
    )


def _is_taken_back(text: str, topic: str) -> bool:
    """Whether prose below the last line that names ``topic`` doubts it."""
    form = _spaced(normalise(topic))
    lines = text.splitlines()
    last = max((number for number, line in enumerate(lines) if form in _spaced(line)), default=-1)
    return any(_RETRACTION.search(line) and not re.match(rf"\s*{_ANY_KEY}", line) for line in lines[last + 1 :])
