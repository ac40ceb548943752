from pathlib import Path
from typing import Any

import pytest

from topicsmith.errors import BudgetSpentError, CredentialsError, ProjectError
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.annotate import annotate, make_annotator
from topicsmith.labels.annotators.base import AnnotatorContext, Stoppable
from topicsmith.labels.samples import total_usage
from topicsmith.progress import SilentProgress
from topicsmith.records import Annotation, Query, Usage
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.testing.model_server import AskedQuestion, Fault, Reply, ScriptedServer

TAXONOMY = Taxonomy((Topic("Science", subtopics=(Topic("Physics"),)), Topic("Travel"), Topic("Other")), "Other")
FLAT = Taxonomy((Topic("Science"), Topic("Travel"), Topic("Other")), "Other")


class Told(SilentProgress):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def context(folder: Path, taxonomy: Taxonomy = FLAT, **settings: Any) -> AnnotatorContext:
    labeling = LabelingSettings.model_validate({"concurrency": 10, **settings})
    return AnnotatorContext(taxonomy, labeling, folder, folder / "ledger.sqlite", Told())


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI", "ANTHROPIC", "GOOGLE", "TOGETHER"):
        monkeypatch.setenv(f"{name}_API_KEY", "sk-canary")


def point(monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> None:
    for name in ("OPENAI", "TOGETHER", "VLLM", "OLLAMA", "TOPICSMITH"):
        monkeypatch.setenv(f"{name}_BASE_URL", f"{server.url}/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)


def queries(number: int) -> list[Query]:
    return [Query(f"q{n}", f"row {n} here", f"t{n}") for n in range(number)]


def label(name: str, made: AnnotatorContext, number: int = 10) -> dict[str, Annotation]:
    found = annotate([make_annotator(name, made)], queries(number), SilentProgress())
    return {annotation.query_id: annotation for annotation in found}


@pytest.mark.parametrize("scheme", ["openai", "anthropic", "google", "together", "vllm", "ollama", "compatible"])
def test_every_provider_labels_with_its_own_wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    reply = Reply('{"topic": "Science", "subtopic": "Physics"}', input_tokens=100, output_tokens=7, model="served-1")
    with ScriptedServer(lambda question: reply) as server:
        point(monkeypatch, server)
        found = label(f"{scheme}:m-1", context(tmp_path, TAXONOMY), number=3)
    one = found["q2"]
    assert (one.topic, one.subtopic, one.status) == ("Science", "Physics", "labelled")
    assert (one.annotator, one.requested_model, one.served_model) == (f"{scheme}:m-1", "m-1", "served-1")
    assert (one.usage.input_tokens, one.usage.output_tokens, one.usage.cost_usd) == (100, 7, None)
    assert one.latency_s is not None


def answers(question: AskedQuestion) -> Reply:
    for text, reply in {
        "row 1 ": Reply("I'm sorry, but I can't help with that.", "refusal"),
        "row 2 ": Reply("", "filter"),
        "row 3 ": Reply('{"topic": "Sci', "length"),
        "row 4 ": Reply("{}"),
        "row 5 ": Reply('{"topic": "Cooking"}'),
        "row 6 ": Reply('{"topic": null}'),
    }.items():
        if text in question.user:
            return reply
    return Reply('<think>hm</think>{"topic": "travel"}')


def test_every_kind_of_answer_ends_as_an_annotation_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faults(number: int, question: AskedQuestion) -> Fault | None:
        return Fault(status=413) if "row 7 " in question.user else None

    with ScriptedServer(answers, faults=faults) as server:
        point(monkeypatch, server)
        found = label("openai:m-1", context(tmp_path))
        asked = sum(count for (_, user), count in server.log.paid.items() if "row 4 " in user)
    assert {name: (a.status, a.topic) for name, a in found.items()} == {
        "q0": ("labelled", "Travel"),
        "q1": ("refused", None),
        "q2": ("filtered", None),
        "q3": ("truncated", None),
        "q4": ("unparsable", None),
        "q5": ("off_taxonomy", None),
        "q6": ("abstained", None),
        "q7": ("too_large", None),
        "q8": ("labelled", "Travel"),
        "q9": ("labelled", "Travel"),
    }
    assert asked == 2  # an answer of no use is asked for once more, and no more


def test_a_cut_off_answer_gets_more_room_and_both_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rule(question: AskedQuestion) -> Reply:
        short = question.body["max_tokens"] < 100
        return Reply('{"to', "length", 50, 30) if short else Reply('{"topic": "Travel"}', "stop", 50, 60)

    with ScriptedServer(rule) as server:
        point(monkeypatch, server)
        found = label("vllm:m-1", context(tmp_path), number=1)
    assert (found["q0"].topic, found["q0"].usage) == ("Travel", Usage(100, 90))


def test_queries_of_one_text_share_an_answer_that_is_paid_and_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = Reply('{"topic": "Travel"}', input_tokens=2000, output_tokens=10)
    same = [Query(f"q{n}", f"text {n % 3}", f"t{n}") for n in range(600)]  # also of those read later than answered
    with ScriptedServer(lambda question: reply) as server:
        point(monkeypatch, server)
        one = make_annotator("google:gemini-2.5-flash", context(tmp_path))
        found = annotate([one], same, SilentProgress())
        assert server.answers == 3
    assert [a.usage.cost_usd for a in found] == pytest.approx([0.000625] * 3 + [0.0] * 597)
    assert {a.topic for a in found} == {"Travel"}
    assert [a.usage.input_tokens for a in found] == [2000] * 3 + [0] * 597


def test_known_prices_are_counted_and_the_budget_stops_two_annotators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = Reply('{"topic": "Travel"}', input_tokens=2000, output_tokens=10)
    names = ["anthropic:claude-sonnet-4-5", "google:gemini-2.5-flash"]
    with ScriptedServer(lambda question: reply) as server:
        point(monkeypatch, server)
        made = context(tmp_path, annotators=names, budget_usd=0.5)
        with pytest.raises(BudgetSpentError, match=r"budget_usd 0\.5"):
            annotate([make_annotator(name, made) for name in names], queries(2000), SilentProgress())
        spent = {"claude-sonnet-4-5": 0.00615, "gemini-2.5-flash": 0.000625}  # 2,000 in and 10 out, from the tables
        paid = sum(count * spent[model] for (model, _), count in server.log.paid.items())
    assert paid <= 0.5


def test_settings_that_cannot_work_are_refused_in_one_line_before_any_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(name: str, kind: type[Exception], match: str, **settings: Any) -> None:
        with pytest.raises(kind, match=match) as error:
            make_annotator(name, context(tmp_path, **settings))
        assert "\n" not in str(error.value)

    refused("openai:gpt-4.1-nano", ProjectError, "was shut down on 2026-10-23")
    refused("openai:m-1", ProjectError, "no prompt 'v9'", prompt="v9")
    refused("openai:m-1", ProjectError, "price of 'openai:m-1' is not known", budget_usd=3.0)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://example.com/v1")
    refused("openai:m-1", ProjectError, "unencrypted")
    monkeypatch.delenv("OPENAI_API_KEY")
    refused("openai:m-1", CredentialsError, "OPENAI_API_KEY")
    refused("compatible:m-1", ProjectError, "TOPICSMITH_BASE_URL")


def test_a_model_near_its_end_is_warned_about(tmp_path: Path) -> None:
    made = context(tmp_path)
    make_annotator("openai:gpt-4.1", made)
    assert isinstance(made.progress, Told)
    assert any("2027-01-14" in line for line in made.progress.lines)


def test_it_can_be_told_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(answers, latency_s=0.05) as server:
        point(monkeypatch, server)
        annotator = make_annotator("openai:m-1", context(tmp_path))
        assert isinstance(annotator, Stoppable)
        said = annotator.annotate(queries(1000))
        first = next(said)
        annotator.stop()
        rest = list(said)
        assert first.query_id not in {annotation.query_id for annotation in rest}
        assert 0 < 1 + len(rest) <= server.calls < 100


def test_usage_is_unknown_as_soon_as_a_part_is() -> None:
    assert total_usage([Usage(1, 2, cost_usd=0.5), Usage(3, 4, cost_usd=0.25)]) == Usage(4, 6, cost_usd=0.75)
    assert total_usage([Usage(1, 2, cost_usd=0.5), Usage(3, None)]) == Usage(4, None)
    assert total_usage([]) == Usage()
