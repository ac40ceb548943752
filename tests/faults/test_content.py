"""Faults 21 to 30: what a model can write."""

import json
from pathlib import Path

import pytest

from tests.faults.labelling import annotator, answer, first_time, label, queries
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.records import Annotation, Example
from topicsmith.testing.model_server import AskedQuestion, Fault, Reply, ScriptedServer


def one(tmp_path: Path, fault: Fault) -> tuple[Annotation, int]:
    """What becomes of a row whose first answer is as ``fault`` says, and how often the row was asked."""
    with ScriptedServer(answer, faults=first_time(fault)) as server:
        found = label(server, tmp_path, number=2)["q0"]
        return found, sum("row 0 " in question.user for _, question in server.log.questions)


def always(tmp_path: Path, text: str, finish: str = "stop") -> tuple[Annotation, int]:
    """What becomes of a row that is always answered like this, and how often it was asked."""

    def rule(question: AskedQuestion) -> Reply:
        return Reply(text, finish) if "row 0 " in question.user else Reply('{"topic": "Other"}')

    with ScriptedServer(rule) as server:
        found = label(server, tmp_path, number=2)["q0"]
        return found, sum("row 0 " in question.user for _, question in server.log.questions)


def test_fault_21_a_cut_off_answer_is_asked_for_once_more_with_more_room(tmp_path: Path) -> None:
    found, asked = one(tmp_path, Fault(answer='{"topic": "Sci', finish="length"))
    assert (found.topic, found.status, asked) == ("Science", "labelled", 2)
    found, asked = always(tmp_path / "b", '{"topic": "Sci', "length")
    assert (found.topic, found.status, asked) == (None, "truncated", 2)


@pytest.mark.parametrize(("finish", "status"), [("refusal", "refused"), ("filter", "filtered")])
def test_fault_22_a_refusal_is_kept_and_not_asked_again(finish: str, status: str, tmp_path: Path) -> None:
    found, asked = always(tmp_path, "I'm sorry, but I can't help with that.", finish)
    assert (found.status, asked) == (status, 1)


def test_fault_22_a_refusal_in_a_field_of_its_own_is_a_refusal(tmp_path: Path) -> None:
    body = {"choices": [{"message": {"content": None, "refusal": "That is not for me to say."}}], "model": "m-1"}
    found, asked = one(tmp_path, Fault(body=json.dumps(body).encode()))
    assert (found.status, asked) == ("refused", 1)


@pytest.mark.parametrize("scheme", ["anthropic", "google"])
def test_fault_22_a_refusal_that_names_a_topic_is_still_one(scheme: str, tmp_path: Path) -> None:
    with ScriptedServer(lambda question: Reply('{"topic": "Travel"}', "refusal")) as server:
        found = label(server, tmp_path, number=1, scheme=scheme)["q0"]
    assert (found.topic, found.status) == (None, {"anthropic": "refused", "google": "filtered"}[scheme])


def test_fault_22_a_refusal_in_plain_text_is_a_refusal(tmp_path: Path) -> None:
    assert always(tmp_path, "I'm sorry, but I can't help with that.")[0].status == "refused"


@pytest.mark.parametrize("said", ['"sciences"', '"Physics"', "7", '["Science", "Travel"]', '"Science or Travel"'])
def test_fault_23_only_an_exact_topic_counts_and_one_more_try_is_made(said: str, tmp_path: Path) -> None:
    found, asked = always(tmp_path, f'{{"topic": {said}}}')
    assert (found.topic, asked) == (None, 2)
    assert found.status in {"off_taxonomy", "unparsable"}


def test_fault_23_case_spaces_and_punctuation_do_not_matter(tmp_path: Path) -> None:
    assert always(tmp_path, '{"topic": " SCIENCE. "}')[0].topic == "Science"


@pytest.mark.parametrize(
    "text", ['{"topic": "Science", "topic": "Travel"}', '{"topic": "Science"} or {"topic": "Travel"}']
)
def test_fault_24_two_answers_are_no_answer(text: str, tmp_path: Path) -> None:
    assert always(tmp_path, text)[0].topic is None


def test_fault_24_fences_and_prose_around_one_object_are_fine(tmp_path: Path) -> None:
    assert always(tmp_path, 'Sure!\n```json\n{"topic": "Travel"}\n```\nHope this helps.')[0].topic == "Travel"


MINED = [
    "<think>The topic is Science</think>",
    "<think>Topic: Science</think>",
    '<think>{"topic": "Science"}',
    '<think>{"topic": "Science"}</think>',
    '{"reasoning": "Topic: Science", "confidence": 0.9}',
    "I would say that Science fits best here.",
]


def test_fault_25_reasoning_is_stripped_and_never_mined(tmp_path: Path) -> None:
    found, _ = always(tmp_path, '<think>Science? No.</think>{"topic": "Travel"}')
    assert found.topic == "Travel"
    assert always(tmp_path / "b", "<think>I would say Science, because")[0].topic is None
    for number, mined in enumerate(MINED):
        assert always(tmp_path / str(number), mined)[0].topic is None
    found, _ = always(tmp_path / "d", '<think>{"topic": "Science"}? No.</think>{"topic": "Travel"}')
    assert (found.topic, found.reasoning) == ("Travel", '{"topic": "Science"}? No.')


@pytest.mark.parametrize("text", ["", "   \n"])
def test_fault_26_an_empty_answer_is_asked_for_once_more(text: str, tmp_path: Path) -> None:
    found, asked = always(tmp_path, text)
    assert (found.status, asked) == ("unparsable", 2)


@pytest.mark.slow
def test_fault_26_no_choices_at_all_is_asked_for_again(tmp_path: Path) -> None:
    found, asked = one(tmp_path, Fault(body=b'{"choices": []}'))
    assert (found.status, asked) == ("labelled", 2)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.count() == 2  # an answer for each row: what held none is not kept as one


HUGE = {
    "nan": '{"topic": NaN}',
    "1e400": '{"topic": 1e400}',
    "401 digits": '{"topic": 1' + 400 * "0" + "}",
    "5,000 digits": '{"topic": ' + 5000 * "9" + "}",
    "deep array": "[" * 100_000,
    "deep object": '{"a":' * 15_000,
    "deep value": '{"topic": ' + "[" * 50_000,
    "deep and mended": "{'topic': " + "[" * 50_000,
    "5 MB": '{"topic": "' + "x" * 5_000_000 + '"}',
    "an answer after 5 MB": "x " * 2_500_000 + '{"topic": "Science"}',
    "a topic of 5 MB": '{"topic": "' + " " * 90_000 + 'Science"}',
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_fault_27_monstrous_answers_end_as_abstentions(text: str, tmp_path: Path) -> None:
    assert always(tmp_path, text)[0].topic is None


@pytest.mark.parametrize("said", ["7", "-0.1", '"high"', "null"])
def test_fault_28_a_confidence_that_means_nothing_is_unknown(said: str, tmp_path: Path) -> None:
    found, _ = always(tmp_path, f'{{"topic": "Travel", "confidence": {said}}}')
    assert (found.topic, found.confidence) == ("Travel", None)


def test_fault_29_an_echo_of_the_prompt_is_no_label(tmp_path: Path) -> None:
    shown = Example("x", "why is the sky blue?", "Science")  # stands in the prompt as an answer
    with ScriptedServer(lambda question: question.system + "\n" + question.user) as server:
        made = annotator(server.url, tmp_path, examples=(shown,))
        found = list(made.annotate(queries(3)))
        assert '{"topic": "Science"}' in server.log.questions[0][1].system
    assert [a.topic for a in found] == [None] * 3


def test_fault_30_the_same_garbage_from_everybody_stays_garbage(tmp_path: Path) -> None:
    with ScriptedServer(lambda question: "asdf") as server:
        for scheme in ("openai", "anthropic", "google"):
            found = label(server, tmp_path, number=3, scheme=scheme)
            assert {a.topic for a in found.values()} == {None}
