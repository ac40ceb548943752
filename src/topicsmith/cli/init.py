"""``topicsmith init``: a project folder to begin with."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import indent
from typing import Annotated

import typer
import yaml

from topicsmith.atomic_files import write_bytes
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson, Quiet
from topicsmith.cli.streams import mention
from topicsmith.discovery.first_taxonomy import FirstTaxonomy, first_taxonomy
from topicsmith.disk_errors import disk_errors
from topicsmith.errors import ProjectError, StorageError
from topicsmith.progress import TerminalProgress, plain
from topicsmith.project import TraceSettings
from topicsmith.templates import read_template
from topicsmith.traces.files.sources import Source
from topicsmith.traces.files.suffixes import SUFFIXES
from topicsmith.traces.guess import GuessedTraces, guess_traces
from topicsmith.yaml_loaders import PlainDumper

GIVEN = frozenset({"topic", "subtopic"})
"""Keys under 'traces' that name columns with topics."""


@dataclass(frozen=True, kw_only=True)
class InitDocument(JsonDocument):
    """``init``: the files that were made."""

    project: str
    taxonomy: str
    data: str


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make, or existing logs: a file or a folder of them.")],
    logs: Annotated[
        Path | None, typer.Option("--from", help="Logs to write the project for: a file, folder or glob.")
    ] = None,
    discover: Annotated[
        bool, typer.Option("--discover", help="Propose topics for the logs, by what their questions have in common.")
    ] = False,
    encoder: Annotated[
        str, typer.Option("--encoder", help="--discover: the sentence encoder, as candidates name it.")
    ] = "minilm",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Make a project folder of your own.

    It holds topicsmith.yaml and taxonomy.yaml, with comments to guide you. With existing logs, the project is written
    for what they look like; where a column gives topics, these are the taxonomy. The logs stay where they are.
    """
    if logs is None:
        folder, logs = _told_apart(folder)
    for name in ("topicsmith.yaml", "taxonomy.yaml"):
        if (folder / name).exists():
            raise ProjectError(f"{folder / name}: already exists and was not changed; choose another folder")
    if discover and logs is None:
        raise ProjectError(f"{folder}: '--discover' needs logs; name them, as in 'topicsmith init LOGS --discover'")
    guessed = None if logs is None else guess_traces(logs)
    first = None
    if discover and logs is not None and guessed is not None:
        guessed = replace(guessed, columns={key: guessed.columns[key] for key in guessed.columns if key not in GIVEN})
        traces = TraceSettings.model_validate({"path": str(logs), **guessed.columns})
        first = first_taxonomy(traces, Path.cwd(), encoder, TerminalProgress(quiet))
    project, taxonomy, data = (folder / each for each in ("topicsmith.yaml", "taxonomy.yaml", "data"))
    _write(
        {
            taxonomy: _first_text(first) if first else _taxonomy_text(guessed),
            project: _project_text(folder, logs, guessed, given=first is None),
        }
    )
    if logs is None:
        with disk_errors(data):
            data.mkdir(exist_ok=True)
    if as_json:
        place = data if logs is None else logs
        show(InitDocument(command="init", project=str(project), taxonomy=str(taxonomy), data=str(place)))
        return
    mention(f"{project}\n")
    sys.stderr.write(_next_step(folder, data, guessed, first))


def _write(texts: Mapping[Path, str]) -> None:
    """Write all files or none: half a project would keep the next 'init' from making a whole one."""
    try:
        for path, text in texts.items():
            write_bytes(path, text.encode())
    except StorageError:
        for path in texts:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise


def _told_apart(path: Path) -> tuple[Path, Path | None]:
    """The folder to make, and the logs to make it for: ``path`` where it is or has logs, or those in its ``data``."""
    if (path / "data").is_dir():
        return path, path / "data" if _has_logs(path / "data") else None
    if path.is_file() or (path.is_dir() and not (path / "topicsmith.yaml").exists() and _has_logs(path)):
        return Path(f"{path.resolve().name.partition('.')[0]}-topics"), path
    return path, None


def _has_logs(folder: Path) -> bool:
    return any(Source(each, each.name, False).kind in SUFFIXES for each in folder.rglob("*") if each.is_file())


def _project_text(folder: Path, logs: Path | None, guessed: GuessedTraces | None, *, given: bool) -> str:
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in folder.resolve().name).strip("-_.") or "topics"
    text = read_template("topicsmith.yaml").replace("NAME", name)
    if logs is None or guessed is None:
        return text
    path = str(logs) if "://" in str(logs) else os.path.relpath(logs, folder)
    keys = yaml.dump({"path": path, **guessed.columns}, Dumper=PlainDumper, sort_keys=False, allow_unicode=True)
    before, _, rest = text.partition("traces:\n")
    _, _, after = rest.partition("\n  # sample:")
    text = f"{before}traces:\n  # {guessed.why}\n{indent(keys, '  ')}  # sample:{after}"
    return _given(text) if guessed.topics and given else text


def _given(text: str) -> str:
    """The project without annotators: its topics are given."""
    before, _, rest = text.partition("labeling:\n")
    _, _, after = rest.partition("\nsplit:")
    said = "# The data gives the topics; annotators under 'labeling' would be held against them."
    return f"{before}{said}\n\nsplit:{after}"


def _taxonomy_text(guessed: GuessedTraces | None) -> str:
    if guessed is None or not guessed.topics:
        return read_template("taxonomy.yaml")
    names = yaml.dump({"topics": list(guessed.topics)}, Dumper=PlainDumper, sort_keys=False, allow_unicode=True)
    said = "# The topics that the data gives, most frequent first; each may have a description and examples."
    return f"{said}\n{names}"


def _first_text(first: FirstTaxonomy) -> str:
    """The topics that were found, with their descriptions and examples; the catch-all last."""
    topics = []
    for topic in first.taxonomy.topics:
        entry: dict[str, object] = {"name": topic.name, "description": topic.description}
        if topic.name == first.taxonomy.catch_all:
            entry["catch_all"] = True
        topics.append({**entry, "examples": list(topic.examples)} if topic.examples else entry)
    names = yaml.safe_dump({"topics": topics}, sort_keys=False, allow_unicode=True, width=110)
    said = (
        "# Proposed by what questions have in common; nobody has judged them. Rename, merge and remove as you see fit."
    )
    return f"{said}\n{names}"


def _next_step(folder: Path, data: Path, guessed: GuessedTraces | None, first: FirstTaxonomy | None) -> str:
    if guessed is None:
        return f"Put your logs in {data}, name your topics in taxonomy.yaml, then: topicsmith run {folder}\n"
    shown = "".join(f"  {plain(' '.join(question.split()))[:100]}\n" for question in guessed.questions)
    asked = f"Users asked, for example:\n{shown}" if shown else ""
    if first is not None:
        topics = first.taxonomy.topics[:-1]
        told = "".join(f"  {plain(topic.name)}: {rows:,}\n" for topic, rows in zip(topics, first.rows, strict=True))
        asked = f"{asked}Of {first.looked_at:,} different questions these lie together:\n{told}"
    todo = "" if guessed.topics else "name your topics in taxonomy.yaml, then: "
    if first is not None:
        todo = "mend the topics in taxonomy.yaml (names, what belongs together), then: "
    return f"{plain(guessed.why)}.\n{asked}Look at {folder / 'topicsmith.yaml'}, {todo}topicsmith run {folder}\n"
