"""JSON as logs hold it: lone surrogates and NaN let through, depth bounded, files of any length value by value."""

import codecs
import json
import re
from collections.abc import Iterator

import orjson

from topicsmith.traces.files.streams import CHUNK, MAX_ROW_BYTES

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_PYTHONS = re.compile(rb"NaN|Infinity")
_SEPARATORS = re.compile(r"[\s,\ufeff]*")
_MARK = re.compile(r'["\\{}\[\]]')
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*(?:"|(?=\n))', re.DOTALL)
_WORD = re.compile(r'[^\s,\[\]{}":]+|.', re.DOTALL)
_FIRST_KEY = re.compile(r'\{\s*"([^"\\]+)"\s*:')
_LINE_OF_VALUE = re.compile(r"[\n\r]\s*(?=[{\[])")
_NEXT_OBJECT = re.compile(r"[}\]\[:\"\w]\s*,\s*(?=\{)|\n\s*(?=\{)")
_NOT_DECODED = re.compile("[\udc80-\udcff]")
_DEEPEST = 1024
_NEAR_END = 16
"""A fault so near to the end of what was read may be only that the rest is not there yet."""

_LOOKED_THROUGH = 4 * 2**20
_TRIED = 2000
_OVERLAP = 100
_SOME_IN_VAIN = 8 * 2**20
_MOST_IN_VAIN = 512 * 2**20
"""Characters that are read as part of values which turn out to lack an end, before the file is given up."""

_SLICE = 2**14
"""A fault in a shorter text is cheaper: Python counts the lines before it."""


class TooLargeError(ValueError):
    """A value longer than ``MAX_ROW_BYTES``."""


class NotUTF8Error(ValueError):
    """A value that holds bytes which are no UTF-8."""


def parse_json(text: bytes | str) -> object:
    """The value of JSON ``text``; lone surrogates and Python's ``NaN``, which orjson refuses, are let through.

    Raises:
        ValueError: when it is not JSON.
        RecursionError: when it nests deeper than 1,024 levels.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        if "depth limit" in str(exc):
            raise RecursionError(str(exc)) from None
        raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        if not _SURROGATE.search(raw) and not _PYTHONS.search(raw):
            raise
    return json.loads(raw)


class JsonText:
    """A window on text that holds JSON values, which grows until it holds the one asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        """Read on from ``pieces``, in UTF-8."""
        self._pieces = pieces
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._parse = json.JSONDecoder().raw_decode
        self._buffer = ""
        self._position = 0
        self._over = False
        self._in_vain = 0
        self._none_before = 0  # no value of the kind looked for begins before; so each place is tried once

    def _more(self, characters: int = 1) -> None:
        """Read at least ``characters`` more, or to the end."""
        read = [self._buffer[self._position :]]
        wanted = characters
        while wanted > 0 and not self._over:
            piece = next(self._pieces, None)
            self._over = piece is None
            read.append(self._decoder.decode(piece or b"", final=self._over))
            wanted -= len(read[-1])
        self._buffer = "".join(read)
        self._none_before -= self._position
        self._position = 0

    def head(self) -> str:
        """The next character that is no white space or comma; nothing at the end."""
        while True:
            match = _SEPARATORS.match(self._buffer, self._position)
            self._position = match.end() if match else self._position
            if self._position < len(self._buffer):
                return self._buffer[self._position]
            if self._over:
                return ""
            self._more()

    def skip(self, characters: int) -> None:
        """Step over ``characters`` after white space."""
        self.head()
        self._position += characters

    def value(self) -> object:
        """The value that starts here.

        What is read grows by as much as there is each time, so that a long value is not parsed over and over.

        A value that cannot be read is not stepped over.

        Raises:
            TooLargeError: when it is longer than ``MAX_ROW_BYTES``.
            NotUTF8Error: when it holds bytes that are no UTF-8.
            ValueError: when it is no JSON.
            RecursionError: when it nests too deeply.
        """
        while True:
            held = len(self._buffer) - self._position
            if self._in_vain > _SOME_IN_VAIN and self._lacks_end():
                raise ValueError("it has no end before the next begins")
            try:
                value, end = self._parse(self._buffer, self._position)
            except RecursionError:  # maybe of values that lack an end and hold one another
                self._in_vain += held
                raise
            except json.JSONDecodeError as exc:
                if self._over or not self.may_go_on(exc):
                    self._in_vain += min(exc.pos, len(self._buffer)) - self._position
                    raise
            else:
                if end < len(self._buffer) or self._over:  # otherwise a number may go on in the next piece
                    self._take(end)
                    return value
            if held > MAX_ROW_BYTES:
                raise TooLargeError(f"over {MAX_ROW_BYTES:,} bytes")
            self._more(max(CHUNK, held))

    def _take(self, end: int) -> None:
        if self._nests_too_deeply(end):
            raise RecursionError(f"deeper than {_DEEPEST:,} levels")
        if end - self._position > MAX_ROW_BYTES:
            raise TooLargeError(f"over {MAX_ROW_BYTES:,} bytes")
        if _NOT_DECODED.search(self._buffer, self._position, end):
            raise NotUTF8Error("bytes that are no UTF-8")
        self._position = end

    def _nests_too_deeply(self, end: int) -> bool:
        """Whether brackets nest deeper than orjson allows; how deep the parser here goes is a matter of the version."""
        start = self._position
        if self._buffer.count("[", start, end) + self._buffer.count("{", start, end) <= _DEEPEST:
            return False
        scan = _Brackets(start)
        return any(scan.depth > _DEEPEST for _ in scan.over(self._buffer, end))

    def _lacks_end(self) -> bool:
        """Whether the line is no whole value, and the next line begins as it does."""
        end = self._buffer.find("\n", self._position)
        following = _LINE_OF_VALUE.match(self._buffer, end) if end >= 0 else None
        if following is None:
            return False
        first = _FIRST_KEY.match(self._buffer, self._position, end)
        second = _FIRST_KEY.match(self._buffer, following.end())
        if first is None or second is None or first[1] != second[1]:
            return False
        try:
            self._parse(self._buffer[self._position : end])
        except ValueError:
            return True
        return False

    def ahead(self) -> "JsonText":
        """What is read already and comes next, to be looked at without stepping over it."""
        window = JsonText(iter(()))
        window._buffer, window._position, window._over = self._buffer, self._position, True
        return window

    def may_go_on(self, exc: Exception) -> bool:
        """Whether what is wrong may only be that the rest is not read yet."""
        return _at_end(exc, len(self._buffer))

    def skip_value(self, keys: frozenset[str]) -> bool:
        """Step over the bad value that starts here; ``False`` where its end cannot be told.

        Its end is where its brackets close, or before that where the next value begins that has most of ``keys``, the
        fields of a good one: a quote too many or too few turns texts and brackets around.
        """
        head = self.head()
        if self._in_vain > _MOST_IN_VAIN:
            return False
        if not head or head not in "[{":
            found = (_STRING if head == '"' else _WORD).match(self._buffer, self._position)
            self._position = found.end() if found else self._position
            return found is not None
        if len(self._buffer) - self._position < _LOOKED_THROUGH:
            self._more(_LOOKED_THROUGH)
        start, limit = self._position, min(len(self._buffer), self._position + _LOOKED_THROUGH)
        following = self._next_alike(start, limit, keys)
        end = self._closing(start, limit if following is None else following)
        if end is None and following is None:
            return self.skip_brackets()
        self._position = end or following or start
        return True

    def _closing(self, start: int, limit: int) -> int | None:
        scan = _Brackets(start)
        return next((scan.position for _ in scan.over(self._buffer, limit) if scan.is_closed), None)

    def _next_alike(self, start: int, limit: int, keys: frozenset[str]) -> int | None:
        first = _FIRST_KEY.match(self._buffer, start)
        if not keys and not first:
            return None
        begin, unread = max(start + 1, self._none_before), None
        for tried, found in enumerate(_NEXT_OBJECT.finditer(self._buffer, begin, limit)):
            if tried == _TRIED:
                self._none_before = found.start()
                return None
            try:
                value = self._tried(found.end())
            except (ValueError, RecursionError) as exc:
                unread = found.start() if unread is None and self.may_go_on(exc) else unread
                continue
            if not isinstance(value, dict):
                continue
            if (2 * len(keys & value.keys()) > len(keys)) if keys else next(iter(value), None) == (first and first[1]):
                return found.end()
        self._none_before = limit if self._over else max(begin, limit - _OVERLAP) if unread is None else unread
        return None

    def _tried(self, start: int) -> object:
        try:
            return self._parse(self._buffer[start : start + _SLICE])[0]
        except json.JSONDecodeError as exc:
            if start + _SLICE >= len(self._buffer) or not _at_end(exc, _SLICE):
                raise json.JSONDecodeError(exc.msg, "", start + exc.pos) from None
        return self._parse(self._buffer, start)[0]

    def skip_lines(self) -> None:
        """Step over what is no JSON, to the next line that begins with a bracket or to the end."""
        while (found := _LINE_OF_VALUE.search(self._buffer, self._position)) is None:
            blank = max(self._position, len(self._buffer.rstrip()))
            self._position = blank if "\n" in self._buffer[blank:] else len(self._buffer)
            if self._over:
                self._position = len(self._buffer)
                return
            self._more()
        self._position = found.end()

    def skip_brackets(self) -> bool:
        """Step over the value that starts here to where its brackets, or its quotes, close; ``False`` if never.

        Nothing of it is held.
        """
        self.head()
        scan = _Brackets(self._position)
        while True:
            if any(scan.is_closed for _ in scan.over(self._buffer, len(self._buffer))):
                self._position = scan.position
                return True
            beyond = max(0, scan.position - len(self._buffer))  # an escape may reach into the next piece
            self._position = len(self._buffer)
            if self._over:
                return False
            self._more()
            self._position = scan.position = beyond


class _Brackets:
    """A scan of JSON text from ``position``: how deep in brackets it stands, and whether in a string."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.depth = 0
        self.in_string = False

    @property
    def is_closed(self) -> bool:
        """Whether what began where the scan did has ended."""
        return self.depth <= 0 and not self.in_string

    def over(self, text: str, limit: int) -> Iterator[None]:
        """Go over ``text`` up to ``limit``, stopping after each quote and bracket that counts."""
        while (found := _MARK.search(text, self.position, limit)) is not None:
            mark, self.position = found[0], found.end()
            if mark == "\\":
                self.position += 1
                continue
            if mark == '"':
                self.in_string = not self.in_string
            elif not self.in_string:
                self.depth += 1 if mark in "[{" else -1
            yield
        self.position = max(self.position, limit)


def _at_end(exc: Exception, size: int) -> bool:
    if not isinstance(exc, json.JSONDecodeError):
        return False
    return exc.msg.startswith("Unterminated string") or exc.pos >= size - _NEAR_END
