"""Three shapes of asking and answering."""

import pytest

from tests.serving.fakes import said, served
from topicsmith.serving.http.shapes import (
    classify_answer,
    models_answer,
    predict_answer,
    read_classify,
    read_predict,
    read_vllm,
    vllm_answer,
)
from topicsmith.serving.records import Asked, Limits, Said
from topicsmith.serving.refusals import RefusedError

LIMITS = Limits(items=3, text_characters=100)


def probable(a: float) -> Said:
    return Said("A" if a >= 0.5 else "B", None, max(a, 1 - a), True, "ok", None, {"A": a, "B": 1 - a})


def test_a_text_a_list_and_messages() -> None:
    assert read_classify({"text": "x"}, LIMITS).texts == ["x"]
    found = read_classify({"texts": ["x", "", {"text": "y"}], "probabilities": True, "threshold": 0.5}, LIMITS)
    assert found.items == (Asked("x"), Asked(None, "empty", "a text of nothing but space"), Asked("y"))
    assert (found.batch, found.probabilities, found.threshold) == (True, True, 0.5)
    assert read_classify({"messages": [{"role": "user", "content": "x"}]}, LIMITS).texts == ["x"]
    assert read_classify({"contents": [{"parts": [{"text": "x"}]}], "probabilities": True}, LIMITS).probabilities
    asked = {"model": "gpt", "input": [{"role": "user", "content": "x"}], "timeout_s": 2}
    assert (read_classify(asked, LIMITS).texts, read_classify(asked, LIMITS).deadline_s) == (["x"], 2.0)
    assert read_classify({"texts": []}, LIMITS).items == ()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "has no 'text', 'texts' or 'messages'"),
        ({"text": "x", "texts": []}, "'text' and 'texts' are both given"),
        ({"texts": "x"}, "'texts' is not a list"),
        ({"text": "x", "treshold": 1}, "'treshold' is not a field"),
        ({"text": "x", "threshold": 2}, "'threshold' is not a number from 0 to 1"),
        ({"text": "x", "threshold": True}, "'threshold' is not a number from 0 to 1"),
        ({"text": "x", "timeout_s": "1"}, "'timeout_s' is not a number"),
        ({"text": "x", "probabilities": 1}, "'probabilities' is not true or false"),
        ({"text": "x", "model": 1}, "'model' is not a text"),
        ({"texts": ["x"] * 4}, "4 items; at most 3"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(body: dict[str, object], told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        read_classify(body, LIMITS)


def test_one_answer_an_item_whatever_it_is() -> None:
    asked = read_classify({"texts": ["x", "", "y"], "threshold": 0.8, "probabilities": True}, LIMITS)
    failed = Said(None, None, None, False, "refused", "t2")
    document, statuses = classify_answer(asked, [probable(0.7), failed], served())
    assert document == {
        "model": "fake@1",
        "taxonomy": None,
        "predictions": [
            {"topic": "A", "subtopic": None, "confidence": 0.7, "status": "review",
             "probabilities": {"A": 0.7, "B": pytest.approx(0.3)}},
            {"topic": None, "subtopic": None, "confidence": None, "status": "empty",
             "problem": "a text of nothing but space"},
            {"topic": None, "subtopic": None, "confidence": None, "status": "failed", "problem": "refused",
             "taxonomy": "t2"},
        ],
    }  # fmt: skip
    assert statuses == {"review": 1, "empty": 1, "failed": 1}


def test_the_version_of_the_topics_is_the_answers_own_or_that_of_the_model() -> None:
    asked = read_classify({"text": "x"}, LIMITS)
    plain, _ = classify_answer(asked, [said("A")], served())
    edited, _ = classify_answer(asked, [said("A", "t9")], served())
    assert isinstance(plain, dict)
    assert isinstance(edited, dict)
    assert (plain["taxonomy"], edited["taxonomy"]) == ("t1", "t9")
    assert edited["predictions"][0]["taxonomy"] == "t9"


def test_the_runs_own_threshold_holds_where_none_is_named() -> None:
    asked = read_classify({"text": "x"}, LIMITS)
    unsure = Said("A", None, 0.9, False, "ok", None)
    assert classify_answer(asked, [unsure], served())[1] == {"review": 1}


@pytest.mark.parametrize("inputs", ["x", ["x"]])
def test_text_embeddings_inference_one_text(inputs: object) -> None:
    asked = read_predict({"inputs": inputs}, LIMITS)
    assert predict_answer(asked, [probable(0.25)]) == [{"score": 0.75, "label": "B"}, {"score": 0.25, "label": "A"}]


def test_text_embeddings_inference_a_batch() -> None:
    asked = read_predict({"inputs": [["x"], ["y"]], "truncate": True}, LIMITS)
    found = predict_answer(asked, [probable(0.25), probable(1.0)])
    assert isinstance(found, list)
    assert [rows[0]["label"] for rows in found] == ["B", "A"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"inputs": ["x", "y"]}, "pairs of texts are not classified"),
        ({"inputs": ["x", "y", "z"]}, "'inputs' is not"),
        ({"inputs": [["x", "y"]]}, "pairs of texts are not classified"),
        ({"inputs": 5}, "'inputs' is not"),
        ({}, "'inputs' is not"),
        ({"inputs": []}, "'inputs' is not"),
        ({"inputs": "x", "raw_scores": True}, "'raw_scores' are not kept"),
    ],
)
def test_text_embeddings_inference_what_is_not_answered(body: dict[str, object], told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        read_predict(body, LIMITS)


def test_vllm() -> None:
    asked = read_vllm({"model": "fake", "input": ["x" * 40, "y"]}, LIMITS)
    assert asked.model == "fake"
    found = vllm_answer(asked, [probable(0.25), probable(1.0)], served())
    assert isinstance(found, dict)
    assert found["id"].startswith("classify-")
    assert found["data"] == [
        {"index": 0, "label": "B", "probs": [0.25, 0.75], "num_classes": 2},
        {"index": 1, "label": "A", "probs": [1.0, 0.0], "num_classes": 2},
    ]
    assert found["usage"]["prompt_tokens"] == 14
    assert read_vllm({"input": "x"}, LIMITS).texts == ["x"]
    assert read_vllm({"messages": [{"role": "user", "content": "x"}]}, LIMITS).texts == ["x"]


@pytest.mark.parametrize("body", [{}, {"input": []}, {"input": [1, 2]}, {"input": None}])
def test_vllm_what_is_not_answered(body: dict[str, object]) -> None:
    with pytest.raises(RefusedError, match="'input' is not a text"):
        read_vllm(body, LIMITS)


def test_shapes_that_cannot_say_that_an_item_failed_refuse_it() -> None:
    asked = read_vllm({"input": ["x", ""]}, LIMITS)
    with pytest.raises(RefusedError, match="item 1: a text of nothing but space"):
        vllm_answer(asked, [probable(0.5)], served())
    asked = read_predict({"inputs": "x"}, LIMITS)
    with pytest.raises(RefusedError, match=r"item 0 failed \(refused\)") as found:
        predict_answer(asked, [Said(None, None, None, False, "refused", None)])
    assert found.value.status == 500
    with pytest.raises(RefusedError, match="gives no probabilities"):
        predict_answer(asked, [said("A")])


def test_the_models_are_listed_as_openais_clients_read_them() -> None:
    assert models_answer(served()) == {
        "object": "list",
        "data": [
            {"id": "fake@1", "object": "model", "created": 1, "owned_by": "topicsmith", "kind": "fake",
             "topics": ("A", "B"), "taxonomy": "t1"}
        ],
    }  # fmt: skip
