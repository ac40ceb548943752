"""A prompted model as a candidate, against a server on loopback."""

import json
from dataclasses import replace
from math import exp
from pathlib import Path

import pytest

from topicsmith.classifiers.base import FitContext, spend_as
from topicsmith.classifiers.model_folder import load_classifier, save_classifier
from topicsmith.classifiers.prompted.kind import KIND, PromptedClassifier
from topicsmith.classifiers.prompted.settings import PromptedSettings
from topicsmith.errors import ProjectError
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.records import TrainSet, ValidationSet
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

NONE = ValidationSet(())


def settings(**own: object) -> PromptedSettings:
    return PromptedSettings.model_validate(
        {"name": "asked", "kind": "prompted", "model": "compatible:some-model", "concurrency": 4, **own}
    )


def by_word(question: AskedQuestion) -> Reply:
    said = question.user
    topic = "Music" if "guitar" in said else "Sport" if "ball" in said else "Cooking"
    return Reply(json.dumps({"topic": topic}), output_tokens=7)


def test_answers_come_from_the_model_once_and_then_from_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_set: TrainSet, context: FitContext
) -> None:
    texts = ["a guitar", "some soup", "a guitar", "my ball"]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with ScriptedServer(by_word) as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        fitted = KIND.fit(settings(), train_set, NONE, context)
        assert server.calls == 0
        found = fitted.predict(texts)
        asked = server.calls
        assert fitted.predict(texts).items == found.items
        assert server.calls == asked
        save_classifier(fitted, "prompted", tmp_path / "model", "# card\n", {})
        assert load_classifier(tmp_path / "model").predict(texts[:2]).topics == ["Music", "Cooking"]
    assert found.topics == ["Music", "Cooking", "Music", None]
    assert [item.status for item in found] == ["ok", "ok", "ok", "off_taxonomy"]
    assert found.items[0].output_tokens == 7
    assert found.items[0].latency_s is not None
    assert (tmp_path / "cache" / "topicsmith" / "ledger.sqlite").is_file()


def test_examples_from_the_training_rows_stand_in_the_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_set: TrainSet, context: FitContext
) -> None:
    systems: list[str] = []

    def listen(question: AskedQuestion) -> Reply:
        systems.append(question.system)
        return Reply('{"topic": "Music"}')

    with ScriptedServer(listen) as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        fitted = KIND.fit(settings(examples=6), train_set, NONE, context)
        fitted.predict(["hello"])
        save_classifier(fitted, "prompted", tmp_path / "model", "# card\n", {})
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        load_classifier(tmp_path / "model").predict(["hello"])
    shown = [row for row in train_set if row.text in systems[0]]
    assert len(shown) == 6
    assert [row.topic for row in shown].count("Music") == 2
    assert systems[1] == systems[0]


def test_what_cannot_work_is_said_before_anything_is_asked(train_set: TrainSet, context: FitContext) -> None:
    with pytest.raises(ProjectError, match=r"has no place \{examples\}; use 'prompt: v2'"):
        KIND.fit(settings(prompt="v1", examples=3), train_set, NONE, context)
    with pytest.raises(ProjectError, match="asks for more rows than there are"):
        KIND.fit(settings(examples=100), train_set, NONE, context)
    with pytest.raises(ValueError, match="write provider:model"):
        settings(model="gpt")


def test_what_is_paid_counts_towards_its_purpose_in_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_set: TrainSet, context: FitContext
) -> None:
    run = tmp_path / "runs" / "march"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text("{}")
    ledger = tmp_path / "runs" / "ledger.sqlite"
    with ScriptedServer(by_word) as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        fitted = KIND.fit(settings(), train_set, NONE, replace(context, ledger=ledger, run="march"))
        fitted.predict(["a guitar"])
        save_classifier(fitted, "prompted", run / "classifiers" / "asked", "# card\n", {})
        loaded = load_classifier(run / "classifiers" / "asked")
        loaded.predict(["a guitar", "some soup"])
        spend_as(loaded, "bench")
        loaded.predict(["a guitar", "some soup", "another guitar"])
        assert server.calls == 3
    with Ledger(ledger) as opened:
        rows = {row.account: (row.asked, row.answers) for row in opened.spending()}
        assert opened.spent("classify:march/asked").answers == 3  # one budget for all purposes
    assert rows == {
        f"{purpose}:march/asked": ("compatible:some-model", 1) for purpose in ("evaluate", "classify", "bench")
    }


def test_a_model_of_another_name_is_asked_by_its_own_and_shares_no_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_set: TrainSet, context: FitContext
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with ScriptedServer(by_word) as first, ScriptedServer(by_word) as second:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{first.url}/v1")
        other = {"model": "compatible:some-model", "name": "compatible:east", "base_url": f"{second.url}/v1"}
        for candidate in (settings(), settings(model=other), settings(), settings(model=other)):
            fitted = KIND.fit(candidate, train_set, NONE, context)
            assert fitted.predict(["a guitar", "my soup"]).topics == ["Music", "Cooking"]
            assert isinstance(fitted, PromptedClassifier)
            assert fitted.all_answered(["a guitar", "my soup"])
            assert [len(usages) for usages in fitted.usage(["a guitar"])] == [1]
        assert [server.answers for server in (first, second)] == [2, 2]
        assert {model for model, _ in second.log.paid} == {"some-model"}
        save_classifier(fitted, "prompted", tmp_path / "model", "# card\n", {})
        load_classifier(tmp_path / "model").predict(["a guitar"])
        assert {model for model, _ in second.log.paid} == {"some-model"}


def test_the_price_is_that_of_the_model_that_is_asked() -> None:
    named = {"model": "openai:gpt-6-luna", "name": "openai:east"}
    assert KIND.cost(settings(model=named)) == KIND.cost(settings(model="openai:gpt-6-luna"))


def test_log_probabilities_are_the_confidence_of_a_prediction(
    monkeypatch: pytest.MonkeyPatch, train_set: TrainSet, context: FitContext
) -> None:
    tokens = (('{"topic": "', -1), ("Mus", -0.5), ('ic"}', -0.25))
    model = {"model": "compatible:some-model", "body": {"add": {"logprobs": True}}}
    with ScriptedServer(lambda question: Reply('{"topic": "Music"}', tokens=tokens)) as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        [found] = KIND.fit(settings(model=model), train_set, NONE, context).predict(["a guitar"]).items
    assert found.topic == "Music"
    assert found.confidence == pytest.approx(exp(-0.75))
