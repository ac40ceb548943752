"""Cascades over small members: what is promised, taught and refused."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.classifiers.cascade.conftest import FEW, HELD, MANY, Fit, candidate, cascade
from tests.classifiers.conftest import WORDS, Listener, make_examples
from topicsmith.classifiers.base import FittedCandidate
from topicsmith.classifiers.cascade.fit import fit_cascade
from topicsmith.errors import ProjectError, TrainingError
from topicsmith.records import TrainSet, ValidationSet
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

LINEAR = (candidate("small", "linear"), FEW)
ASKED = (candidate("asked", "prompted", model="compatible:some-model", concurrency=4), FEW)


def by_word(question: AskedQuestion) -> Reply:
    """The right topic, by the words of the text."""
    said = set(re.findall(r"\w+", question.user))
    topic = max(WORDS, key=lambda name: len(said & set(WORDS[name])))
    return Reply(json.dumps({"topic": topic}), output_tokens=7)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ScriptedServer]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with ScriptedServer(by_word) as found:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{found.url}/v1")
        yield found


def test_a_cheap_member_answers_what_it_is_sure_of_and_a_model_the_rest(server: ScriptedServer, fitted: Fit) -> None:
    context = fitted(LINEAR, ASKED)
    made = fit_cascade(cascade("small", "asked", accuracy=0.95), FEW, HELD, context)
    notes = made.training_notes
    assert notes["promise"] == "accuracy of at least 95.0%, with 95% confidence"
    assert notes["promised"] is True
    assert notes["texts are sent to a service by"] == "none"  # a server of one's own
    test = make_examples(300, 3)
    texts = [row.text for row in test]
    found = made.predict(texts)
    right = [item.topic == row.topic for item, row in zip(found, test, strict=True)]
    small = context.others["small"]
    alone = [item.topic == row.topic for item, row in zip(made.members[0].model.predict(texts), test, strict=True)]
    assert small.settings.kind == "linear"
    assert sum(alone) / 300 < 0.9
    assert sum(right) / 300 >= 0.95
    sent = [item.member for item in found].count("asked")
    assert 0 < sent < 200
    assert notes["reached"]["small"] == 1.0  # type: ignore[index]
    assert abs(notes["reached"]["asked"] - sent / 300) < 0.1  # type: ignore[index]
    assert found.probabilities is None  # a prompted model gives none
    assert [made.predict([text]).items[0] for text in texts[:20]] == list(found.items[:20])  # alone as in company
    assert len(made.sent(texts)) == sent


def test_nothing_is_paid_for_twice(server: ScriptedServer, fitted: Fit) -> None:
    context = fitted(LINEAR, ASKED)
    fit_cascade(cascade("small", "asked"), FEW, HELD, context)
    asked = server.calls
    assert asked == len({row.text for row in HELD})
    away = FittedCandidate(candidate("asked", "prompted", model="openai:gpt"), context.others["asked"].folder)
    context = replace(context, others={**context.others, "asked": away})
    made = fit_cascade(cascade("small", "asked", most_sent=0.3), FEW, HELD, context)
    assert made.training_notes["texts are sent to a service by"] == ["asked"]
    assert server.calls == asked


def test_a_target_that_cannot_be_shown_is_not_promised(fitted: Fit, listener: Listener) -> None:
    context = fitted(LINEAR, (candidate("big", "linear"), MANY))
    made = fit_cascade(cascade("small", "big", accuracy=0.999), FEW, HELD, context)
    assert made.training_notes["promised"] is False
    said = str(made.training_notes["promise"])
    assert said.startswith(
        "accuracy of at least 99.9%, with 95% confidence: not shown on 300 validation rows; at least"
    )
    assert f"train: both: {said}" in listener.lines


def test_as_accurate_as_the_last_member_and_a_share_that_is_sent(fitted: Fit) -> None:
    context = fitted(LINEAR, (candidate("big", "linear"), MANY))
    like = fit_cascade(cascade("small", "big", margin=0.03), FEW, HELD, context)
    assert like.training_notes["promise"] == "accuracy at most 3.0% below that of big, with 95% confidence"
    assert like.training_notes["promised"] is True
    few = fit_cascade(cascade("small", "big", most_sent=0.2), FEW, HELD, context)
    assert few.training_notes["promised"] is True
    assert few.training_notes["reached"]["big"] < 0.2  # type: ignore[index]
    priced = cascade("small", "big", most_usd_per_1k=0.6, usd_per_1k={"small": 0.1, "big": 1.0})
    cheap = fit_cascade(priced, FEW, HELD, context)
    assert cheap.training_notes["promise"] == "a thousand texts cost at most $0.6, with 95% confidence"
    assert 0.2 < cheap.training_notes["reached"]["big"] < 0.5  # type: ignore[index]
    found = few.predict([row.text for row in HELD])
    assert found.probabilities is not None
    assert found.probabilities.sum(axis=1) == pytest.approx([1.0] * 300)


def test_a_stated_share_of_the_catch_all_is_promised_for(fitted: Fit) -> None:
    context = fitted(LINEAR, (candidate("big", "linear"), MANY))
    made = fit_cascade(cascade("small", "big", accuracy=0.9, catch_all_share=0.6), FEW, HELD, context)
    assert made.training_notes["promise"] == (
        "accuracy of at least 90.0%, with 95% confidence, where 60.0% of texts are the catch-all's"
    )
    assert made.rule.gates[0].odds == pytest.approx(1.5 * (1 - 100.5 / 301) / (100.5 / 301))
    without = replace(context, taxonomy=replace(context.taxonomy, catch_all=None))
    with pytest.raises(ProjectError, match="'catch_all_share' is given, but no topic is marked 'catch_all: true'"):
        fit_cascade(cascade("small", "big", catch_all_share=0.6), FEW, HELD, without)


def test_the_first_member_learns_from_answers_of_the_last(server: ScriptedServer, fitted: Fit) -> None:
    context = replace(fitted(LINEAR, ASKED), unlabelled=[row.text for row in make_examples(400, 7)])
    before = fit_cascade(cascade("small", "asked", accuracy=0.95), FEW, HELD, context)
    asked = server.calls
    after = fit_cascade(cascade("small", "asked", accuracy=0.95, teach=100), FEW, HELD, context)
    assert 90 <= server.calls - asked <= 100  # some texts are alike
    assert str(after.training_notes["taught"]).startswith("small learnt from 100 answers of asked to texts without a")
    assert after.training_notes["reached"]["asked"] < before.training_notes["reached"]["asked"]  # type: ignore[index]
    assert after.members[0].folder is None
    nothing = replace(context, unlabelled=())
    kept = fit_cascade(cascade("small", "asked", accuracy=0.95, teach=100), FEW, HELD, nothing)
    assert kept.training_notes["taught"] == "nothing: none of 0 texts without a label was sent to asked"
    assert kept.members[0].folder is not None


def test_lessons_that_make_it_worse_are_not_kept(monkeypatch: pytest.MonkeyPatch, fitted: Fit, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def only_here(question: AskedQuestion) -> Reply:
        known = any(text in question.user for text in HELD.texts)
        return by_word(question) if known else Reply('{"topic": "Music"}')

    with ScriptedServer(only_here) as found:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{found.url}/v1")
        context = replace(fitted(LINEAR, ASKED), unlabelled=[row.text for row in make_examples(400, 7)])
        made = fit_cascade(cascade("small", "asked", accuracy=0.95, teach=200), FEW, HELD, context)
    assert "not kept, since a loss of more than 1% is not ruled out" in str(made.training_notes["taught"])
    assert made.members[0].folder is not None


def test_what_cannot_be_made_is_said(server: ScriptedServer, fitted: Fit) -> None:
    context = fitted(LINEAR, ASKED)
    with pytest.raises(ProjectError, match="the member 'smal' is not fitted; fitted candidates here: small, asked"):
        fit_cascade(cascade("smal", "asked"), FEW, HELD, context)
    with pytest.raises(TrainingError, match="no validation row has a topic, and thresholds are chosen on them"):
        fit_cascade(cascade("small", "asked"), FEW, ValidationSet(()), context)
    with pytest.raises(TrainingError, match="the member 'asked' gives no confidence with its answers"):
        fit_cascade(cascade("asked", "small"), TrainSet(()), HELD, context)
