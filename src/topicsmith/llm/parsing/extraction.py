"""Finding the one object with given fields in whatever a model wrapped around it.

Outside of any object the text is read once from left to right. Whatever stands in tags is stepped over, unless they are
named like an answer; reasoning that is not closed ends the reading, since everything after it may be thoughts. JSON
objects and XML elements named like the fields are collected, none of them from inside another, but for an object under
a key named like an answer. Two that disagree are a failure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from xml.sax.saxutils import unescape

from topicsmith.errors import UpstreamError
from topicsmith.llm.parsing.lenient_json import parse
from topicsmith.llm.parsing.plain_answers import Recovered, bare, label_lines, read_value, sections
from topicsmith.llm.parsing.reasoning import (
    CLOSING,
    MARKS_BEGIN,
    OPENING,
    closing_of,
    final_channel,
    fold,
    is_answer,
    is_led_in,
    is_reasoning_tag,
    is_transparent,
    without_reasoning,
)
from topicsmith.llm.parsing.strict_json import NotJson, read_strict

MAX_CHARS = 100_000
"""Longer answers are not read: none that was asked for is a tenth as long."""

_MAX_OPENINGS = 100
_WHOLE = frozenset({"$", ""})


class UnrecoverableReply(UpstreamError):  # noqa: N818  # the name is part of the interface
    """No answer can be read from what the model wrote.

    ``truncated`` when that is because it breaks off, ``conflict`` when it is because it gives two answers.
    """

    def __init__(self, why: str, *, truncated: bool = False, conflict: bool = False) -> None:
        super().__init__(f"the model's answer cannot be read: {why}")
        self.truncated = truncated
        self.conflict = conflict


def find(raw: str, fields: Sequence[str], also: Sequence[str] = ()) -> Recovered:
    """The object in ``raw`` that has all ``fields``, with an account of how it was found.

    An answer in XML has no object to take other fields from: those named in ``also`` are taken where they stand.

    Raises:
        UnrecoverableReply: when there is none, or there are several that disagree.
    """
    if len(raw) > MAX_CHARS:
        raise UnrecoverableReply(f"it is {len(raw)} characters long, at most {MAX_CHARS} are read")
    text = raw.strip().lstrip("\ufeff").strip()
    if not text:
        raise UnrecoverableReply("it is empty")
    text, thoughts = _for_the_user(text)
    repairs: tuple[str, ...] = ()
    for _ in range(_MAX_OPENINGS):
        scan = _Scan(text, tuple(fields), tuple(also))
        candidates = list(scan.candidates())
        if scan.orphan is None:
            break
        text, thoughts = text[scan.orphan.end() :].strip(), text[: scan.orphan.start()].strip()
        repairs = ("orphan_reasoning",)
    else:
        raise UnrecoverableReply("too many ends of reasoning")
    if not candidates:
        candidates = [found for found in (sections(without_reasoning(text) or "", fields),) if found]
    if not candidates and not scan.truncated:
        lines = label_lines(scan.rest, fields)
        candidates = [found for found in (lines or bare(scan.rest, fields),) if found]
    if not candidates:
        raise UnrecoverableReply(scan.why(), truncated=scan.truncated)
    found = _agreed(candidates, fields)
    return replace(
        found, repairs=(*repairs, *found.repairs), thoughts=scan.thoughts or thoughts,
        around="\n".join((scan.rest, *scan.aside)), after=scan.rest[scan.found_at :],
    )  # fmt: skip


def _for_the_user(text: str) -> tuple[str, str | None]:
    """``text`` without the channels that are not for the user, and what those say."""
    if text[0] == "{":
        try:
            if read_strict(text, 0)[1] == len(text):
                return text, None  # what looks like a channel is a part of a string
        except (ValueError, NotJson):
            pass  # read again below, where the failure is told
    answer, thoughts, cut = final_channel(text)
    if answer is None or not answer.strip():
        raise UnrecoverableReply("it has no 'final' channel", truncated=cut)
    return answer.strip(), thoughts


def _agreed(candidates: Sequence[Recovered], fields: Sequence[str]) -> Recovered:
    first = candidates[0]
    for other in candidates[1:]:
        if any(other.values[field] != first.values[field] for field in fields):
            raise UnrecoverableReply("it holds two objects that disagree", conflict=True)
    return first if len(candidates) == 1 else replace(first, repairs=(*first.repairs, "repeated"))


class _Scan:
    """One pass over the text; ``rest`` is what stood outside of reasoning, ``why`` says why nothing was found."""

    def __init__(self, text: str, fields: tuple[str, ...], also: tuple[str, ...]) -> None:
        self.text = text
        self.fields = fields
        self._known = (*fields, *also)
        self.thoughts: str | None = None
        self.truncated = False
        self.orphan: re.Match[str] | None = None
        self.rest = ""
        self.aside: list[str] = []
        self.found_at = 0
        self._why = ""
        brackets = r"[{\[]" if self._wants_arrays() else r"\{"
        self._marks = re.compile(f"{MARKS_BEGIN}(?:{OPENING}|{CLOSING}|{brackets})", re.IGNORECASE)

    def why(self) -> str:
        return self._why or "no object with " + ", ".join(f"'{name}'" for name in self.fields)

    def candidates(self) -> Iterator[Recovered]:
        """What is found on the way; ends at ``orphan``, the end of reasoning that began before the text."""
        elements: dict[str, list[str]] = {}
        pos = openings = 0
        while match := self._marks.search(self.text, pos):
            self.rest += self.text[pos : match.start()]
            pos = match.end()
            name = match["tag"] or match["end"] or ""
            if match["end"] or match["endmark"]:
                if match["endmark"] or is_reasoning_tag(name):
                    self.orphan = match
                    return
                continue
            if self._field(name) is None and name and is_transparent(name):
                continue
            openings += 1
            if openings > _MAX_OPENINGS:
                raise UnrecoverableReply("too many objects or tags")
            if name or match["mark"]:
                after = self._element(match, elements)
                if after is None:
                    return
                pos = after
            else:
                found, pos = self._json(match.start())
                if found is not None:
                    self.found_at = len(self.rest)
                    yield found
        self.rest += self.text[pos:]
        if found := self._from_elements(elements):
            yield found

    def _field(self, name: str) -> str | None:
        return next((field for field in self._known if field.lower() == name.lower()), None)

    def _element(self, opened: re.Match[str], elements: dict[str, list[str]]) -> int | None:
        """Step over what was opened, and keep it where it is a field; where it ends, or ``None`` if nowhere."""
        name = opened["tag"] or ""
        field = self._field(name)
        thought = bool(opened["mark"]) or is_reasoning_tag(name)
        closing = closing_of(self.text, opened)
        if closing is None:
            if thought or field is not None:
                self.truncated = True
                self._why = f"{opened.group()[:40]} is not closed"
                return None
            self.rest += opened.group()
            return opened.end()
        content = self.text[opened.end() : closing.start()]
        if thought and self.thoughts is None:
            self.thoughts = content.strip()
        if field is not None:
            elements.setdefault(field, []).append(content)
            self.found_at = len(self.rest)
        return closing.end()

    def _from_elements(self, elements: Mapping[str, Sequence[str]]) -> Recovered | None:
        if any(field not in elements for field in self.fields):
            return None
        values: dict[str, object] = {}
        for field, contents in elements.items():
            texts = {_element_text(content) for content in contents}
            if len(texts) > 1:
                raise UnrecoverableReply(f"duplicate <{field}> with different contents", conflict=True)
            values[field] = texts.pop()
        return Recovered(values, ("surrounding_text",) if self.rest.strip() else ())

    def _json(self, start: int) -> tuple[Recovered | None, int]:
        try:
            parsed = parse(self.text, start)
        except NotJson as exc:
            if exc.fatal:
                raise UnrecoverableReply(str(exc), conflict=exc.conflict) from None
            self.rest += self.text[start]
            return None, start + 1
        self.truncated = self.truncated or parsed.truncated
        if not self._stands_free(start):
            self._why = "an object inside of something that is not the answer"
            return None, parsed.end
        values, unwrapped = self._with_fields(parsed.value, 0)
        if values is None:
            if isinstance(parsed.value, dict):
                self.aside += [f"{key}: {value}" for key, value in parsed.value.items() if isinstance(value, str)]
            return None, parsed.end
        around = () if start == 0 and parsed.end >= len(self.text) else ("surrounding_text",)
        cut = ("truncated",) if parsed.truncated else ()
        return Recovered(values, (*around, *parsed.repairs, *unwrapped, *cut), parsed.truncated), parsed.end

    def _stands_free(self, start: int) -> bool:
        """Whether the object at ``start`` is neither led in as a draft nor inside braces that could not be read."""
        within = self.rest.count("{") > self.rest.count("}")
        return not within and not is_led_in(self.text[max(0, start - 200) : start])

    def _wants_arrays(self) -> bool:
        return any(field in _WHOLE or field.startswith("[") for field in self.fields)

    def _with_fields(self, value: object, depth: int) -> tuple[dict[str, object] | None, tuple[str, ...]]:
        """``value``, or the object that an answer's key in it wraps, when that has the fields."""
        if self._wants_arrays():
            return _by_index(value, self.fields), ()
        if isinstance(value, str) and value.lstrip().startswith("{"):
            value = read_value(value)
        if not isinstance(value, dict) or depth > 3:
            return None, ()
        own, repairs = _by_name(value, self.fields)
        inside = {key: self._with_fields(inner, depth + 1) for key, inner in value.items() if is_answer(key)}
        wrapped = {key: (inner, (*notes, "unwrapped")) for key, (inner, notes) in inside.items() if inner is not None}
        if any(fold(key) in {fold(field) for field in self.fields} for key in wrapped):
            own = None  # {"topic": "{\"topic\": ...}"}: the field is the wrapper
        found = [*([(own, repairs)] if own is not None else []), *wrapped.values()]
        if any(inner[field] != found[0][0][field] for inner, _ in found for field in self.fields):
            raise UnrecoverableReply("it holds two objects that disagree", conflict=True)
        return found[0] if found else (None, ())


def _by_name(value: dict[str, object], fields: Sequence[str]) -> tuple[dict[str, object] | None, tuple[str, ...]]:
    """``value`` with the fields under their own names, ``None`` where one is missing."""
    folded: dict[str, list[str]] = {}
    for key in value:
        folded.setdefault(fold(key), []).append(key)
    keys = {field: folded.get(fold(field), []) for field in fields}
    if twice := next((found for found in keys.values() if len(found) > 1), None):
        raise UnrecoverableReply(f"duplicate key {twice[1][:80]!r}", conflict=True)
    if any(not found for found in keys.values()):
        return None, ()
    if all(field in value for field in fields):
        return value, ()
    return {**value, **{field: value[found[0]] for field, found in keys.items()}}, ("key_case",)


def _by_index(value: object, fields: Sequence[str]) -> dict[str, object] | None:
    """Fields named ``$`` (the whole value) and ``[0]`` (an item) of an answer that is an array."""
    found: dict[str, object] = {}
    for field in fields:
        index = re.fullmatch(r"\[(\d{1,4})\]", field)
        if field in _WHOLE:
            found[field] = value
        elif index and isinstance(value, list) and int(index.group(1)) < len(value):
            found[field] = value[int(index.group(1))]
        elif isinstance(value, dict) and field in value:
            found[field] = value[field]
        else:
            return None
    return found


def _element_text(content: str) -> str:
    text = content.strip()
    if text.startswith("<![CDATA[") and text.endswith("]]>"):
        return text[9:-3].strip()
    return unescape(text, {"&quot;": '"', "&apos;": "'", "&#39;": "'", "&#34;": '"'})
