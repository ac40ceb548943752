"""``proposals.yaml``: the proposals of a discovery as a person reads and edits them, written and read back."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from topicsmith.advice.wording import interval_text, percent
from topicsmith.discovery.records import Discovery, Proposal, ProposalKind
from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy_changes.yaml_pieces import flow
from topicsmith.yaml_file import Document, explain, read_document

KIND_TITLES: dict[ProposalKind, str] = {
    "new": "a topic of its own",
    "subtopic": "a subtopic",
    "widen": "examples that a topic lacks",
    "merge": "topics as one",
    "split": "a topic as several",
}
EXAMPLES = 10
"""Examples of a proposal in the file."""
_WRITTEN = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ProposedPart(_Entry):
    """A part of a topic that is to be split, as it stands in the file."""

    name: _Name
    description: str = ""
    rows: int = 0
    terms: list[str] = []
    examples: list[str] = []


def _quoted_switch(value: object) -> object:
    """A yes or no that somebody put in quotes."""
    return _WRITTEN.get(value.strip().lower(), value) if isinstance(value, str) else value


class ProposedEntry(_Entry):
    """A proposal as it stands in the file; ``rows`` and ``terms`` are there to be read.

    ``sources`` (``from`` in the file) are topics some of whose rows a new topic may have.
    """

    id: int
    accept: Annotated[bool, BeforeValidator(_quoted_switch)] = False
    kind: ProposalKind
    name: _Name
    description: str = ""
    topics: list[_Name] = []
    sources: list[_Name] | None = Field(default=None, alias="from")
    rows: int = 0
    terms: list[str] = []
    examples: list[str] = []
    parts: list[ProposedPart] = []


class _File(_Entry):
    discovery: str
    taxonomy: str = ""
    proposals: list[ProposedEntry]


@dataclass(frozen=True)
class MarkedProposal:
    """A proposal in the file: ``place`` is where it stands, ``file:line``, ``accept`` whether it is to be taken."""

    entry: ProposedEntry
    place: str
    accept: bool = field(default=False)


def read_proposals(path: Path, digest: str) -> tuple[MarkedProposal, ...]:
    """The proposals in the file, which has to be of the discovery with that ``digest``.

    Raises:
        TaxonomyError: naming file, line and cure.
    """
    document = read_document(path, TaxonomyError)
    try:
        found = _File.model_validate(document.value)
    except ValidationError as invalid:
        raise explain(invalid, document, _File, TaxonomyError) from None
    if found.discovery != digest:
        raise TaxonomyError(
            f"{path}:{document.line(('discovery',))}: is of the discovery '{found.discovery}', and beside it lies "
            f"'{digest}'; take the file that lies beside its discovery.json"
        )
    seen: dict[int, str] = {}
    marked = []
    for index, entry in enumerate(found.proposals):
        place = f"{path}:{document.line(('proposals', index))}"
        if entry.id in seen:
            raise TaxonomyError(f"{place}: the proposal {entry.id} stands in {seen[entry.id]} already; remove one")
        seen[entry.id] = place
        _check_shape(entry, document, ("proposals", index))
        marked.append(MarkedProposal(entry, place, entry.accept))
    return tuple(marked)


_TOPICS: dict[ProposalKind, tuple[int, int, str]] = {
    "new": (0, 0, "no topic; leave out 'topics'"),
    "subtopic": (1, 1, "one topic; name the one that it is a part of"),
    "widen": (1, 1, "one topic; name the one whose examples it has"),
    "merge": (1, 1000, "topics; name those that are to be one"),
    "split": (1, 1, "one topic; name the one that is to be divided"),
}


def _check_shape(entry: ProposedEntry, document: Document, at: tuple[str | int, ...]) -> None:
    """Whether an entry has what its kind needs.

    Raises:
        TaxonomyError: naming the line and the cure.
    """
    least, most, what = _TOPICS[entry.kind]
    if not least <= len(entry.topics) <= most:
        line = document.line((*at, "topics"))
        raise TaxonomyError(f"{document.path}:{line}: 'topics' has {len(entry.topics)}; '{entry.kind}' is about {what}")
    if entry.kind == "split" and len(entry.parts) < 2:
        line = document.line((*at, "parts"))
        raise TaxonomyError(f"{document.path}:{line}: 'parts' has {len(entry.parts)}; a split needs two or more")


def written(discovery: Discovery, digest: str, path: Path) -> str:
    """The file of a discovery, with its numbers as comments; ``path`` is where it will lie."""
    shown = "".join(char if char.isprintable() else " " for char in shlex.quote(str(path)))
    head = [
        *_comments(
            f"Proposals for the topics, found in {discovery.looked_at:,} of {discovery.rows:,} rows of "
            f"{discovery.source} that no topic seems to cover. Nothing is done by itself."
        ),
        "#",
        "# To take one, write 'accept: yes', and change its name, description and examples as you like. Then:",
        f"#     topicsmith accept {shown}           # shows what would change in the topics",
        f"#     topicsmith accept {shown} --write   # changes them",
        "# 'from: [a topic]' under a new one says whose rows may be its own, by default the catch-all's. 'rows',",
        "# 'terms' and comments are there to be read.",
        "#",
        *[line for sentence in trust(discovery) for line in _comments(sentence)],
        f"discovery: {flow(digest)}",
        f"taxonomy: {flow(discovery.taxonomy)}",
        "proposals:" if discovery.proposals else "proposals: []",
    ]
    lines = [line for proposal in discovery.proposals for line in _entry(proposal)]
    return "\n".join([*head, *lines]) + "\n"


def trust(discovery: Discovery) -> list[str]:
    """How far the proposals are to be trusted, in sentences."""
    if discovery.precision is None or discovery.found is None:
        said = (
            "Too few topics are known to try how often proposals are right (eight with rows of their own are needed): "
            "look at each with care."
        )
    else:
        said = (
            f"When known topics were hidden and looked for, {interval_text(discovery.precision)} of the proposals of a "
            f"new topic were one of them, and {interval_text(discovery.found)} of them were found."
        )
    return [said, *discovery.notes]


def figures(proposal: Proposal) -> list[str]:
    """What the numbers of a proposal are, in words."""
    found = [f"{proposal.rows:,} rows", f"cohesion {proposal.cohesion:.2f}"]
    if proposal.stability is not None:
        found.append(f"stability {proposal.stability:.2f}")
    found.append(f"{percent(proposal.unfamiliar)} of them unfamiliar")
    if proposal.nearest is not None:
        cosine = "" if proposal.nearest_cosine is None else f" ({proposal.nearest_cosine:.2f})"
        found.append(f"nearest topic '{proposal.nearest}'{cosine}")
    return found


def checked_name(proposal: Proposal) -> str:
    """How the name was checked, as a sentence; empty where it was not."""
    check = proposal.check
    if check is None:
        return ""
    return (
        f"{check.annotator} gave the name to {interval_text(check.members)} of {check.members.n:,} rows of it and to "
        f"{interval_text(check.others)} of {check.others.n:,} others that it had not seen"
    )


def _entry(proposal: Proposal) -> list[str]:
    named = "named by its terms" if proposal.named_by == "terms" else f"named by {proposal.named_by}"
    remarks = [
        f"{proposal.id}. {KIND_TITLES[proposal.kind]}: {', '.join(figures(proposal))}; {named}",
        proposal.evidence,
        checked_name(proposal),
    ]
    lines = ["", *(line for remark in remarks if remark for line in _comments(remark))]
    keys = [
        f"- id: {proposal.id}",
        "accept: no",
        f"kind: {proposal.kind}",
        f"name: {flow(proposal.name)}",
        f"description: {flow(proposal.description)}",
        f"topics: {flow(list(proposal.topics))}",
        f"rows: {proposal.rows}",
        f"terms: {flow(list(proposal.terms))}",
        *_texts("examples", proposal.examples, "  "),
    ]
    if proposal.parts:
        keys.append("parts:")
    for part in proposal.parts:
        keys += [
            f"- name: {flow(part.name)}",
            f"  description: {flow(part.description)}",
            f"  rows: {part.rows}",
            f"  terms: {flow(list(part.terms))}",
            *_texts("  examples", part.examples, "    "),
        ]
    return [*lines, keys[0], *(f"  {key}" for key in keys[1:])]


def _texts(key: str, texts: Sequence[str], indent: str) -> list[str]:
    """A list of texts, one a line."""
    shown = texts[:EXAMPLES]
    return [f"{key}: []"] if not shown else [f"{key}:", *(f"{indent[2:]}- {flow(text)}" for text in shown)]


_WIDTH = 118


def _comments(text: str) -> list[str]:
    """``text`` as comment lines: whatever could end a comment, or may not stand in YAML, is a blank."""
    words = "".join(char if char.isprintable() else " " for char in text).split()
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= _WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(f"# {word}")
    return lines
