import pytest

from topicsmith.errors import UpstreamError
from topicsmith.llm.batches.base import json_lines, read_object


def test_lines_may_be_empty_but_not_something_else() -> None:
    assert list(json_lines(b'{"a": 1}\n\n{"b": 2}\n')) == [{"a": 1}, {"b": 2}]
    with pytest.raises(UpstreamError, match="line 2"):
        list(json_lines(b'{"a": 1}\n[2]'))


def test_an_answer_that_is_no_object_is_refused() -> None:
    with pytest.raises(UpstreamError, match="openai files"):
        read_object(b"<html>", "openai files")
