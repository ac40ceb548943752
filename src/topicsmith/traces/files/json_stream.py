"""JSON as logs hold it: lone surrogates and NaN let through, depth bounded, files of any length value by value."""

import codecs
import json
import re
from collections.abc import Iterator

import orjson

from topicsmith.traces.files.streams import CHUNK, MAX_ROW_BYTES

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_PYTHONS = re.compile(rb"NaN|Infinity")
_SEPARATORS = re.compile(r"[\s,]*")
_MARK = re.compile(r'["\\{}\[\]]')
_NEXT_OBJECT = re.compile(r"[}\]\"\w]\s*,\s*(?=\{)|\n\s*(?=\{)")
_NOT_DECODED = re.compile("[\udc80-\udcff]")
_NEAR_END = 16
"""A fault so near to the end of what was read may be only that the rest is not there yet."""

_LOOKED_THROUGH = 4 * 2**20
_TRIED = 200


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

        Raises:
            TooLargeError: when it is longer than ``MAX_ROW_BYTES``; nothing is passed over.
            NotUTF8Error: when it holds bytes that are no UTF-8; it is passed over.
            ValueError: when it is no JSON; nothing is passed over.
            RecursionError: when it nests too deeply; nothing is passed over.
        """
        while True:
            held = len(self._buffer) - self._position
            try:
                value, end = self._parse(self._buffer, self._position)
            except json.JSONDecodeError as exc:
                if self._over or not self._may_go_on(exc):
                    raise
            else:
                if end < len(self._buffer) or self._over:  # otherwise a number may go on in the next piece
                    written = self._position
                    if end - written > MAX_ROW_BYTES:
                        raise TooLargeError(f"over {MAX_ROW_BYTES:,} bytes")
                    self._position = end
                    if _NOT_DECODED.search(self._buffer, written, end):
                        raise NotUTF8Error("bytes that are no UTF-8")
                    return value
            if held > MAX_ROW_BYTES:
                raise TooLargeError(f"over {MAX_ROW_BYTES:,} bytes")
            self._more(max(CHUNK, held))

    def _may_go_on(self, exc: json.JSONDecodeError) -> bool:
        """Whether what is wrong may only be that the rest is not read yet."""
        return exc.msg.startswith("Unterminated string") or exc.pos >= len(self._buffer) - _NEAR_END

    def skip_value(self, keys: frozenset[str]) -> bool:
        """Step over the bad value that starts here; ``False`` where its end cannot be told.

        Its end is where its brackets close, or before that where the next value begins that has most of ``keys``, the
        fields of a good one: a quote too many or too few turns texts and brackets around.
        """
        if len(self._buffer) - self._position < _LOOKED_THROUGH:
            self._more(_LOOKED_THROUGH)
        start, limit = self._position, min(len(self._buffer), self._position + _LOOKED_THROUGH)
        end = self._closing(start, limit)
        following = self._next_alike(start, limit if end is None else end, keys)
        if following is not None:
            self._position = following
            return True
        if end is not None:
            self._position = end
            return True
        return self.skip_brackets()

    def _closing(self, start: int, limit: int) -> int | None:
        depth, in_string, position = 0, False, start
        while (found := _MARK.search(self._buffer, position, limit)) is not None:
            mark, position = found[0], found.end()
            if mark == "\\":
                position += 1
            elif mark == '"':
                in_string = not in_string
            elif not in_string:
                depth += 1 if mark in "[{" else -1
                if depth <= 0:
                    return position if depth == 0 else found.start()
        return None

    def _next_alike(self, start: int, limit: int, keys: frozenset[str]) -> int | None:
        if not keys:
            return None
        for tried, found in enumerate(_NEXT_OBJECT.finditer(self._buffer, start + 1, limit)):
            if tried == _TRIED:
                return None
            try:
                value, _ = self._parse(self._buffer, found.end())
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict) and 2 * len(keys & value.keys()) > len(keys):
                return found.end()
        return None

    def skip_brackets(self) -> bool:
        """Step over the value that starts here to where its brackets close, holding nothing; ``False`` if never."""
        depth, in_string = 0, False
        while True:
            position, size = self._position, len(self._buffer)
            while (found := _MARK.search(self._buffer, position)) is not None:
                mark, position = found[0], found.end()
                if mark == "\\":
                    position += 1
                elif mark == '"':
                    in_string = not in_string
                elif not in_string:
                    depth += 1 if mark in "[{" else -1
                    if depth <= 0:
                        self._position = position
                        return True
            self._position = min(position, size) if position > size else size
            if self._over:
                return False
            beyond = position - size
            self._more()
            self._position = max(0, beyond)
