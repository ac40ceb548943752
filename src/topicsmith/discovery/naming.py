"""Names and descriptions of proposals by a language model, checked against members that it has not seen.

The model is told which topics exist, so that a group that is one of them, or none, is said to be so; and which groups
lie beside it, so that names tell them apart. Answers are kept in the ledger and never paid for twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from topicsmith.discovery.names.answers import STOPS, NameAnswers
from topicsmith.discovery.names.check import check_name
from topicsmith.discovery.names.prompt import HELD, TextGroup, split_members
from topicsmith.discovery.names.result import NamingCost, NamingRemark, NamingResult
from topicsmith.discovery.records import NameCheck, Proposal
from topicsmith.errors import first_line
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.annotators.llm import connect
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.ledger.spending import total
from topicsmith.llm.requests.budget import Held
from topicsmith.progress import Progress, SilentProgress, Task
from topicsmith.taxonomy import Taxonomy, Topic

_NAMED = frozenset({"new", "subtopic"})
_NOBODY = Taxonomy((Topic("a"), Topic("b")))
"""Stands where an annotator's context wants topics and no text is sorted yet."""


@dataclass(frozen=True)
class Namer:
    """Who names: an annotator that is a language model (``provider:model``), and how it is asked.

    Of ``settings``, what they say of services, pace and budget holds. ``account`` is what the money counts towards
    (:func:`topicsmith.labels.run_ledger.discovery_account`).
    """

    annotator: str
    settings: LabelingSettings
    ledger: Path
    account: str = "discover"
    progress: Progress = field(default_factory=SilentProgress)

    @property
    def context(self) -> AnnotatorContext:
        """What annotators are given; everything asked in it shares one budget."""
        settings = self.settings.model_copy(update={"mode": "online"})
        progress = _SaysOnce(self.progress)
        return AnnotatorContext(_NOBODY, settings, self.ledger.parent, self.ledger, progress, Held(), self.account)


class _SaysOnce:
    """Says each line once: the same annotator is made anew for every name that it checks."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._said: set[str] = set()

    def task(self, title: str, total: int | None = None, unit: str = "rows") -> AbstractContextManager[Task]:
        return self._progress.task(title, total, unit)

    def say(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._progress.say(line)


def check_namer(namer: Namer) -> None:
    """Look whether the annotator can be asked, before anything is computed.

    Raises:
        UserError: when it is no language model, its key is missing, or a budget is set and its price unknown.
    """
    connect(namer.annotator, replace(namer.context, progress=SilentProgress()))


def naming_calls(
    proposals: Sequence[Proposal], members: Mapping[int, Sequence[str]], near_others: Mapping[int, Sequence[str]]
) -> int:
    """How many calls :func:`name_proposals` makes at most, when every answer can be used and none is in the ledger."""
    calls = 0
    for group in _groups(proposals):
        calls += 1
        if group.part is None:
            held, beside = _checked_with(group.proposal.id, members, near_others)
            calls += len(held) + len(beside) if held and beside else 0
    return calls


def name_proposals(
    proposals: Sequence[Proposal],
    members: Mapping[int, Sequence[str]],
    near_others: Mapping[int, Sequence[str]],
    taxonomy: Taxonomy | None,
    namer: Namer,
) -> NamingResult:
    """Ask the annotator for the name of each new topic and subtopic, and of each part of a topic to be split.

    Every answer is used or refused with a remark; a proposal whose answer was refused, or that was not asked about
    because the service failed or the budget is spent, keeps its name by terms. A group that is a topic which exists
    becomes the proposal to widen that one.

    Args:
        proposals: those that widen or merge topics are given back as they are.
        members: the texts of each proposal by its id, from its middle outwards.
        near_others: texts near each proposal that are not its members, by its id; without any, its name is not checked.
        taxonomy: the topics that exist; ``None`` where there are none yet.
        namer: who is asked.

    Raises:
        UserError: as :func:`check_namer`.
        StorageError: when the disk is full or failing.
    """
    context = namer.context
    connected = connect(namer.annotator, context)
    namer.ledger.parent.mkdir(parents=True, exist_ok=True)
    before = _paid(namer)
    naming = NameAnswers(namer.annotator, taxonomy, _groups(proposals))
    naming.ask(connected, context, members)
    naming.keep_names_apart()
    applied = [naming.applied(proposal) for proposal in proposals]
    found = tuple(_checked(naming, applied, context, members, near_others))
    no_topics = tuple(proposal.id for proposal in proposals if naming.says_no_topic(proposal))
    remarks = tuple(sorted(naming.remarks, key=lambda each: (each.proposal, each.part or 0)))
    return NamingResult(namer.annotator, found, no_topics, remarks, _paid(namer).less(before), naming.stopped)


def _checked(
    naming: NameAnswers,
    proposals: Sequence[Proposal],
    context: AnnotatorContext,
    members: Mapping[int, Sequence[str]],
    near_others: Mapping[int, Sequence[str]],
) -> Iterator[Proposal]:
    """``proposals``, the new names among them checked."""
    with context.progress.task("checking names", len(naming.named), "names") as task:
        for proposal in proposals:
            if proposal.id in naming.named:
                yield _with_check(naming, proposal, context, *_checked_with(proposal.id, members, near_others))
                task.advance()
            else:
                yield proposal


def _with_check(
    naming: NameAnswers, proposal: Proposal, context: AnnotatorContext, held: Sequence[str], beside: Sequence[str]
) -> Proposal:
    topic = Topic(proposal.name, proposal.description)
    said: NameCheck | str = ""
    if not naming.stopped:
        try:
            said = check_name(proposal.named_by, context, topic, held, beside)
        except STOPS as error:
            naming.stopped = first_line(error)
    if isinstance(said, NameCheck):
        return replace(proposal, check=said)
    reason = said or f"the name was not checked: {naming.stopped}"
    naming.remarks.append(NamingRemark(proposal.id, None, "check", reason))
    return proposal


def _groups(proposals: Sequence[Proposal]) -> list[TextGroup]:
    """What is to be named: new topics, subtopics, and the parts of topics to be split."""
    found = []
    for proposal in proposals:
        if proposal.kind in _NAMED:
            found.append(TextGroup(proposal))
        elif proposal.kind == "split":
            found += [TextGroup(proposal, at) for at in range(len(proposal.parts))]
    return found


def _checked_with(
    id_: int, members: Mapping[int, Sequence[str]], near_others: Mapping[int, Sequence[str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The members that the question does not show, and as many rows beside them."""
    own = set(members.get(id_, ()))
    beside = [text for text in dict.fromkeys(near_others.get(id_, ())) if text.strip() and text not in own]
    return split_members(members.get(id_, ())).held, tuple(beside[:HELD])


def _paid(namer: Namer) -> NamingCost:
    if not namer.ledger.exists():
        return NamingCost(0, 0, 0, 0.0, 0)
    with Ledger(namer.ledger) as ledger:
        sum_ = total([row for row in ledger.spending() if row.account == namer.account])
    return NamingCost(sum_.answers, sum_.input_tokens, sum_.output_tokens, sum_.usd, sum_.unpriced)
