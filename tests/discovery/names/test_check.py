import json
from pathlib import Path

import pytest

from topicsmith.discovery.names.check import check_name
from topicsmith.discovery.records import NameCheck
from topicsmith.errors import BudgetSpentError
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.progress import SilentProgress
from topicsmith.statistics.intervals import wilson
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

CARDS = Topic("Card arrival", "When cards come.")
MODEL = "google:gemini-2.5-flash"


def context(folder: Path, **settings: object) -> AnnotatorContext:
    topics = Taxonomy((Topic("A", examples=("x", "y")), Topic("B")))
    labeling = LabelingSettings.model_validate({"concurrency": 8, **settings})
    return AnnotatorContext(topics, labeling, folder, folder / "ledger.sqlite", SilentProgress())


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | Reply]:
    """What the model says to a text; each text stands alone in its question."""
    monkeypatch.setenv("GOOGLE_API_KEY", "sk-canary")
    return {}


def ask(
    folder: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str | Reply], topic: Topic = CARDS,
    members: tuple[str, ...] = ("m1", "m2", "m3"), others: tuple[str, ...] = ("o1", "o2"), **settings: object,
) -> tuple[NameCheck | str, list[AskedQuestion]]:  # fmt: skip
    def rule(question: AskedQuestion) -> str | Reply:
        text = question.user.split("> ")[1].split("\n")[0]
        said = told.get(text, topic.name if text.startswith("m") else "Something else")
        return said if isinstance(said, Reply) else json.dumps({"topic": said})

    with ScriptedServer(rule) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        found = check_name(MODEL, context(folder, **settings), topic, members, others)
    return found, [question for _, question in server.log.questions]


def test_a_name_is_applied_to_members_and_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str | Reply]
) -> None:
    told.update({"m2": "Something else", "o1": "card-arrival"})
    found, asked = ask(tmp_path, monkeypatch, told)
    assert found == NameCheck(MODEL, wilson(2, 3), wilson(1, 2))
    assert len(asked) == 5
    assert "- Card arrival: When cards come.\n- Something else: Everything that does not belong to Card" in (
        asked[0].system
    )


def test_an_answer_of_no_use_counts_for_nothing_and_an_abstention_for_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str | Reply]
) -> None:
    told.update({"m1": Reply("", "refusal"), "m2": Reply('{"topic": null}'), "o1": Reply('{"topic": null}')})
    found, _ = ask(tmp_path, monkeypatch, told)
    assert found == NameCheck(MODEL, wilson(1, 2), wilson(2, 2))


def test_settings_for_labelling_do_not_change_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str | Reply]
) -> None:
    _, plain = ask(tmp_path / "a", monkeypatch, told)
    _, asked = ask(tmp_path / "b", monkeypatch, told, prompt="v3", answer="xml", samples=5, examples=2, mode="batch")
    assert {(each.system, each.user) for each in asked} == {(each.system, each.user) for each in plain}


def test_a_topic_called_something_else_is_told_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str | Reply]
) -> None:
    told.update({"o1": "None of the above", "o2": "none of the above"})
    found, _ = ask(tmp_path, monkeypatch, told, Topic("Something else", "Odd"))
    assert found == NameCheck(MODEL, wilson(3, 3), wilson(2, 2))


def test_why_a_name_is_not_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str | Reply]
) -> None:
    assert ask(tmp_path, monkeypatch, told, members=()) == ("no members are left to check the name with", [])
    assert ask(tmp_path, monkeypatch, told, others=()) == ("no rows lie beside it", [])
    told.update({"o1": Reply("", "refusal"), "o2": Reply("", "refusal")})
    assert ask(tmp_path, monkeypatch, told)[0] == ("the name was not checked: no answer of the annotator could be used")


def test_a_budget_that_is_spent_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str | Reply]
) -> None:
    with pytest.raises(BudgetSpentError):
        ask(tmp_path, monkeypatch, told, budget_usd=0.000001)
