"""Several answers to one question, and the examples a prompt shows."""

from pathlib import Path

import pytest

from tests.faults.labelling import queries
from topicsmith.errors import ProjectError
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.annotate import make_annotator
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.samples import by_vote, check_place, examples_of, total_usage
from topicsmith.llm.prompts import load_prompt
from topicsmith.progress import SilentProgress
from topicsmith.records import Annotation, AnnotationStatus, Usage
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.testing.model_server import AskedQuestion, ScriptedServer

TAXONOMY = Taxonomy(
    (Topic("Science", examples=("why is the sky blue", "what is dna")), Topic("Travel", examples=("to Rome",)),
     Topic("Other")),
    "Other",
)  # fmt: skip


def said(topic: str | None, status: AnnotationStatus = "labelled", subtopic: str | None = None) -> Annotation:
    return Annotation("q", "a:m", topic, subtopic, status, usage=Usage(10, 2, cost_usd=0.5), latency_s=1.0)


def test_the_topic_that_most_answers_name_with_its_share() -> None:
    found = by_vote([said("Travel"), said("Science"), said("Travel"), said(None, "unparsable")], TAXONOMY)
    assert (found.topic, found.status, found.confidence) == ("Travel", "labelled", 0.5)
    assert (found.usage.input_tokens, found.usage.cost_usd, found.latency_s) == (40, 2.0, 4.0)


def test_a_tie_goes_to_the_topic_that_stands_first() -> None:
    assert by_vote([said("Travel"), said("Science")], TAXONOMY).topic == "Science"


def test_the_subtopic_is_that_of_the_topics_answers() -> None:
    drawn = [said("Travel", subtopic="Trains"), said("Travel", subtopic="Planes"), said("Travel", subtopic="Planes"),
             said("Science", subtopic="Trains")]  # fmt: skip
    assert by_vote(drawn, TAXONOMY).subtopic == "Planes"


def test_answers_that_name_nothing_have_no_confidence() -> None:
    found = by_vote([said(None, "unparsable"), said(None, "refused")], TAXONOMY)
    assert (found.topic, found.status, found.confidence) == (None, "unparsable", None)


def test_one_answer_is_given_back_as_it_is() -> None:
    one = said("Travel")
    assert by_vote([one], TAXONOMY) is one


def test_a_part_that_is_unknown_makes_the_sum_unknown() -> None:
    assert total_usage([Usage(1, 2), Usage(3, None)]) == Usage(4, None)


def test_examples_of_the_topics_in_turn() -> None:
    shown = [(example.text, example.topic) for example in examples_of(TAXONOMY, 2)]
    assert shown == [("why is the sky blue", "Science"), ("to Rome", "Travel"), ("what is dna", "Science")]
    assert examples_of(TAXONOMY, 0) == ()


def test_a_prompt_without_a_place_for_examples_is_refused() -> None:
    check_place(load_prompt("v2", Path()), "v2", 3)
    check_place(load_prompt("v1", Path()), "v1", 0)
    with pytest.raises(ProjectError, match=r"'labeling\.examples: 3' but the prompt 'v1' has no place"):
        check_place(load_prompt("v1", Path()), "v1", 3)


def test_each_question_is_asked_so_often_and_paid_once_in_two_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of five answers four agree on every row; the seeds make them different questions to the ledger."""

    def drawn(question: AskedQuestion) -> str:
        assert question.body["temperature"] == 1.0
        assert "why is the sky blue" in question.system + question.user
        return '{"topic": "Science"}' if question.body["seed"] else '{"topic": "Travel"}'

    settings = LabelingSettings(annotators=["compatible:m"], samples=5, examples=1)
    context = AnnotatorContext(TAXONOMY, settings, tmp_path, tmp_path / "l.sqlite", SilentProgress())
    with ScriptedServer(drawn) as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        for _ in range(2):
            found = list(make_annotator("compatible:m", context).annotate(queries(6)))
            assert sorted(a.query_id for a in found) == [f"q{n}" for n in range(6)]
            assert {(a.topic, a.confidence) for a in found} == {("Science", 0.8)}
        assert server.calls == 30
