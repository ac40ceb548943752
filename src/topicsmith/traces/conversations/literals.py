"""Values that a log wrote down as text: JSON, a Python literal, or either of them cut short."""

import ast
import re
import warnings

from topicsmith.traces.files.json_stream import parse_json

LONGEST_LITERAL = 4_000_000
_OPENS = re.compile(r"\s*[\[{(]")
_PIECE = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{}:,]', re.DOTALL)
_DEEPEST = 200
_NAMES = re.compile(r"\bnan\b|\binf\b")


def parse_literal(text: str) -> object:
    """The value of ``text`` as JSON, or as a Python literal where it opens like a container; ``None`` if neither.

    Raises:
        nothing: text that is neither, or nests too deeply, gives ``None``.
    """
    try:
        return parse_json(text)
    except (ValueError, RecursionError):
        pass
    if not _OPENS.match(text) or len(text) > LONGEST_LITERAL:
        return None
    for written in (text, _NAMES.sub("None", text)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # escapes such as \\d that Python would rather see written otherwise
                value: object = ast.literal_eval(written.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return list(value) if isinstance(value, tuple) else value
    return None


def mended(text: str) -> object:
    """The whole values at the head of JSON ``text`` that was cut off; ``None`` where nothing whole is left.

    What was being written when it was cut is left out: a text that lost its end is no text.

    >>> mended('[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hel')
    [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant'}]
    """
    scan = _Scan()
    for piece in _PIECE.finditer(text):
        if not scan.take(piece[0], piece.end()):
            break
    if not scan.whole:
        return None
    try:
        return parse_json(text[: scan.whole] + scan.closing)
    except (ValueError, RecursionError):
        return None


class _Scan:
    """How much of a JSON text is whole, and what would close it: ``whole`` characters, then ``closing``."""

    def __init__(self) -> None:
        self.whole, self.closing = 0, ""
        self._open: list[str] = []
        self._at_value: list[bool] = []  # for each open bracket: whether what comes next is a value, not a name

    def take(self, piece: str, end: int) -> bool:
        """Go on over ``piece``, which ends at ``end``; ``False`` where the text cannot go on like this."""
        if piece == '"':  # a string that does not end
            return False
        if piece[0] in "[{":
            if len(self._open) == _DEEPEST:
                return False
            self._open.append("]" if piece == "[" else "}")
            self._at_value.append(piece == "[")
            self._keep(end)
        elif piece in "]}":
            if not self._open or self._open.pop() != piece:
                return False
            self._at_value.pop()
            self._keep(end)
        elif piece == ",":
            self._keep(end - 1)
            if self._open:
                self._at_value[-1] = self._open[-1] == "]"
        elif piece == ":" and self._open:
            self._at_value[-1] = True
        elif piece[0] == '"' and (not self._open or self._at_value[-1]):
            self._keep(end)
        return True

    def _keep(self, end: int) -> None:
        self.whole, self.closing = end, "".join(reversed(self._open))
