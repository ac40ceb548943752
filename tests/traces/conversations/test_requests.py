"""Bodies of requests in their envelopes."""

import json

import pytest

from topicsmith.traces.conversations.requests import answers, bodies, listed, not_talk

CHAT = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"messages": CHAT}, ""),
        ({"params": {"messages": CHAT}}, "params."),
        ({"request": json.dumps({"body": {"messages": CHAT}})}, "request.body."),
        ({"input": {"inputBodyJson": {"messages": CHAT}}}, "input.inputBodyJson."),
    ],
)
def test_bodies_are_found_where_logs_keep_them(row: dict[str, object], place: str) -> None:
    assert [where for where, body in bodies(row) if "messages" in body] == [place]


def test_lists_of_messages() -> None:
    assert listed(CHAT) == CHAT
    assert listed(json.dumps(CHAT)) == CHAT
    assert listed([CHAT]) == CHAT
    assert listed([["user", "Hi"]]) == [["user", "Hi"]]
    assert listed([1, 2]) is None
    assert listed({}) is None
    assert listed("text") is None


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({"url": "/v1/embeddings", "body": {"input": "x"}}, "a request to '/v1/embeddings'"),
        ({"call_type": "aembedding"}, "a request to 'aembedding'"),
        ({"request": {"path": "/v1/audio/transcriptions"}}, "a request to '/v1/audio/transcriptions'"),
        ({"body": {"model": "text-embedding-3-small"}}, "a request to the model 'text-embedding-3-small'"),
        ({"url": "/v1/chat/completions", "model": "gpt-5"}, None),
        ({"url": "/v1/responses", "call_type": "acompletion"}, None),
    ],
)
def test_what_is_no_talk_is_told(row: dict[str, object], what: str | None) -> None:
    assert not_talk(row) == what


def test_the_answer_is_found_beside_the_request() -> None:
    reply = {"choices": [{"message": {"role": "assistant", "content": "Hello"}}]}
    for row in ({"response": reply}, {"response": {"body": json.dumps(reply)}}, {"response_body": json.dumps(reply)}):
        (message,) = answers(row)
        assert (message.role, message.content) == ("assistant", "Hello")
    assert answers({"response": {"status": 200}}) == ()
