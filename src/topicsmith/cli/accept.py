"""``topicsmith accept``: proposals of a discovery become edits of the topics."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.advice.wording import interval_text
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson
from topicsmith.discovery.accepting.accept import Acceptance, AcceptedProposal, Choosing, find_discovery
from topicsmith.discovery.accepting.accept import accept as accept_proposals
from topicsmith.discovery.accepting.edits import MOST_EXAMPLES
from topicsmith.discovery.accepting.reassign import OldTopicsCost, Reassignment, TopicRows
from topicsmith.errors import ProjectError
from topicsmith.labels.carry_over.effects import EditEffects
from topicsmith.progress import plain
from topicsmith.stages.taxonomy_edit import TopicsOfProject
from topicsmith.taxonomy_changes.changes import TopicChange


@dataclass(frozen=True, kw_only=True)
class AcceptDocument(JsonDocument):
    """``accept``: the proposals taken, the changes they are, and what these do to the rows of the run.

    ``proposals`` and ``topics`` are the two files; ``version`` is that of the topics where they were ``written``;
    ``reassigned`` is null where nothing changes or there is no run.
    """

    proposals: str
    topics: str
    written: bool
    version: int | None
    accepted: tuple[AcceptedProposal, ...]
    already: tuple[str, ...]
    changes: tuple[TopicChange, ...]
    effects: EditEffects | None
    reassigned: Reassignment | None
    notes: tuple[str, ...]


def accept(
    place: Annotated[
        Path, typer.Argument(help="A proposals.yaml, the folder it lies in, a run, or a project for its latest run.")
    ] = Path(),
    every: Annotated[bool, typer.Option("--all", help="Take every proposal, whatever is marked.")] = False,
    only: Annotated[
        str | None, typer.Option("--only", help="Take these, whatever is marked: numbers with commas, such as 1,4.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Do it; without it nothing is changed.")] = False,
    candidate: Annotated[
        str | None,
        typer.Option("--candidate", help="Who answers the run's rows before and after; by default what it deploys."),
    ] = None,
    examples: Annotated[
        int, typer.Option("--examples", min=0, max=1000, help="The most examples that a topic gets.")
    ] = MOST_EXAMPLES,
    project: Annotated[
        Path | None,
        typer.Option("--project", "-p", help="The project whose topics they are; by default that of the run."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make proposals edits of the topics, and say what that does to the rows of the run.

    Taken is what is marked 'accept: yes' in proposals.yaml. The topics' file is changed as 'taxonomy apply' does.
    Where the run's classifier compares rows with topics (kind: similarity), all rows are answered by the topics before
    and after, without training: the rows of each topic, and what it costs the old topics.
    """
    found_at = find_discovery(place)
    topics = TopicsOfProject(project if project is not None else found_at.project)
    done = accept_proposals(
        found_at, topics, Choosing(every, _numbers(only)), write=write, candidate=candidate, examples=examples
    )
    if as_json:
        show(_document(topics, done))
    else:
        _tell(topics, done)


def _numbers(only: str | None) -> tuple[int, ...]:
    parts = [] if only is None else [part.strip() for part in only.split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
        raise ProjectError(f"--only {only}: write the numbers of proposals with commas, such as 1,4")
    return tuple(int(part) for part in parts)


def _document(topics: TopicsOfProject, done: Acceptance) -> AcceptDocument:
    applied = done.applied
    return AcceptDocument(
        command="accept", proposals=str(done.file), topics=str(topics.file), written=applied.written,
        version=applied.version, accepted=done.accepted, already=applied.already, changes=applied.diff.changes,
        effects=applied.effects, reassigned=done.reassigned, notes=done.notes,
    )  # fmt: skip


def _tell(topics: TopicsOfProject, done: Acceptance) -> None:
    applied = done.applied
    talk = [*(f"note: {note}" for note in done.notes), *applied.already]
    lines = [f"{each.id:>3}  {each.kind:<9} '{each.name}', {each.rows:,} rows" for each in done.accepted]
    if not done.accepted and not applied.already:
        talk.append(
            f"{done.file}: none of {done.marked:,} proposals is marked 'accept: yes'; mark some, or name them with "
            "'--only 1,4'"
        )
    elif applied.nothing:
        talk.append(f"{topics.file}: {applied.nothing}; nothing to do")
    else:
        lines += ["", *(change.line for change in applied.diff.changes)]
        lines += applied.effects.lines if applied.effects else []
        lines += ["", *applied.text_diff]
        lines += _reassigned(done.reassigned)
        said = f"is version {applied.version} now" if applied.written else "is not changed; add '--write' to do it"
        talk.append(f"{topics.file}: {said}")
    if any(lines):
        sys.stdout.write(plain("\n".join(lines)) + "\n")
    sys.stderr.write(plain("\n".join(talk)) + "\n")


def _reassigned(found: Reassignment | None) -> list[str]:
    if found is None:
        return []
    if found.why_not:
        return ["", f"rows are not answered anew: {found.why_not}"]
    changed = [each for each in found.topics if each.came or each.left or each.before is None or each.after is None]
    width = max((len(each.topic) for each in changed), default=5)
    table = [f"{'topic':<{width}}  {'before':>7}  {'after':>7}  {'came':>6}  {'left':>6}"] if changed else []
    lines = [
        "",
        f"'{found.candidate}' answers {found.rows:,} rows by the topics before and after: {found.moved:,} change topic",
        *table,
        *(_row(each, width) for each in changed),
    ]
    return [*lines, *_cost(found.cost)]


def _row(each: TopicRows, width: int) -> str:
    before, after = ("–" if n is None else f"{n:,}" for n in (each.before, each.after))
    return f"{each.topic:<{width}}  {before:>7}  {after:>7}  {each.came:>6,}  {each.left:>6,}"


def _cost(cost: OldTopicsCost | None) -> list[str]:
    if cost is None:
        return ["what it costs the old topics is not known: no validation or test row of theirs has a known topic"]
    change = cost.difference
    right = f"right on {interval_text(cost.before)} before and {interval_text(cost.after)} after"
    apart = f"{100 * change.value:+.1f} points [{100 * change.low:+.1f}, {100 * change.high:+.1f}], 95 % and paired"
    lines = [
        f"old topics, on {cost.rows:,} validation and test rows whose topic is known: {right}",
        f"  {apart}; rows that truly belong to a new topic count as lost",
    ]
    if cost.divided:
        lines.append(f"  {cost.divided:,} rows of topics that are divided are left out: nobody has said whose they are")
    return lines
