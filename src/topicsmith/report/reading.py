"""Reading documents of the run folder without trusting that every part is there: what is missing reads as ``None``."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from topicsmith.errors import RunStateError
from topicsmith.runs import RunFolder


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a document. Any step into what is not there gives an empty node.

    >>> document = Node({"a": [{"b": 2}], "c": "text"})
    >>> document["a"][0].number("b"), document["x"]["y"].number("z"), document.text("c")
    (2.0, None, 'text')
    """

    value: object = None

    def __getitem__(self, key: str | int) -> "Node":
        if isinstance(key, int):
            return Node(self.value[key] if isinstance(self.value, list) and -1 < key < len(self.value) else None)
        return Node(self.value.get(key) if isinstance(self.value, Mapping) else None)

    def __bool__(self) -> bool:
        return self.value is not None

    def first(self, *keys: str) -> "Node":
        """The first of ``keys`` that is there and not null."""
        return next((found for key in keys if (found := self[key])), Node())

    def items(self) -> Iterator["Node"]:
        """The items of a list; none for anything else."""
        if isinstance(self.value, list):
            yield from (Node(item) for item in self.value)

    def pairs(self) -> Iterator[tuple[str, "Node"]]:
        """The keys and values of a mapping; none for anything else."""
        if isinstance(self.value, Mapping):
            yield from ((str(key), Node(item)) for key, item in self.value.items())

    def number(self, *keys: str) -> float | None:
        """The finite number at the first of ``keys`` that has one; of this node itself without keys."""
        for found in [self[key] for key in keys] or [self]:
            value = found.value
            if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
                return float(value)
        return None

    def count(self, *keys: str) -> int | None:
        """Like :meth:`number`, as a whole number."""
        value = self.number(*keys)
        return None if value is None else round(value)

    def flag(self, *keys: str) -> bool | None:
        """The truth value at the first of ``keys`` that has one."""
        return next((value for key in keys if isinstance(value := self[key].value, bool)), None)

    def text(self, *keys: str) -> str | None:
        """The text at the first of ``keys`` that has one; of this node itself without keys."""
        for found in [self[key] for key in keys] or [self]:
            if isinstance(found.value, str):
                return found.value
        return None

    def texts(self) -> tuple[str, ...]:
        """The texts of a list of texts."""
        return tuple(item.value for item in self.items() if isinstance(item.value, str))

    def counts(self) -> tuple[tuple[str, int], ...]:
        """The whole numbers of a mapping from names, in its order."""
        return tuple((key, value) for key, item in self.pairs() if (value := item.count()) is not None)


def read(run: RunFolder, name: str) -> Node:
    """The document called ``name``; an empty node when the run has none, or has it as null.

    Raises:
        RunStateError: when it is there and is not JSON.
    """
    if not run.file(name).is_file():
        return Node()
    document = run.read_json(name)
    if not isinstance(document, (dict, list)) and document is not None:
        raise RunStateError(f"{run.file(name)}: holds {type(document).__name__}, not a document; run again")
    return Node(document)
