"""What differs between two taxonomies: records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

ChangeKind = Literal["added", "renamed", "merged", "split", "removed", "reworded", "reordered"]

OpenRows = Literal["none", "unplaced", "all"]
"""Rows that a new topic could take that says nothing of its own: none, those without a topic of their own, or all."""


@dataclass(frozen=True)
class TopicChange:
    """One change: the topics ``before`` and ``after`` it, by name.

    ``of`` is the topic (by its name after) whose subtopics they are, or empty; ``detail`` says what of a topic was
    reworded, or how many were moved.
    """

    kind: ChangeKind
    before: tuple[str, ...]
    after: tuple[str, ...]
    of: str = ""
    detail: str = ""

    @property
    def line(self) -> str:
        """The change in a few words."""
        return f"{self.kind:<10}{_WORDS[self.kind](self)}{f' (subtopics of {_quoted((self.of,))})' if self.of else ''}"


@dataclass(frozen=True)
class RenameProposal:
    """A topic that is gone and a new one that may be the same under another name, and ``why``; nothing assumes it."""

    before: str
    after: str
    why: str

    @property
    def line(self) -> str:
        """The proposal, with what to write if it is right."""
        return (
            f"'{self.before}' is gone and '{self.after}' is new, {self.why}: if it was only renamed, write "
            f"'was: {self.before}' under '{self.after}', and its rows are carried over"
        )


@dataclass(frozen=True)
class TaxonomyDiff:
    """How one taxonomy became another.

    ``names`` has, for every topic before, the topic that it is now, or ``None``; ``subtopics`` the same inside topics
    that go on, by the topic's name before. ``put_up`` are topics before whose rows have to be looked at again, with
    the reason; ``open_rows`` says which others a new topic could take. ``catch_all`` is the catch-all before.
    """

    changes: tuple[TopicChange, ...]
    names: Mapping[str, str | None]
    subtopics: Mapping[str, Mapping[str, str]]
    put_up: Mapping[str, str]
    open_rows: OpenRows = "none"
    open_reason: str = ""
    catch_all: str | None = None
    proposals: tuple[RenameProposal, ...] = ()

    @property
    def carries_all(self) -> bool:
        """Whether no row has to be looked at again: topics were renamed, merged or moved, if anything."""
        return not self.put_up and self.open_rows == "none"

    def topic_now(self, topic: str, subtopic: str | None) -> tuple[str | None, str | None]:
        """Today's names of a topic and a subtopic of before; ``None`` for what is no more."""
        now = self.names.get(topic)
        inner = self.subtopics.get(topic, {})
        return now, None if now is None or subtopic is None else inner.get(subtopic)


def _quoted(names: tuple[str, ...]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:10])
    return f"{shown} and {len(names) - 10:,} more" if len(names) > 10 else shown


_WORDS: Mapping[ChangeKind, Callable[[TopicChange], str]] = {
    "added": lambda c: _quoted(c.after),
    "renamed": lambda c: f"{_quoted(c.before)} to {_quoted(c.after)}",
    "merged": lambda c: f"{_quoted(c.before)} into {_quoted(c.after)}",
    "split": lambda c: f"{_quoted(c.before)} into {_quoted(c.after)}",
    "removed": lambda c: _quoted(c.before) + (f" ({c.detail})" if c.detail else ""),
    "reworded": lambda c: f"{_quoted(c.after)}: {c.detail}",
    "reordered": lambda c: c.detail,
}
