"""The two clocks: how many tokens a question has, and the conversation it opened; nothing is downloaded."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from topicsmith.errors import ProjectError, first_line
from topicsmith.records import Message, Trace

if TYPE_CHECKING:
    import polars as pl

Countable = TypeVar("Countable", int, "pl.Expr")
QUICK = "bytes/4"
_WORD = re.compile(r"\w+|[^\w\s]")
_PIECE = 7  # letters: what a byte-pair vocabulary holds of a long or foreign word, on average
_FRAME = 26  # bytes that JSON spends on a message besides its texts: {"role": "", "content": ""},


@dataclass(frozen=True)
class Tokenizer:
    """``count`` gives the tokens of one text; ``name`` is what tables and reports call it."""

    name: str
    count: Callable[[str], int]
    by_size: bool = False

    def count_trace(self, trace: Trace) -> int:
        """The tokens of a whole conversation, tool calls included.

        By size alone that is its length as JSON: as logged where the reader knows it, otherwise worked out.
        """
        if not self.by_size:
            return sum(self.count(text) for message in trace.messages for text in _texts(message))
        return quarter(size_of(trace.messages) if trace.size is None else trace.size)


def size_of(messages: Sequence[Message]) -> int:
    """About how many bytes ``messages`` take as JSON."""
    return sum(
        _FRAME + len(message.role) + sum(len(text.encode("utf-8", "replace")) for text in _texts(message))
        for message in messages
    )


def _texts(message: Message) -> Sequence[str]:
    calls = [text for call in message.tool_calls for text in (call.name, call.arguments)]
    return [text for text in (message.content, message.reasoning or "", *calls) if text]


def quarter(size: Countable) -> Countable:
    """Tokens in ``size`` bytes at four bytes each, rounded up."""
    return (size + 3) // 4


def tokenizer(name: str, folder: Path) -> Tokenizer:
    """The tokenizer that ``traces.tokenizer`` names: ``bytes/4``, ``words``, or the path of a ``tokenizer.json``.

    Raises:
        ProjectError: when it is none of these.
    """
    if name == QUICK:
        return Tokenizer(name, lambda text: quarter(len(text.encode("utf-8", "replace"))), by_size=True)
    if name == "words":
        return Tokenizer(name, lambda text: sum(1 + (len(word) - 1) // _PIECE for word in _WORD.findall(text)))
    path = folder / name
    if not path.is_file():
        raise ProjectError(f"traces.tokenizer: '{name}' is not 'bytes/4', 'words' or an existing tokenizer.json")
    return _from_file(name, path)


def _from_file(name: str, path: Path) -> Tokenizer:
    try:
        from tokenizers import Tokenizer as Library
    except ImportError:
        from topicsmith.errors import MissingExtraError

        raise MissingExtraError(f"the tokenizer '{name}'", "tokenizers") from None
    try:
        library = Library.from_str(path.read_text(encoding="utf-8"))
    except Exception as exc:  # noqa: BLE001  # the library raises bare Exception for a file it cannot use
        raise ProjectError(f"traces.tokenizer: {name} is not a tokenizer.json ({first_line(exc)})") from None
    library.no_truncation()
    library.no_padding()
    return Tokenizer(name, lambda text: len(library.encode(text, add_special_tokens=False).ids))
