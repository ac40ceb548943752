"""Log-probabilities from the wire, through a ledger on the disk, to an annotation's confidence."""

from collections.abc import Sequence
from math import exp
from pathlib import Path
from typing import Any

import pytest

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.annotate import annotate, make_annotators
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.types import TokenLogprobs
from topicsmith.progress import SilentProgress
from topicsmith.records import Annotation, Query
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

TAXONOMY = Taxonomy((Topic("Science"), Topic("Café culture"), Topic("Other")), "Other")
CHAT = {"body": {"add": {"logprobs": True}}}
GEMINI = {"body": {"add": {"generationConfig": {"responseLogprobs": True}}}}


def said(*tokens: tuple[str | bytes, float]) -> Reply:
    text = b"".join(part.encode() if isinstance(part, str) else part for part, _ in tokens).decode()
    return Reply(text, tokens=tokens)


SCIENCE = said(('{"topic": "', -1), ("Sci", -0.25), ("ence", -0.5), ('"}', -1))
CAFE = said(('{"topic": "Ca', -0.125), (b"f\xc3", -0.25), (b"\xa9 cul", -0.5), ("ture", -1), ('"}', -2))
OTHER = said(('{"topic": "', -1), ("Other", -2), ('"}', -1))


def rule(question: AskedQuestion) -> Reply:
    return SCIENCE if "row 0" in question.user else CAFE


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI", "GOOGLE", "TOGETHER"):
        monkeypatch.setenv(f"{name}_API_KEY", "sk-canary")


def label(folder: Path, url: str, models: Sequence[dict[str, Any]], number: int = 2, **more: Any) -> list[Annotation]:
    annotators = [{"base_url": url if each["model"].startswith("google:") else f"{url}/v1", **each} for each in models]
    settings = LabelingSettings.model_validate({"annotators": annotators, **more})
    context = AnnotatorContext(TAXONOMY, settings, folder, folder / "ledger.sqlite", SilentProgress())
    queries = [Query(f"q{n}", f"row {n} here", f"t{n}") for n in range(number)]
    return annotate(make_annotators(context), queries, SilentProgress())


@pytest.mark.parametrize("provider", ["openai", "together", "vllm", "ollama", "compatible", "google"])
def test_the_tokens_of_the_topic_make_its_confidence_and_stay_in_the_ledger(tmp_path: Path, provider: str) -> None:
    asked = [{"model": f"{provider}:m-1", **(GEMINI if provider == "google" else CHAT)}]
    with ScriptedServer(rule) as server:
        found = label(tmp_path, server.url, asked)
        assert [(a.topic, a.status) for a in found] == [("Science", "labelled"), ("Café culture", "labelled")]
        assert found[0].confidence == pytest.approx(exp(-0.75))
        assert found[1].confidence == pytest.approx(exp(-1.875))  # é is written by two tokens
        assert label(tmp_path, server.url, asked) == found
        assert server.calls == 2  # the second labelling is from the ledger alone
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        found_again = ledger.find([name for (name,) in ledger.rows("SELECT key FROM answers")])
    kept = {paid.answer.text: paid.answer.logprobs for paid in found_again.values()}
    assert kept[SCIENCE.text] == TokenLogprobs((11, 3, 4, 2), (-1, -0.25, -0.5, -1))


def test_who_does_not_ask_for_them_has_no_confidence_and_another_answer(tmp_path: Path) -> None:
    with ScriptedServer(rule) as server:
        assert [a.confidence for a in label(tmp_path, server.url, [{"model": "vllm:m-1"}])] == [None, None]
        label(tmp_path, server.url, [{"model": "vllm:m-1", **CHAT}])
        assert server.calls == 4  # a changed body is another question


def test_of_several_answers_the_share_that_agrees_is_the_confidence(tmp_path: Path) -> None:
    def by_seed(question: AskedQuestion) -> Reply:
        return OTHER if question.body["seed"] == 0 else SCIENCE

    with ScriptedServer(by_seed) as server:
        [found] = label(tmp_path, server.url, [{"model": "vllm:m-1", **CHAT}], 1, samples=5)
    assert (found.topic, found.confidence) == ("Science", 0.8)


def test_what_a_model_claims_gives_way_to_its_tokens(tmp_path: Path) -> None:
    claim = said(('{"topic": "', -1), ("Science", -0.5), ('", "confidence": 0.99}', -1))
    lost = Reply('{"topic": "Science", "confidence": 0.99}', tokens=(("something else", -0.5),))
    with ScriptedServer(lambda question: claim if "row 0" in question.user else lost) as server:
        found = label(tmp_path, server.url, [{"model": "vllm:m-1", **CHAT}])
    # Tokens that do not write the answer are as good as none: what the model claims is left.
    assert [a.confidence for a in found] == [pytest.approx(exp(-0.5)), 0.99]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["openai:gpt-4.1", "google:gemini-2.5-flash"])
def test_results_of_batches_have_them_too(tmp_path: Path, model: str) -> None:
    with ScriptedServer(rule) as server:
        server.batches.polls = 0
        shape = GEMINI if model.startswith("google:") else CHAT
        found = label(tmp_path, server.url, [{"model": model, **shape}], mode="batch")
        assert (len(server.batches.jobs), server.calls) == (1, 0)
    assert [a.confidence for a in found] == [pytest.approx(exp(-0.75)), pytest.approx(exp(-1.875))]
