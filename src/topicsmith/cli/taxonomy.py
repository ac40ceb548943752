"""``topicsmith taxonomy``: what changed in the topics, every version of them, and edits."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson, ProjectPath
from topicsmith.errors import ProjectError
from topicsmith.labels.carry_over.effects import EditEffects
from topicsmith.labels.carry_over.wording_sample import WordingSample
from topicsmith.progress import plain
from topicsmith.stages.taxonomy_edit import AppliedEdit, TopicsOfProject, apply, apply_as_it_is
from topicsmith.taxonomy_changes.changes import RenameProposal, TaxonomyDiff, TopicChange
from topicsmith.taxonomy_changes.history import TaxonomyVersion

ACTIONS = ("log", "diff", "apply")


@dataclass(frozen=True)
class VersionLine:
    """One version: its number, when it was first seen, by what, and what changed."""

    version: int
    digest: str
    time: str
    by: str
    topics: int
    changes: tuple[TopicChange, ...]
    same_meaning: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TaxonomyLogDocument(JsonDocument):
    """``taxonomy log``: every version, oldest first; ``unrecorded`` when the file has changed since the last one."""

    history: str
    versions: tuple[VersionLine, ...]
    unrecorded: bool


@dataclass(frozen=True, kw_only=True)
class TaxonomyDiffDocument(JsonDocument):
    """``taxonomy diff``: what changed, renames to be confirmed, and what becomes of labelled rows.

    ``effects`` is null where the newer side is not today's or there is no run; ``sample`` where none was asked for.
    """

    before: str
    after: str
    changes: tuple[TopicChange, ...]
    proposals: tuple[RenameProposal, ...]
    effects: EditEffects | None
    sample: WordingSample | None


@dataclass(frozen=True, kw_only=True)
class TaxonomyApplyDocument(JsonDocument):
    """``taxonomy apply``: the changes, and the version that they made where they were ``written``."""

    file: str
    written: bool
    version: int | None
    already: tuple[str, ...]
    changes: tuple[TopicChange, ...]
    effects: EditEffects | None


def taxonomy(
    action: Annotated[str, typer.Argument(help="log, diff [OLD [NEW]], or apply [EDITS.yaml].")] = "log",
    first: Annotated[
        str | None,
        typer.Argument(help="diff: the older side, by default the last version; apply: edits.", show_default=False),
    ] = None,
    second: Annotated[
        str | None, typer.Argument(help="diff: the newer side, by default the file as it is now.", show_default=False)
    ] = None,
    project: ProjectPath = Path(),
    sample: Annotated[
        int | None,
        typer.Option("--sample", min=1, help="diff: ask the annotators about this many rows under the new topics."),
    ] = None,
    same_meaning: Annotated[
        list[str] | None,
        typer.Option("--same-meaning", help="apply: a topic worded anew that means what it meant; may be repeated."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="apply: write the taxonomy file; without it nothing is changed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what changed in the topics, list their versions, or apply edits to them.

    A side of a diff is the number or the digest of a version, or a taxonomy file. Every version is kept in a file
    beside the taxonomy's, to which 'run' adds. 'apply' without EDITS records the file as it is. The taxonomy file is
    written by 'apply --write' alone.
    """
    _check(action, first, second, sample, same_meaning, write)
    topics = TopicsOfProject(project)
    if action == "log":
        _log(topics, as_json)
    elif action == "diff":
        _diff(topics, first, second, sample, as_json)
    else:
        meant = tuple(same_meaning or ())
        done = apply_as_it_is(topics, meant, write) if first is None else apply(topics, Path(first), meant, write)
        _applied(topics, done, as_json)


def _check(
    action: str,
    first: str | None,
    second: str | None,
    sample: int | None,
    same_meaning: Sequence[str] | None,
    write: bool,
) -> None:
    """Whether the arguments fit the action.

    Raises:
        ProjectError: when they do not.
    """
    if action not in ACTIONS:
        raise ProjectError(f"'{action}': no such action; the actions are {', '.join(ACTIONS)}")
    misplaced = {
        f"'{first}'": action == "log" and first is not None,
        f"'{second}'": action != "diff" and second is not None,
        "--sample": action != "diff" and sample is not None,
        "--same-meaning": action != "apply" and bool(same_meaning),
        "--write": action != "apply" and write,
    }
    for what, wrong in misplaced.items():
        if wrong:
            raise ProjectError(f"'taxonomy {action}' takes no {what}; see 'topicsmith taxonomy --help'")


def _tell(lines: Sequence[str]) -> None:
    sys.stdout.write(plain("\n".join(lines)) + "\n")


def _log(topics: TopicsOfProject, as_json: bool) -> None:
    versions = topics.versions
    unrecorded = not versions or versions[-1].digest != topics.now.version_digest
    if as_json:
        found = tuple(_version(each) for each in versions)
        show(
            TaxonomyLogDocument(command="taxonomy", history=str(topics.history), versions=found, unrecorded=unrecorded)
        )
        return
    lines = []
    for each in versions:
        by = " by 'taxonomy apply'" if each.by == "apply" else ""
        lines.append(f"{each.name}  {each.time}  {len(each.taxonomy.topics):,} topics{by}")
        lines += [f"  {change.line}" for change in each.changes]
    if not versions:
        lines = [
            f"{topics.history}: there is no version yet; 'topicsmith run' or 'taxonomy apply --write' keeps the first"
        ]
    elif unrecorded:
        lines.append(f"{topics.file} has changed since; 'topicsmith taxonomy diff' says how")
    _tell(lines)


def _version(each: TaxonomyVersion) -> VersionLine:
    return VersionLine(
        each.number, each.digest, each.time, each.by, len(each.taxonomy.topics), each.changes, each.same_meaning
    )


def _diff(topics: TopicsOfProject, first: str | None, second: str | None, sample: int | None, as_json: bool) -> None:
    before, after = topics.side(first, "last"), topics.side(second, "now")
    diff = topics.between(before.taxonomy, after.taxonomy)
    is_now = after.taxonomy == topics.now
    if sample is not None and not is_now:
        raise ProjectError("--sample asks under the topics as they are now; leave out the newer side")
    effects = topics.effects(after.taxonomy) if is_now else None
    asked = topics.sample(sample) if sample is not None else None
    if as_json:
        show(
            TaxonomyDiffDocument(
                command="taxonomy", before=before.name, after=after.name, changes=diff.changes,
                proposals=diff.proposals, effects=effects, sample=asked,
            )
        )  # fmt: skip
        return
    lines = [f"{before.name} -> {after.name}", *_changes(diff)]
    if effects is not None and (diff.changes or effects.put_up):
        lines += effects.lines
    if asked is not None:
        lines += asked.lines
        reworded = [change.after[0] for change in diff.changes if change.kind == "reworded" and not change.of]
        if asked.rows and any(each.rows for each in asked.answers) and not asked.altered and reworded:
            means = " ".join(f"--same-meaning '{name}'" for name in reworded)
            lines.append(f"to carry these rows over unasked: topicsmith taxonomy apply {means} --write")
    _tell(lines)


def _changes(diff: TaxonomyDiff) -> list[str]:
    shown = [change.line for change in diff.changes] or ["no topic changed"]
    return [*shown, *(f"note: {proposal.line}" for proposal in diff.proposals)]


def _applied(topics: TopicsOfProject, done: AppliedEdit, as_json: bool) -> None:
    if as_json:
        show(
            TaxonomyApplyDocument(
                command="taxonomy", file=str(topics.file), written=done.written, version=done.version,
                already=done.already, changes=done.diff.changes, effects=done.effects,
            )
        )  # fmt: skip
        return
    for line in done.already:
        sys.stderr.write(plain(line) + "\n")
    if done.nothing:
        sys.stderr.write(plain(f"{topics.file}: {done.nothing}; nothing to do") + "\n")
        return
    lines = [*_changes(done.diff), *(done.effects.lines if done.effects else []), *done.text_diff]
    _tell(lines)
    said = f"is version {done.version} now" if done.written else "is not changed; add '--write' to write it"
    sys.stderr.write(plain(f"{topics.file}: {said}") + "\n")
