import pytest

from topicsmith.testing.model_server.formats import (
    AskedQuestion,
    Reply,
    read_question,
    wire_of,
    write_error,
    write_reply,
)


@pytest.mark.parametrize(
    ("path", "wire"),
    [
        ("/v1/chat/completions", "openai"),
        ("/v1/messages", "anthropic"),
        ("/v1beta/models/gemini-3.5-flash:generateContent?alt=json", "google"),
        ("/v1/embeddings", None),
    ],
)
def test_the_path_tells_the_wire(path: str, wire: str | None) -> None:
    assert wire_of(path) == wire


def test_parts_are_joined_and_roles_told_apart() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    body = {"model": "m", "messages": [{"role": "developer", "content": "S"}, {"role": "user", "content": parts}]}
    question = read_question("openai", "/v1/chat/completions", body, {})
    assert (question.model, question.system, question.user) == ("m", "S", "a\nb")


@pytest.mark.parametrize(
    ("wire", "finish", "path"),
    [
        ("openai", "length", lambda body: body["choices"][0]["finish_reason"]),
        ("anthropic", "max_tokens", lambda body: body["stop_reason"]),
        ("google", "MAX_TOKENS", lambda body: body["candidates"][0]["finishReason"]),
    ],
)
def test_a_cut_answer_says_so_in_the_providers_word(wire: str, finish: str, path: object) -> None:
    assert callable(path)
    body = write_reply(AskedQuestion(wire, "m", "", "", {}), Reply("half", "length"), 1)
    assert path(body) == finish


def test_errors_are_worded_as_the_provider_does() -> None:
    assert b'"rate_limit_error"' in write_error("anthropic", 429, "slow")
    assert b'"RESOURCE_EXHAUSTED"' in write_error("google", 429, "slow")
    assert b'"message":"slow"' in write_error("openai", 429, "slow")
