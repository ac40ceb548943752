"""Asking for the name of every group at once, and what proposals become by the answers."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

from topicsmith.discovery.names.prompt import TextGroup, naming_request, split_members
from topicsmith.discovery.names.reply import NameReply, UnusableReply, read_name
from topicsmith.discovery.names.result import NamingRemark
from topicsmith.discovery.records import Proposal
from topicsmith.errors import BudgetSpentError, CredentialsError, UpstreamError, first_line
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.annotators.llm import ConnectedModel
from topicsmith.llm.requests.answer_room import AnswerRoom
from topicsmith.llm.requests.engine import ask_all
from topicsmith.llm.requests.types import Ask, AskOutcome
from topicsmith.llm.types import Answer, ChatRequest
from topicsmith.taxonomy import Taxonomy, normalise

STOPS = (BudgetSpentError, UpstreamError, CredentialsError)
"""What ends the asking and leaves the proposals as they are; a full disk or a mistake of ours is raised."""


class NameAnswers:
    """The answers of one annotator, by group; what is refused leaves a remark.

    Attributes:
        remarks: why groups have no name.
        stopped: what ended the asking early.
    """

    def __init__(self, annotator: str, taxonomy: Taxonomy | None, groups: Sequence[TextGroup]) -> None:
        """Ask for the names of ``groups``, beside the topics of ``taxonomy``."""
        self.remarks: list[NamingRemark] = []
        self.stopped = ""
        self._annotator = annotator
        self._taxonomy = taxonomy
        self._groups = {group.id: group for group in groups}
        self._replies: dict[str, NameReply] = {}

    def ask(self, connected: ConnectedModel, context: AnnotatorContext, members: Mapping[int, Sequence[str]]) -> None:
        """Ask for the name of every group."""
        engine = replace(connected.engine, follow_up=partial(self._follow_up, connected.room))
        groups = list(self._groups.values())
        asks = (Ask(each.id, self._request(connected, each, members)) for each in groups if texts_of(each, members))
        silent = {each.id for each in groups if not texts_of(each, members)}
        asked = set(silent)
        for each in silent:
            self._refuse(self._groups[each], "it has no texts to show")
        try:
            with (
                context.progress.task("naming proposals", len(groups), "answers") as task,
                closing(ask_all(asks, connected.provider, context.ledger, engine)) as outcomes,
            ):
                for outcome in outcomes:
                    asked.add(outcome.id)
                    self._take(outcome)
                    task.advance(usd=sum(paid.answer.usage.cost_usd or 0.0 for paid in outcome.answers))
        except STOPS as error:
            self.stopped = first_line(error)
        for group in groups:
            if group.id not in asked:
                self._refuse(group, f"it was not asked about: {self.stopped}")

    def _request(
        self, connected: ConnectedModel, group: TextGroup, members: Mapping[int, Sequence[str]]
    ) -> ChatRequest:
        shown = split_members(texts_of(group, members))
        beside = list(self._groups.values())
        return naming_request(connected.model, connected.shape, group, shown, beside, self._taxonomy)

    def _follow_up(
        self, room: AnswerRoom, request: ChatRequest, answer: Answer, asked_before: int
    ) -> ChatRequest | None:
        """One more try for an answer that was cut off (with more room) or that cannot be used (as it was)."""
        read = read_name(answer, self._taxonomy)
        if isinstance(read, NameReply) or read.again is None:
            return None
        if read.again == "more_room":
            return room.more(request, answer, asked_before)
        return request if asked_before == 0 else None

    def _take(self, outcome: AskOutcome) -> None:
        group = self._groups[outcome.id]
        reads = [read_name(paid.answer, self._taxonomy) for paid in outcome.answers]
        usable = [read for read in reads if isinstance(read, NameReply)]
        if usable:
            reply = usable[-1]
            if group.part is not None and (reply.not_a_topic or reply.same_as is not None):
                said = "no topic" if reply.not_a_topic else f"'{reply.same_as}', which exists"
                self._refuse(group, f"it answers that this part is {said}")
            elif subtopic := self._subtopic(group, reply):
                self._refuse(group, f"it answers '{subtopic}', a subtopic that exists")
            else:
                self._replies[group.id] = reply
        elif reads:
            self._refuse(group, next(read.reason for read in reversed(reads) if isinstance(read, UnusableReply)))
        else:
            failure = outcome.failure
            self._refuse(group, f"the service failed: {first_line(failure) if failure else 'no answer'}")

    def _subtopic(self, group: TextGroup, reply: NameReply) -> str | None:
        """The subtopic that a group which is to be a new one is said to be."""
        if group.proposal.kind != "subtopic" or self._taxonomy is None or not reply.is_name:
            return None
        found = [self._taxonomy.match_subtopic(topic, reply.name) for topic in group.proposal.topics]
        return next((each for each in found if each is not None), None)

    def _refuse(self, group: TextGroup, reason: str) -> None:
        self.remarks.append(NamingRemark(group.proposal.id, group.part, "name", reason))

    def keep_names_apart(self) -> None:
        """Refuse names that another group has, by terms or by an answer before."""
        twice = self._twice()
        while twice is not None:
            group, other = twice
            name = self._replies.pop(group.id).name
            part = "" if other.part is None else f", part {other.part + 1}"
            self._refuse(group, f"it answers '{name}', which is the name of proposal {other.proposal.id}{part}")
            twice = self._twice()

    def _twice(self) -> tuple[TextGroup, TextGroup] | None:
        """The first group with a new name that another group has, and that group."""
        new = {each: normalise(reply.name) for each, reply in self._replies.items() if reply.is_name}
        of = {normalise(group.own.name): group for group in self._groups.values() if group.id not in self._replies}
        for group in self._groups.values():
            if group.id in new and (other := of.setdefault(new[group.id], group)) is not group:
                return group, other
        return None

    def says_no_topic(self, proposal: Proposal) -> bool:
        """Whether the annotator takes ``proposal`` for no topic."""
        reply = self._replies.get(TextGroup(proposal).id)
        return reply is not None and reply.not_a_topic

    def applied(self, proposal: Proposal) -> Proposal:
        """``proposal`` with what was said of it, and of its parts."""
        reply = self._replies.get(TextGroup(proposal).id)
        if reply is None:
            return self._with_parts(proposal)
        if reply.not_a_topic:
            said = f"{self._annotator} takes it for no topic" + (f": {reply.description}" if reply.description else "")
            return replace(proposal, evidence=_and(proposal.evidence, said))
        if reply.same_as is not None:
            said = f"{self._annotator} takes it for the topic '{reply.same_as}'"
            return replace(
                proposal, kind="widen", name=reply.same_as, description="", topics=(reply.same_as,),
                evidence=_and(proposal.evidence, said), named_by=self._annotator,
            )  # fmt: skip
        return replace(proposal, name=reply.name, description=reply.description, named_by=self._annotator)

    def _with_parts(self, proposal: Proposal) -> Proposal:
        said = [self._replies.get(TextGroup(proposal, at).id) for at in range(len(proposal.parts))]
        if not any(said):
            return proposal
        parts = [
            part if reply is None else replace(part, name=reply.name, description=reply.description)
            for part, reply in zip(proposal.parts, said, strict=True)
        ]
        return replace(proposal, parts=tuple(parts), named_by=self._annotator)

    @property
    def named(self) -> frozenset[int]:
        """The proposals with a new name for the whole of them."""
        return frozenset(
            self._groups[id_].proposal.id
            for id_, reply in self._replies.items()
            if reply.is_name and self._groups[id_].part is None
        )


def texts_of(group: TextGroup, members: Mapping[int, Sequence[str]]) -> list[str]:
    """The texts that a question about ``group`` may show: its members, or what examples stand with it."""
    texts = group.own.examples if group.part is not None else members.get(group.proposal.id) or group.own.examples
    return [text for text in texts if text.strip()]


def _and(evidence: str, said: str) -> str:
    return f"{evidence.rstrip('. ')}; {said}" if evidence.strip() else said
