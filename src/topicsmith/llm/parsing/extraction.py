"""Finding the one object with given fields in whatever a model wrapped around it.

Outside of any object the text is read once from left to right. A closed reasoning block is stepped over; one that is
not closed ends the reading, since everything after it may be thoughts. JSON objects and XML elements named like the
fields are collected, none of them from inside another. Two that disagree are a failure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from xml.sax.saxutils import unescape

from topicsmith.errors import UpstreamError
from topicsmith.llm.parsing.json_pieces import is_reasoning
from topicsmith.llm.parsing.lenient_json import parse
from topicsmith.llm.parsing.plain_answers import Recovered, bare, is_short, label_lines, read_value, sections
from topicsmith.llm.parsing.strict_json import NotJson

MAX_CHARS = 100_000
"""Longer answers are not read: none that was asked for is a tenth as long."""

_MAX_OPENINGS = 100
_REASONING = "think|thinking|thought|thoughts|reasoning|reflection|analysis|scratchpad"
_ORPHAN = re.compile(rf"</(?:{_REASONING})\s*>", re.IGNORECASE)
_OPENING = re.compile(rf"<(?:{_REASONING})\s*>", re.IGNORECASE)
_WHOLE = frozenset({"$", ""})


class UnrecoverableReply(UpstreamError):  # noqa: N818  # the name is part of the interface
    """No answer can be read from what the model wrote; ``truncated`` when that is because it breaks off."""

    def __init__(self, why: str, *, truncated: bool = False) -> None:
        super().__init__(f"the model's answer cannot be read: {why}")
        self.truncated = truncated


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
    text, thoughts, repairs = _after_orphan(text)
    scan = _Scan(text, tuple(fields), tuple(also))
    candidates = list(scan.candidates())
    if not candidates:
        candidates = [found for found in (sections(text, fields), label_lines(scan.rest, fields)) if found]
    if not candidates and not scan.truncated:
        candidates = [found for found in (bare(scan.rest, fields),) if found]
    if not candidates:
        raise UnrecoverableReply(scan.why(), truncated=scan.truncated)
    found = _agreed(candidates, fields)
    return replace(found, repairs=(*repairs, *found.repairs), thoughts=scan.thoughts or thoughts)


def _after_orphan(text: str) -> tuple[str, str | None, tuple[str, ...]]:
    """Drop reasoning whose opening tag stood in the prompt, so that the answer shows only its end."""
    match = _ORPHAN.search(text)
    if match is None or text[0] in "{[`<" or _OPENING.search(text, 0, match.start()):
        return text, None, ()
    rest = text[match.end() :].strip()
    if _ORPHAN.search(rest) or not (rest[:1] in {"{", "[", "<", "`"} or (rest and is_short(rest))):
        return text, None, ()
    return rest, text[: match.start()].strip(), ("orphan_reasoning",)


def _agreed(candidates: Sequence[Recovered], fields: Sequence[str]) -> Recovered:
    first = candidates[0]
    for other in candidates[1:]:
        if any(other.values[field] != first.values[field] for field in fields):
            raise UnrecoverableReply("it holds two objects that disagree")
    return first if len(candidates) == 1 else replace(first, repairs=(*first.repairs, "repeated"))


class _Scan:
    """One pass over the text; ``rest`` is what stood outside of reasoning, ``why`` says why nothing was found."""

    def __init__(self, text: str, fields: tuple[str, ...], also: tuple[str, ...]) -> None:
        self.text = text
        self.fields = fields
        self._known = (*fields, *also)
        self.thoughts: str | None = None
        self.truncated = False
        self.rest = ""
        self._why = ""
        names = "|".join(sorted({re.escape(field) for field in self._known if re.fullmatch(r"[\w-]+", field)}))
        self._tags = re.compile(
            rf"<(?P<thought>{_REASONING})\s*>" + (rf"|<(?P<field>{names})(?:\s[^<>]{{0,200}})?>" if names else "")
            + (r"|[{\[]" if self._wants_arrays() else r"|\{"),
            re.IGNORECASE,
        )  # fmt: skip

    def why(self) -> str:
        return self._why or "no object with " + ", ".join(f"'{name}'" for name in self.fields)

    def candidates(self) -> Iterator[Recovered]:
        elements: dict[str, list[str]] = {}
        pos = openings = 0
        while match := self._tags.search(self.text, pos):
            self.rest += self.text[pos : match.start()]
            openings += 1
            if openings > _MAX_OPENINGS:
                raise UnrecoverableReply("too many objects or tags")
            groups = match.groupdict()
            name = groups.get("field") or groups["thought"]
            if name:
                content = self._element(match.end(), name)
                if content is None:
                    return
                pos = match.end() + len(content) + self._closing
                self._keep(elements, name, content, thought=groups["thought"] is not None)
            else:
                found, pos = self._json(match.start())
                if found is not None:
                    yield found
        self.rest += self.text[pos:]
        if found := self._from_elements(elements):
            yield found

    def _keep(self, elements: dict[str, list[str]], name: str, content: str, *, thought: bool) -> None:
        field = next((f for f in self._known if f.lower() == name.lower()), None)
        if thought and self.thoughts is None:
            self.thoughts = content.strip()
        if field is not None:
            elements.setdefault(field, []).append(content)

    def _element(self, start: int, name: str) -> str | None:
        closing = re.compile(rf"</{re.escape(name)}\s*>", re.IGNORECASE).search(self.text, start)
        if closing is None:
            self.truncated = True
            self._why = f"<{name[:40]}> is not closed"
            return None
        self._closing = closing.end() - closing.start()
        return self.text[start : closing.start()]

    def _from_elements(self, elements: Mapping[str, Sequence[str]]) -> Recovered | None:
        if any(field not in elements for field in self.fields):
            return None
        values: dict[str, object] = {}
        for field, contents in elements.items():
            texts = {_element_text(content) for content in contents}
            if len(texts) > 1:
                raise UnrecoverableReply(f"duplicate <{field}> with different contents")
            values[field] = texts.pop()
        return Recovered(values, () if not self.rest.strip(" \n\t") or "<" in self.rest else ("surrounding_text",))

    def _json(self, start: int) -> tuple[Recovered | None, int]:
        try:
            parsed = parse(self.text, start)
        except NotJson as exc:
            if exc.fatal:
                raise UnrecoverableReply(str(exc)) from None
            self.rest += self.text[start]
            return None, start + 1
        self.truncated = self.truncated or parsed.truncated
        values, unwrapped = self._with_fields(parsed.value, 0)
        if values is None:
            return None, parsed.end
        around = () if start == 0 and parsed.end >= len(self.text) else ("surrounding_text",)
        cut = ("truncated",) if parsed.truncated else ()
        return Recovered(values, (*around, *parsed.repairs, *unwrapped, *cut), parsed.truncated), parsed.end

    def _wants_arrays(self) -> bool:
        return any(field in _WHOLE or field.startswith("[") for field in self.fields)

    def _with_fields(self, value: object, depth: int) -> tuple[dict[str, object] | None, tuple[str, ...]]:
        """``value``, or the object it wraps, when that has the fields."""
        if self._wants_arrays():
            return _by_index(value, self.fields), ()
        if isinstance(value, str) and value.lstrip().startswith("{"):
            value = read_value(value)
        if not isinstance(value, dict):
            return None, ()
        folded = {str(key).strip().lower(): key for key in value}
        if all(field in value for field in self.fields):
            return value, ()
        if all(field.lower() in folded for field in self.fields) and len(folded) == len(value):
            return {**value, **{field: value[folded[field.lower()]] for field in self.fields}}, ("key_case",)
        if len(value) == 1 and depth < 3 and not is_reasoning(next(iter(value))):
            inner, repairs = self._with_fields(next(iter(value.values())), depth + 1)
            return inner, (*repairs, "unwrapped")
        return None, ()


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
