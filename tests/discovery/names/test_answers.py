"""What proposals become by answers is tested over HTTP in ``test_naming``; here is what that does not reach."""

from dataclasses import replace

from topicsmith.discovery.names.answers import NameAnswers, texts_of
from topicsmith.discovery.names.prompt import TextGroup
from topicsmith.discovery.records import Proposal, ProposalPart
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.requests.types import AskOutcome
from topicsmith.llm.types import Answer
from topicsmith.records import Usage

ONE = Proposal(1, "new", "A", "", (), 9, 0.5, None, 0.9, None, None, (), ("example",), "It lies apart")
SPLIT = replace(ONE, id=2, kind="split", topics=("T",), parts=(ProposalPart("P", 9, (), ("part text", " ")),))


def outcome(id_: str, *texts: str) -> AskOutcome:
    return AskOutcome(id_, tuple(Paid(Answer(text, "stop", Usage(), None), 0.1, 0.0) for text in texts), None, 1)


def test_the_texts_of_a_group_are_its_members_or_its_examples() -> None:
    assert texts_of(TextGroup(ONE), {1: ["member", ""]}) == ["member"]
    assert texts_of(TextGroup(ONE), {}) == ["example"]
    assert texts_of(TextGroup(SPLIT, 0), {2: ["member"]}) == ["part text"]


def test_the_last_answer_that_can_be_used_counts() -> None:
    answers = NameAnswers("x:m", None, [TextGroup(ONE)])
    answers._take(outcome("1", "?!", '{"name": "Second", "description": "d"}'))
    assert (answers.applied(ONE).name, answers.named) == ("Second", frozenset({1}))
    assert not answers.remarks


def test_the_last_reason_is_told_where_none_can() -> None:
    answers = NameAnswers("x:m", None, [TextGroup(ONE)])
    answers._take(outcome("1", "?!", '{"name": "", "description": "d"}'))
    assert answers.applied(ONE) == ONE
    assert [remark.reason for remark in answers.remarks] == ["it gives no name"]


def test_evidence_that_is_empty_or_ends_with_a_full_stop() -> None:
    answers = NameAnswers("x:m", None, [TextGroup(ONE)])
    answers._take(outcome("1", '{"not_a_topic": true}'))
    assert answers.says_no_topic(ONE)
    assert answers.applied(replace(ONE, evidence="")).evidence == "x:m takes it for no topic"
    assert answers.applied(replace(ONE, evidence="Far off. ")).evidence == "Far off; x:m takes it for no topic"


def test_a_part_is_never_another_topic_or_none() -> None:
    answers = NameAnswers("x:m", None, [TextGroup(SPLIT, 0)])
    answers._take(outcome("2/0", '{"not_a_topic": true}'))
    assert answers.applied(SPLIT) == SPLIT
    assert [(each.part, each.reason) for each in answers.remarks] == [(0, "it answers that this part is no topic")]
