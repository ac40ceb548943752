import pytest

from topicsmith.errors import UpstreamError
from topicsmith.llm.batches.base import BatchState, identity, is_too_much, json_lines, read_object


@pytest.mark.parametrize(
    "line", [b'{"custom_id": "a', b"\x00\x00", b"[2]", b"null", b"\xff\xfe", b'{"a": 1} {"b": 2}', b"<html>"]
)
def test_a_line_that_is_no_object_loses_no_other(line: bytes) -> None:
    assert list(json_lines(b'{"a": 1}\n\n' + line + b'\n{"b": 2}\n')) == [{"a": 1}, None, {"b": 2}]


def test_an_answer_that_is_no_object_is_refused() -> None:
    with pytest.raises(UpstreamError, match="openai files"):
        read_object(b"<html>", "openai files")


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
    assert BatchState(True, "failed", said).too_much
    assert not is_too_much("Invalid model in line 3")
    assert not BatchState(True, "failed", "Invalid model in line 3").too_much


def test_a_name_that_is_no_text_is_nobodys() -> None:
    assert [identity(value) for value in ("a", 7, None, ["a"])] == ["a", "", "", ""]
