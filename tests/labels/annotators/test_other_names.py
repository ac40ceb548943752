"""One model at two services: two annotators, two prices, and nobody's answers are the other's."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.agreement import measure
from topicsmith.labels.annotate import annotate, make_annotator, make_annotators
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.progress import SilentProgress
from topicsmith.records import Annotation, Query
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

TAXONOMY = Taxonomy((Topic("Science"), Topic("Travel"), Topic("Other")), "Other")
QUERIES = [Query(f"q{n}", f"row {n} here", f"t{n}") for n in range(4)]
WEST, EAST = "compatible:org/llama", "compatible:org/llama-east"


def west(question: AskedQuestion) -> Reply:
    return Reply('{"topic": "Science"}', input_tokens=1000, output_tokens=10, model="llama-as-served")


def east(question: AskedQuestion) -> Reply:
    topic = "Science" if "row 0" in question.user else "Travel"
    return Reply(f'{{"topic": "{topic}"}}', input_tokens=2000, output_tokens=20, model="llama-as-served")


@pytest.fixture
def servers() -> Iterator[tuple[ScriptedServer, ScriptedServer]]:
    with ExitStack() as stack:
        yield stack.enter_context(ScriptedServer(west)), stack.enter_context(ScriptedServer(east))


def mapping(server: ScriptedServer, **more: Any) -> dict[str, Any]:
    return {"model": WEST, "base_url": f"{server.url}/v1", **more}


def context(folder: Path, *annotators: Any, **more: Any) -> AnnotatorContext:
    settings = LabelingSettings.model_validate({"annotators": list(annotators), **more})
    account = "labeling:march"
    return AnnotatorContext(TAXONOMY, settings, folder, folder / "ledger.sqlite", SilentProgress(), account=account)


def label(made: AnnotatorContext) -> dict[tuple[str, str], Annotation]:
    found = annotate(make_annotators(made), QUERIES, SilentProgress())
    return {(a.annotator, a.query_id): a for a in found}


def test_two_services_of_one_model_are_two_annotators(
    tmp_path: Path, servers: tuple[ScriptedServer, ScriptedServer]
) -> None:
    price = {"input": 1.0, "output": 0.0}
    made = context(tmp_path, mapping(servers[0], price=price), mapping(servers[1], name=EAST, price=price))
    found = label(made)
    assert [found[WEST, f"q{n}"].topic for n in range(4)] == ["Science"] * 4
    assert [found[EAST, f"q{n}"].topic for n in range(4)] == ["Science", "Travel", "Travel", "Travel"]
    assert {a.requested_model for a in found.values()} == {"org/llama"}
    assert {a.served_model for a in found.values()} == {"llama-as-served"}
    for server in servers:
        assert {model for model, _ in server.log.paid} == {"org/llama"}
    agreement = measure(list(found.values()), TAXONOMY)
    assert [(pair.first, pair.second) for pair in agreement.pairs] == [(WEST, EAST)]
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        spent = {row.asked: (row.account, row.answers, row.input_tokens) for row in ledger.spending()}
        dollars = {row.asked: row.usd for row in ledger.spending()}
    assert spent == {WEST: ("labeling:march", 4, 4000), EAST: ("labeling:march", 4, 8000)}
    assert dollars == pytest.approx({WEST: 0.004, EAST: 0.008})
    assert label(made) == found
    assert [server.answers for server in servers] == [4, 4]  # the second time from the ledger


def test_a_name_given_later_keeps_what_is_paid_and_shares_none_of_it(
    tmp_path: Path, servers: tuple[ScriptedServer, ScriptedServer]
) -> None:
    before = label(context(tmp_path, mapping(servers[0])))
    both = label(context(tmp_path, mapping(servers[0]), mapping(servers[1], name=EAST)))
    assert {key: a for key, a in both.items() if key[0] == WEST} == before
    assert [server.answers for server in servers] == [4, 4]
    # The name of a model that was asked by that very name, and another model under a name in use: both are others.
    label(context(tmp_path, mapping(servers[1], model="compatible:other", name=WEST)))
    label(context(tmp_path, mapping(servers[1], model="compatible:third", name=EAST)))
    assert [server.answers for server in servers] == [4, 12]


def test_a_name_that_is_the_model_is_no_other_name(
    tmp_path: Path, servers: tuple[ScriptedServer, ScriptedServer]
) -> None:
    plain, named = context(tmp_path, mapping(servers[0])), context(tmp_path, mapping(servers[0], name=WEST))
    assert plain.settings == named.settings


def test_what_is_known_of_a_model_is_known_under_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servers: tuple[ScriptedServer, ScriptedServer]
) -> None:
    """The price of the tables, and that it thinks and takes no temperature."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    named = {"model": "openai:o4-mini", "name": "openai:mine", "base_url": f"{servers[0].url}/v1"}
    made = context(tmp_path, {**named, "name": "openai:o4-mini"}, named, budget_usd=5.0)
    found = label(made)
    costs = {found[name, "q0"].usage.cost_usd for name in ("openai:o4-mini", "openai:mine")}
    assert len(costs) == 1
    assert None not in costs
    bodies = [dict(question.body) for _, question in servers[0].log.questions]
    assert len(bodies) == 8
    assert {(body["model"], "temperature" in body, body["max_completion_tokens"] > 1000) for body in bodies} == {
        ("o4-mini", False, True)
    }


def test_the_adjudicator_may_have_one(tmp_path: Path, servers: tuple[ScriptedServer, ScriptedServer]) -> None:
    made = context(tmp_path, mapping(servers[0]), adjudicator=mapping(servers[1], name=EAST))
    assert made.settings.adjudicator == EAST
    assert make_annotator(EAST, made).name == EAST
