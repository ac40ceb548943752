"""JSON as models write it: read strictly where that works, otherwise with repairs that are named and counted.

What is repaired: raw line breaks and unescaped quotes in strings, single and typographic quotes, a missing quote
after a key, trailing or missing commas, Python's ``True``/``None``, comments, ``...`` in place of members, doubled
braces, a missing end, JSON inside a string. A value that was cut off is dropped, never guessed. Every loop is bounded.
"""

import json
import re
from dataclasses import dataclass

from topicsmith.llm.parsing.json_pieces import (
    BARE_KEY,
    CONTROL,
    ENDS_IN_ARRAY,
    ENDS_IN_OBJECT,
    LITERAL,
    LITERALS,
    LOST_QUOTE,
    NUMBER,
    OPEN,
    PLAIN_SPACE,
    QUOTED_KEY,
    SKIPPED,
    UNCLOSED_KEY,
    WS,
    looks_like_object,
    unescape,
)
from topicsmith.llm.parsing.reasoning import is_reasoning
from topicsmith.llm.parsing.strict_json import NotJson, read_strict

MAX_DEPTH = 32
MAX_STEPS = 4000


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value, where it ends in the text, what was repaired, and whether the text broke off inside it."""

    value: object
    end: int
    repairs: tuple[str, ...] = ()
    truncated: bool = False


def parse(text: str, start: int) -> Parsed:
    """Read the object or array that begins at ``start``.

    Raises:
        NotJson: when there is none, a key is repeated, or reading it would need a guess.
    """
    try:
        value, end = read_strict(text, start)
    except ValueError:
        return _Reader(text).read(start)
    return Parsed(value, end)


class _Cut(Exception):  # noqa: N818
    """The text ends inside a value."""


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.repairs: list[str] = []
        self.truncated = False
        self.steps = 0
        self.keys_seen = False

    def read(self, start: int) -> Parsed:
        try:
            value, end = self._object(start, 0) if self.text[start] == "{" else self._array(start, 0)
        except NotJson as exc:
            raise NotJson(str(exc), fatal=exc.fatal or self.keys_seen, conflict=exc.conflict) from None
        return Parsed(value, end, tuple(self.repairs), self.truncated)

    def _step(self, depth: int) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS or depth > MAX_DEPTH:
            raise NotJson("too long or nested too deeply", fatal=True)

    def _skip(self, pos: int) -> int:
        match = SKIPPED.match(self.text, pos)
        if not match:
            return pos
        skipped = match.group()
        if not skipped.isspace():
            self._note(
                "ellipsis"
                if "..." in skipped or "…" in skipped
                else "comment"
                if re.search("[/#]", skipped)
                else "escape"
            )
        return match.end()

    def _note(self, repair: str) -> None:
        self.repairs.append(repair)

    def _next(self, pos: int, separated: bool, closing: str, depth: int) -> tuple[int, bool, bool]:
        """Where the next member begins, whether a comma stood before it, and whether there is none."""
        fresh = separated
        while True:
            self._step(depth)
            pos = self._skip(pos)
            char = self.text[pos : pos + 1]
            if char == "":
                self.truncated = True
                return pos, separated, True
            if char == closing:
                if separated and not fresh:
                    self._note("stray_comma")
                return pos + 1, separated, True
            if char != ",":
                return pos, separated, False
            if separated:
                self._note("stray_comma")
            pos, separated = pos + 1, True

    def _object(self, pos: int, depth: int) -> tuple[dict[str, object], int]:
        found: dict[str, object] = {}
        pos, separated = pos + 1, True
        while True:
            pos, separated, ended = self._next(pos, separated, "}", depth)
            if ended:
                return found, pos
            if self.text[pos] == "{" and separated:
                return self._restart(found, pos, depth)
            key = self._key(pos)
            if key is None:
                return self._ended(found, pos, separated)
            if not separated:
                self._note("missing_comma")
            try:
                pos, separated = self._member(found, *key, depth)
            except _Cut:
                self.truncated = True
                return found, len(self.text)

    def _member(self, found: dict[str, object], name: str, pos: int, depth: int) -> tuple[int, bool]:
        if name in found:
            raise NotJson(f"duplicate key {name[:80]!r}", fatal=True, conflict=True)
        try:
            found[name], pos = self._value(pos, depth + 1, ENDS_IN_OBJECT, name)
        except _LostQuote as lost:
            return lost.pos, True
        return pos, False

    def _ended(self, found: dict[str, object], pos: int, separated: bool) -> tuple[dict[str, object], int]:
        """No key where one was due: a key that was cut off, an object that was not closed, or no object at all."""
        rest = self.text[pos : pos + 200]
        if found and separated and len(rest) < 200 and re.fullmatch(r'\\?["\'“‘]?[\w -]{0,60}["\'”’]?\s{0,20}', rest):
            self.truncated = True
            return found, len(self.text)
        if found and not separated:
            self._note("missing_brace")
            return found, pos
        raise NotJson("no key where one was expected")

    def _restart(self, found: dict[str, object], pos: int, depth: int) -> tuple[dict[str, object], int]:
        """``{{"a": 1}`` or ``{"a": 1,{"a": 1, "b": 2}``: the model began again."""
        inner, end = self._object(pos, depth + 1)
        if any(inner.get(key, _Cut) != value for key, value in found.items()):
            raise NotJson("an object inside an object, without a key", fatal=True, conflict=True)
        self._note("doubled_brace")
        if not self.truncated:
            after = PLAIN_SPACE.match(self.text, end)
            assert after is not None
            end = after.end() + 1 if self.text[after.end() : after.end() + 1] == "}" else end
        return inner, end

    def _key(self, pos: int) -> tuple[str, int] | None:
        if match := QUOTED_KEY.match(self.text, pos):
            if match.group(1) or match.group(2) != '"':
                self._note("quotes")
            self.keys_seen = True
            return match.group(3), match.end()
        if match := UNCLOSED_KEY.match(self.text, pos):
            self._note("key_quote")
            self.keys_seen = True
            return match.group(1), match.end()
        if match := BARE_KEY.match(self.text, pos):
            self._note("bare_key")
            self.keys_seen = True
            return match.group(1), match.end()
        return None

    def _array(self, pos: int, depth: int) -> tuple[list[object], int]:
        found: list[object] = []
        pos, separated = pos + 1, True
        while True:
            pos, separated, ended = self._next(pos, separated, "]", depth)
            if ended:
                return found, pos
            if not separated:
                raise NotJson("two items without a comma")
            try:
                item, pos = self._value(pos, depth + 1, ENDS_IN_ARRAY, "")
            except _Cut:
                self.truncated = True
                return found, len(self.text)
            if not (self.truncated and item in ({}, [])):
                found.append(item)
            separated = False

    def _value(self, pos: int, depth: int, ends: re.Pattern[str], key: str) -> tuple[object, int]:
        self._step(depth)
        pos = self._skip(pos)
        char = self.text[pos : pos + 1]
        if char == "":
            raise _Cut
        if char == "{":
            return self._object(pos, depth)
        if char == "[":
            return self._array(pos, depth)
        if char in OPEN or (char == "\\" and self.text[pos + 1 : pos + 2] in OPEN):
            return self._string_or_object(pos, depth, ends, key)
        if match := LITERAL.match(self.text, pos) or NUMBER.match(self.text, pos):
            if match.end() == len(self.text):
                raise _Cut  # more digits or letters may have followed
            written = match.group()
            if written in {"True", "False", "None", "NaN"}:
                self._note("python_literal")
            return (LITERALS[written] if written in LITERALS else json.loads(written)), match.end()
        raise NotJson("a value that is not JSON")

    def _string_or_object(self, pos: int, depth: int, ends: re.Pattern[str], key: str) -> tuple[object, int]:
        """A string, or an object that was put into quotes without escaping its own."""
        inside = self._skip_space(pos + 1)
        if self.text[inside : inside + 1] == "{" and looks_like_object(self.text, inside) and not is_reasoning(key):
            mark = (len(self.repairs), self.truncated)
            try:
                value, end = self._object(inside, depth)
            except NotJson as exc:
                if exc.fatal:
                    raise
                del self.repairs[mark[0] :]
                self.truncated = mark[1]
            else:
                self._note("json_in_string")
                tail = re.compile(rf"(?:{WS}|</?\w{{1,20}}>){{0,50}}\"?").match(self.text, end)
                return value, tail.end() if tail else end
        return self._string(pos, ends)

    def _skip_space(self, pos: int) -> int:
        match = re.compile(rf"{WS}{{0,50}}").match(self.text, pos)
        return match.end() if match else pos

    def _string(self, pos: int, ends: re.Pattern[str]) -> tuple[str, int]:
        text = self.text
        width = 2 if text[pos] == "\\" else 1
        quote = text[pos + width - 1]
        if width == 2 or quote != '"':
            self._note("quotes")
        closing = {"“": "”", "‘": "’"}.get(quote, quote)
        start = pos + width
        marks = re.compile(rf"\\{closing}|[{closing}”]" if width == 2 else rf"\\.|[{closing}”]", re.DOTALL)
        inner = 0
        for match in marks.finditer(text, start):
            self._step(0)
            found = match.group()
            if found[0] == "\\" and width == 1:
                continue
            if found == "”" and closing == '"':
                opened = any(mark in text[max(start, match.start() - 200) : match.start()] for mark in "“„")
                if opened or not ends.match(text, match.end()) or match.end() == len(text):
                    continue
                self._note("quotes")
            elif not ends.match(text, match.end()):
                before = text[match.start() - 1]
                inside = ends is ENDS_IN_OBJECT and match.start() > start and before not in " \t\n\r{[(,:"
                if inside and LOST_QUOTE.match(text, match.start()):
                    self._note("lost_quote")
                    raise _LostQuote(match.start())
                inner += 1
                continue
            body = text[start : match.start()]
            if inner:
                self._note("inner_quote")
            if CONTROL.search(body):
                self._note("raw_control")
            return unescape(body), match.end()
        raise _Cut


class _LostQuote(Exception):  # noqa: N818
    """A string ran into the next key; ``pos`` is where that key begins. The string's own value is lost."""

    def __init__(self, pos: int) -> None:
        super().__init__(pos)
        self.pos = pos
