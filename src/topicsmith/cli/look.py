"""``topicsmith look``: what logs are taken for, before anything is built on them."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Annotated

import typer
import yaml

from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson
from topicsmith.progress import plain
from topicsmith.traces.look import FILES, ROWS, Look
from topicsmith.traces.look import look as look_at
from topicsmith.yaml_loaders import PlainDumper

_SHOWN = 160


@dataclass(frozen=True, kw_only=True)
class LookDocument(JsonDocument):
    """``look``: what a sample of the logs holds."""

    found: Look


def look(
    path: Annotated[Path, typer.Argument(help="Logs: a file, a folder, or a glob in quotes.")],
    as_json: AsJson = False,
) -> None:
    """Look at logs before trusting them.

    Says what each file is taken for and why, who speaks, the first questions with where each comes from, what would
    give none and why, and what to write under 'traces' in the project file. A bounded sample is read, whatever the
    size.
    """
    found = look_at(path)
    if as_json:
        show(LookDocument(command="look", found=found))
        return
    sys.stdout.write("".join(f"{line}\n" for line in _lines(found)))


def _lines(found: Look) -> Iterator[str]:
    for file in found.files:
        many = f"{file.rows:,} row{'s' if file.rows != 1 else ''}"
        much = many if file.whole else f"the first {many}"
        yield f"{plain(file.name)}: {file.format}, as it {plain(_why(file.why))} ({much})"
    if found.unseen_files:
        yield f"and {found.unseen_files:,} more files, not looked into (the first {FILES} are)"
    if any(not file.whole for file in found.files):
        yield f"Of each file the first {ROWS:,} rows are looked at: all that follows is of this sample."
    speak = ", ".join(f"{plain(role)[:40]} {count:,}" for role, count in found.roles.items())
    yield f"\n{found.conversations:,} conversation{'s' if found.conversations != 1 else ''}" + (
        f"; messages by who speaks: {speak}" if speak else ""
    )
    yield "\nThe first questions" if found.questions else "\nNo question was found."
    for question in found.questions:
        text = " ".join(plain(question.text).split())
        short = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
        inside = f", inside a template: {plain(question.template)}" if question.template else ""
        yield f"  {short}\n    {plain(question.where)}{inside}"
    if found.unwrapped:
        named = ", ".join(f"{plain(name)} ({count:,})" for name, count in found.unwrapped.items())
        yield f"\nTemplates that would be taken off: {named}; 'unwrap: none' keeps them"
    if found.lost:
        yield "\nWhat would give no question"
    for lost in found.lost:
        detail = f": {plain(lost.detail)}" if lost.detail else ""
        yield f"  {lost.count:,} {lost.reason}; the first is {plain(lost.where)}{detail}"
    yield "\nFor the project file"
    written = yaml.dump(dict(found.settings), Dumper=PlainDumper, sort_keys=False, allow_unicode=True, width=1000)
    yield "traces:\n" + indent(written, "  ").rstrip()
    if found.several_shapes:
        yield "# of the first file; the others have other columns, so give them a project of their own"


def _why(why: str) -> str:
    """The reason as the end of a sentence that begins with the file."""
    _, mark, rest = why.partition(" is a table whose ")
    return f"is a table whose {rest}" if mark else why
