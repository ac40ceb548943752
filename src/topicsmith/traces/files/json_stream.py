"""JSON as logs hold it: lone surrogates let through, depth bounded, arrays of any length item by item."""

import codecs
import json
import re
from collections.abc import Iterator

import orjson

from topicsmith.traces.base import NOT_JSON, TOO_DEEP, SourceError
from topicsmith.traces.files.streams import MAX_ROW_BYTES

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SEPARATORS = re.compile(r"[\s,]*")


def parse_json(text: bytes | str) -> object:
    """The value of JSON ``text``; a lone surrogate, which orjson refuses, is let through.

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
        if not _SURROGATE.search(raw):
            raise
    return json.loads(raw)


def array_items(name: str, pieces: Iterator[bytes]) -> Iterator[object]:
    """The items of the JSON array that ``pieces`` hold, with no more in memory than one item and one piece.

    Raises:
        SourceError: at the first item that is not JSON, too large or too deep, when the array does not end, and when
            something follows it.
    """
    text = _Text(pieces)
    text.skip(1)  # the opening bracket
    number = 1
    while text.head() != "]":
        if not text.head():
            raise SourceError(name, number, "JSON array cut short", "copy the file again")
        try:
            yield text.value()
        except RecursionError:
            raise SourceError(name, number, TOO_DEEP, "remove that item") from None
        except ValueError as exc:
            raise SourceError(name, number, NOT_JSON, "fix or remove that item", str(exc)) from None
        number += 1
    text.skip(1)
    if text.head():
        raise SourceError(name, number, "data after the JSON array", "put each array in a file of its own")


class _Text:
    """A window on decoded text that grows until it holds the value asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._parse = json.JSONDecoder().raw_decode
        self._buffer = ""
        self._position = 0
        self._over = False

    def _more(self) -> None:
        piece = next(self._pieces, None)
        self._over = piece is None
        self._buffer = self._buffer[self._position :] + self._decoder.decode(piece or b"", final=self._over)
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
        """The value that starts here."""
        while True:
            try:
                value, end = self._parse(self._buffer, self._position)
            except ValueError:
                if self._over or len(self._buffer) - self._position > MAX_ROW_BYTES:
                    raise
            else:
                if end < len(self._buffer) or self._over:  # otherwise a number may go on in the next piece
                    self._position = end
                    return value
            self._more()
