import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from topicsmith.discovery.names.result import NamingCost, NamingResult
from topicsmith.discovery.naming import Namer, check_namer, name_proposals, naming_calls
from topicsmith.discovery.records import Proposal, ProposalPart
from topicsmith.errors import CredentialsError, ProjectError, TopicsmithError
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.run_ledger import discovery_account
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.progress import SilentProgress
from topicsmith.statistics.intervals import wilson
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.testing.model_server import AskedQuestion, Fault, Reply, ScriptedServer

TOPICS = Taxonomy((Topic("Top up", "Adding money", subtopics=(Topic("Failed"),)), Topic("Other")), "Other")
MODEL = "google:gemini-2.5-flash"
Rule = Callable[[AskedQuestion], str | Reply]


def proposal(number: int, **changes: object) -> Proposal:
    made = Proposal(
        number, "new", f"Term{number}", "", (), 40, 0.5, None, 0.9, "Top up", 0.3, (f"term{number}", "card"),
        (f"example of {number}",), "It lies apart",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def texts(number: int, many: int = 40) -> list[str]:
    return [f"group{number} text {at}" for at in range(many)]


def said(name: str, description: str = "Messages about it.", **more: object) -> str:
    return json.dumps({"name": name, "description": description, "not_a_topic": False, "same_as": "none", **more})


def is_check(question: AskedQuestion) -> bool:
    return "Something else" in question.system


def sorted_right(question: AskedQuestion) -> str:
    """An annotator that tells members by their text, the first topic being the group's."""
    group = question.system.split("- Group ")[1][0]
    return json.dumps({"topic": f"Group {group}" if f"group{group} " in question.user else "Something else"})


def group_of(question: AskedQuestion) -> int:
    return int(question.user.split("> group")[1].split()[0])


def named(question: AskedQuestion) -> str:
    return sorted_right(question) if is_check(question) else said(f"Group {group_of(question)}")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ScriptedServer]]:
    opened: list[ScriptedServer] = []

    def start(rule: Rule, **more: object) -> ScriptedServer:
        server = ScriptedServer(rule, **more)  # type: ignore[arg-type]
        server.__enter__()
        opened.append(server)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        monkeypatch.setenv("GOOGLE_API_KEY", "sk-canary")
        return server

    yield start
    for server in opened:
        server.__exit__()


def namer(folder: Path, **settings: object) -> Namer:
    labeling = LabelingSettings.model_validate({"concurrency": 8, **settings})
    return Namer(MODEL, labeling, folder / "runs" / "ledger.sqlite", discovery_account("march"))


def name(
    folder: Path, *proposals: Proposal, taxonomy: Taxonomy | None = TOPICS, beside: int = 30, **settings: object
) -> NamingResult:
    members = {each.id: texts(each.id) for each in proposals}
    others = {each.id: [f"beside {at}" for at in range(beside)] for each in proposals}
    return name_proposals(proposals, members, others, taxonomy, namer(folder, **settings))


@pytest.mark.slow
def test_names_are_given_and_checked_on_members_and_rows_that_were_not_shown(
    tmp_path: Path, serve: Callable[..., ScriptedServer]
) -> None:
    server = serve(named)
    found = name(tmp_path, proposal(1), proposal(2, kind="subtopic", topics=("Top up",)))
    one, two = found.proposals
    assert (one.name, one.description, one.named_by, one.kind) == ("Group 1", "Messages about it.", MODEL, "new")
    assert (two.name, two.kind, two.topics) == ("Group 2", "subtopic", ("Top up",))
    assert one.check is not None
    assert (one.check.annotator, one.check.members, one.check.others) == (MODEL, wilson(20, 20), wilson(20, 20))
    assert (found.named, found.remarks, found.not_topics, found.stopped) == (2, (), (), "")
    asked = [question for _, question in server.log.questions]
    [question] = [each for each in asked if not is_check(each) and group_of(each) == 1]
    checked = {each.user for each in asked if is_check(each)}
    shown = [f"> group1 text {at}\n" for at in (*range(10), *range(35, 40))]
    assert all(text in question.user + "\n" for text in shown)
    assert not any(text in user for text in shown for user in checked)
    assert len(checked) == 60  # twenty members of each, and the same twenty beside both


def test_calls_are_known_before_they_are_made(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    server = serve(named)
    proposals = [proposal(1), proposal(2, kind="merge", topics=("Top up", "Other")), proposal(3, kind="widen")]
    members = {each.id: texts(each.id, 24) for each in proposals}
    others = {1: ["beside one", "beside two", "group1 text 3"]}
    assert naming_calls(proposals, members, others) == 1 + 12 + 2
    found = name_proposals(proposals, members, others, TOPICS, namer(tmp_path))
    assert server.answers == 15
    assert found.proposals[1:] == tuple(proposals[1:])  # their names are those of topics
    assert naming_calls(proposals, members, {}) == 1


def test_the_second_time_nothing_is_paid(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    server = serve(lambda question: Reply(str(named(question)), input_tokens=1000, output_tokens=10))
    first = name(tmp_path, proposal(1), proposal(2))
    assert first.cost == NamingCost(82, 82_000, 820, first.cost.usd, 0)
    assert first.cost.usd == pytest.approx(82 * 0.000325)
    again = name(tmp_path, proposal(1), proposal(2))
    assert (again.proposals, again.cost) == (first.proposals, NamingCost(0, 0, 0, 0.0, 0))
    assert server.answers == 82


def test_the_money_counts_towards_discovery_in_the_run(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    serve(named)
    name(tmp_path, proposal(1))
    with Ledger(tmp_path / "runs" / "ledger.sqlite") as ledger:
        rows = ledger.spending()
    assert {(row.purpose, row.run, row.asked) for row in rows} == {("discover", "march", MODEL)}


def test_a_group_that_is_a_topic_widens_it(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    server = serve(lambda question: said("Adding funds", same_as="top up"))
    found = name(tmp_path, proposal(1))
    [one] = found.proposals
    assert (one.kind, one.name, one.topics, one.named_by) == ("widen", "Top up", ("Top up",), MODEL)
    assert one.evidence == f"It lies apart; {MODEL} takes it for the topic 'Top up'"
    assert (one.check, found.remarks, server.answers) == (None, (), 1)


def test_a_name_that_a_topic_has_widens_it_too(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    serve(lambda question: said("TOP-UP"))
    assert name(tmp_path, proposal(1)).proposals[0].topics == ("Top up",)


def test_what_is_no_topic_is_said_to_be_none_and_keeps_its_name(
    tmp_path: Path, serve: Callable[..., ScriptedServer]
) -> None:
    serve(lambda question: said("", "Greetings and noise.", not_a_topic=True))
    found = name(tmp_path, proposal(1))
    assert found.not_topics == (1,)
    assert found.proposals == (
        proposal(1, evidence=f"It lies apart; {MODEL} takes it for no topic: Greetings and noise."),
    )


def answer_of(reply: str | Reply) -> Rule:
    return lambda question: sorted_right(question) if is_check(question) else reply


@pytest.mark.parametrize(
    ("reply", "reason", "answers"),
    [
        ("Sure, here you go!", "no object with 'name', 'description'", 2),
        (Reply("I'm sorry, but I can't help with that.", "refusal"), "the model refused", 1),
        (Reply("", "filter"), "the model refused", 1),
        (Reply('{"name": "Gro', "length"), "the answer breaks off", 2),
        (said("Group 1", same_as="Cooking"), "its 'same_as' is 'Cooking', which is not a topic", 2),
        (said("", ""), "it gives no name", 2),
        (said("x" * 300), "its 'name' has 300 characters", 2),
    ],
)
def test_every_reply_is_used_or_refused_with_its_reason(
    tmp_path: Path, serve: Callable[..., ScriptedServer], reply: str | Reply, reason: str, answers: int
) -> None:
    server = serve(answer_of(reply))
    found = name(tmp_path, proposal(1))
    assert found.proposals == (proposal(1),)
    [remark] = found.remarks
    assert (remark.proposal, remark.part, remark.about) == (1, None, "name")
    assert reason in remark.reason
    assert server.answers == answers


def test_broken_json_is_mended(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    serve(answer_of('Here:\n```json\n{"name": "Group 1", \'description\': "About it.", "same_as": null,}\n```'))
    [one] = name(tmp_path, proposal(1)).proposals
    assert (one.name, one.description) == ("Group 1", "About it.")


def test_one_name_is_given_once(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    serve(lambda question: sorted_right(question) if is_check(question) else said("Group 1"))
    found = name(tmp_path, proposal(1), proposal(2), proposal(3, name="Group 9"))
    assert [each.name for each in found.proposals] == ["Group 1", "Term2", "Group 9"]
    assert [(each.proposal, each.reason) for each in found.remarks] == [
        (2, "it answers 'Group 1', which is the name of proposal 1"),
        (3, "it answers 'Group 1', which is the name of proposal 1"),
    ]


def test_a_name_that_another_proposal_keeps_is_refused(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    serve(lambda question: said("Term2") if group_of(question) == 1 else "no")
    found = name(tmp_path, proposal(1), proposal(2))
    assert [each.name for each in found.proposals] == ["Term1", "Term2"]
    assert "which is the name of proposal 2" in found.remarks[0].reason


def test_parts_of_a_split_are_named_from_their_examples(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    parts = tuple(
        ProposalPart(f"Part{n}", 20, (f"word{n}",), tuple(f"group{n} text {at}" for at in range(6))) for n in (4, 5, 6)
    )
    split = proposal(1, kind="split", name="Top up", topics=("Top up",), parts=parts)

    def rule(question: AskedQuestion) -> str:
        return said("Top up") if group_of(question) == 6 else named(question)

    server = serve(rule)
    found = name(tmp_path, split)
    [one] = found.proposals
    assert [part.name for part in one.parts] == ["Group 4", "Group 5", "Part6"]
    assert (one.name, one.named_by, one.check) == ("Top up", MODEL, None)
    assert [(each.part, each.reason) for each in found.remarks] == [
        (2, "it answers that this part is 'Top up', which exists")
    ]
    assert server.answers == 3


def test_a_subtopic_that_exists_is_refused(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    serve(lambda question: said("failed"))
    found = name(tmp_path, proposal(1, kind="subtopic", topics=("Top up",)))
    assert found.remarks[0].reason == "it answers 'Failed', a subtopic that exists"


def test_names_without_any_topic(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    server = serve(named)
    found = name(tmp_path, proposal(1), taxonomy=None)
    assert found.named == 1
    assert "No topics exist yet." in server.log.questions[0][1].system


def test_without_rows_beside_it_a_name_is_not_checked(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    server = serve(named)
    found = name(tmp_path, proposal(1), beside=0)
    assert (found.proposals[0].name, found.proposals[0].check, server.answers) == ("Group 1", None, 1)
    assert [(each.about, each.reason) for each in found.remarks] == [("check", "no rows lie beside it")]


def test_a_name_that_does_not_say_it_shows_in_the_check(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    serve(lambda question: '{"topic": "Something else"}' if is_check(question) else said("Group 1"))
    check = name(tmp_path, proposal(1)).proposals[0].check
    assert check is not None
    assert (check.members.value, check.others.value) == (0.0, 1.0)


@pytest.mark.slow
def test_a_budget_ends_the_asking_and_what_was_answered_is_used(
    tmp_path: Path, serve: Callable[..., ScriptedServer]
) -> None:
    serve(lambda question: Reply(str(named(question)), input_tokens=1000, output_tokens=300))
    found = name(tmp_path, *map(proposal, range(1, 7)), budget_usd=0.012, concurrency=1)
    assert "budget_usd 0.012" in found.stopped
    assert found.cost.usd <= 0.012
    assert found.cost.answers >= 1
    reasons = {each.proposal: each.reason for each in found.remarks}
    assert set(reasons) == {1, 2, 3, 4, 5, 6}  # each either has no name, or one that was not checked
    assert all("budget_usd 0.012" in reason for reason in reasons.values())
    again = name(tmp_path, *map(proposal, range(1, 7)), concurrency=1)
    assert (again.named, again.remarks) == (6, ())


def test_the_budget_is_that_of_labelling_in_the_run(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    serve(lambda question: Reply(str(named(question)), input_tokens=1000, output_tokens=300))
    first = name(tmp_path, proposal(1))
    assert first.cost.usd == pytest.approx(41 * 0.00105)
    found = name(tmp_path, proposal(2), budget_usd=0.04)
    assert found.cost.answers == 0
    assert "$0.0431 spent" in found.remarks[0].reason


@pytest.mark.parametrize(
    "status", [pytest.param(400, marks=pytest.mark.slow), 401, pytest.param(403, marks=pytest.mark.slow)]
)
def test_a_service_that_fails_leaves_the_names_by_terms(
    tmp_path: Path, serve: Callable[..., ScriptedServer], status: int
) -> None:
    serve(named, faults=lambda number, question: Fault(status=status))
    proposals = [proposal(1), proposal(2), proposal(3, kind="merge")]
    found = name(tmp_path, *proposals)
    assert found.proposals == tuple(proposals)
    assert [each.proposal for each in found.remarks] == [1, 2]
    assert all(str(status) in each.reason for each in found.remarks)


@pytest.mark.slow
def test_one_proposal_that_fails_is_one(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    def faults(number: int, question: AskedQuestion) -> Fault | None:
        return Fault(status=413) if not is_check(question) and group_of(question) == 2 else None

    serve(named, faults=faults)
    found = name(tmp_path, *map(proposal, (1, 2, 3)))
    assert [each.name for each in found.proposals] == ["Group 1", "Term2", "Group 3"]
    assert [(each.proposal, each.about) for each in found.remarks] == [(2, "name")]


def test_a_service_that_fails_while_names_are_checked_leaves_the_names(
    tmp_path: Path, serve: Callable[..., ScriptedServer]
) -> None:
    serve(named, faults=lambda number, question: Fault(status=401) if is_check(question) else None)
    found = name(tmp_path, proposal(1), proposal(2))
    assert found.named == 2
    assert [(each.proposal, each.about, each.reason[:30]) for each in found.remarks] == [
        (1, "check", "the name was not checked: goog"),
        (2, "check", "the name was not checked: goog"),
    ]


def test_empty_members_are_not_asked_about(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    server = serve(named)
    bare = proposal(1, examples=())
    found = name_proposals([bare], {1: ["", " "]}, {}, TOPICS, namer(tmp_path))
    assert (found.proposals, server.calls) == ((bare,), 0)
    assert found.remarks[0].reason == "it has no texts to show"
    assert name_proposals([], {}, {}, TOPICS, namer(tmp_path)).proposals == ()


def test_what_cannot_name_is_said_before_anything_is_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProjectError, match="'local:keywords' is not a language model; use provider:model"):
        check_namer(replace(namer(tmp_path), annotator="local:keywords"))
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    with pytest.raises(CredentialsError):
        check_namer(namer(tmp_path))
    monkeypatch.setenv("VLLM_BASE_URL", "http://127.0.0.1:9/v1")
    check_namer(replace(namer(tmp_path), annotator="vllm:m"))


def test_a_disk_that_fails_is_raised(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    serve(named)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "ledger.sqlite").mkdir()
    with pytest.raises(TopicsmithError):
        name(tmp_path, proposal(1))


def test_advice_about_a_model_is_said_once(tmp_path: Path, serve: Callable[..., ScriptedServer]) -> None:
    serve(named)

    class Told(SilentProgress):
        def __init__(self) -> None:
            self.lines: list[str] = []

        def say(self, line: str) -> None:
            self.lines.append(line)

    told = Told()
    context = replace(namer(tmp_path), progress=told).context
    for _ in range(3):
        context.progress.say("it will be shut down")
    assert told.lines == ["it will be shut down"]
