import pytest

from topicsmith.errors import UpstreamError
from topicsmith.llm.batches.base import identity, is_full, is_too_much, read_id, read_object
from topicsmith.llm.errors import Malformed


def test_an_answer_that_is_no_object_is_refused() -> None:
    with pytest.raises(UpstreamError, match="openai files"):
        read_object(b"<html>", "openai files")


FULL = {
    "Enqueued token limit reached for m-1 in organization org-1. Limit: 90,000 enqueued tokens.",
    "token_limit_exceeded",
    "RESOURCE_EXHAUSTED",
}


@pytest.mark.parametrize(
    "said",
    [
        "Enqueued token limit reached for m-1 in organization org-1. Limit: 90,000 enqueued tokens.",
        "token_limit_exceeded",
        "The batch input file is too large",
        "Batch exceeds the maximum number of requests",
        "RESOURCE_EXHAUSTED",
        "Too many requests in this batch",
    ],
)
def test_a_job_that_is_too_much_is_told_from_one_that_is_wrong(said: str) -> None:
    assert is_too_much(said)
    assert not is_too_much("Invalid model in line 3")
    assert is_full(said) == (said in FULL)


def test_a_name_that_is_no_text_is_nobodys() -> None:
    assert [identity(value) for value in ("a", 7, None, ["a"])] == ["a", "", "", ""]


def test_money_that_is_gone_is_no_full_queue() -> None:
    assert not is_too_much("You exceeded your current quota, please check your plan and billing details")
    assert not is_too_much("insufficient_quota")


@pytest.mark.parametrize("value", [{}, {"id": 7}, {"id": ""}])
def test_an_answer_without_an_id_is_none(value: dict[str, object]) -> None:
    with pytest.raises(Malformed, match="without 'id'"):
        read_id(value, "id", "openai batches")
