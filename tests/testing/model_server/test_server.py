import threading

import anthropic
import openai
import pytest
from google import genai

from topicsmith.testing.model_server import AskedQuestion, Fault, Reply, ScriptedServer


def rule(question: AskedQuestion) -> Reply:
    return Reply(f"{question.wire}: {question.system} / {question.user}", input_tokens=11, output_tokens=3)


def test_the_official_openai_client_works_against_it() -> None:
    with ScriptedServer(rule) as server, openai.OpenAI(api_key="k", base_url=f"{server.url}/v1") as client:
        answer = client.chat.completions.create(
            model="m", messages=[{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]
        )
    assert answer.choices[0].message.content == "openai: S / U"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (11, 3)


def test_the_official_anthropic_client_works_against_it() -> None:
    with ScriptedServer(rule) as server, anthropic.Anthropic(api_key="k", base_url=server.url) as client:
        answer = client.messages.create(
            model="m", max_tokens=9, system="S", messages=[{"role": "user", "content": "U"}]
        )
    [block] = answer.content
    assert block.type == "text"
    assert block.text == "anthropic: S / U"
    assert (answer.stop_reason, answer.usage.output_tokens) == ("end_turn", 3)


def test_the_official_google_client_works_against_it() -> None:
    with ScriptedServer(rule) as server:
        client = genai.Client(api_key="k", http_options=genai.types.HttpOptions(base_url=server.url))
        config = genai.types.GenerateContentConfig(system_instruction="S")
        answer = client.models.generate_content(model="m", contents="U", config=config)
        client.close()
    assert answer.text == "google: S / U"
    assert answer.usage_metadata is not None
    assert answer.usage_metadata.candidates_token_count == 3


def test_a_table_answers_by_the_users_whole_text_and_calls_are_counted() -> None:
    with ScriptedServer(
        {"U": "from the table"}, faults=lambda number, question: Fault(status=500) if number == 0 else None
    ) as server:
        client = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0)
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "U"}])
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "U"}])
        client.close()
        assert answer.choices[0].message.content == "from the table"
        assert (server.calls, server.answers, dict(server.log.paid)) == (2, 1, {("m", "U"): 1})


def test_more_calls_at_once_than_the_limit_are_refused() -> None:
    codes: list[int] = []
    waits: list[str] = []
    with ScriptedServer(rule, latency_s=0.3, limit=1) as server:

        def call() -> None:
            with openai.OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0) as client:
                try:
                    client.chat.completions.create(model="m", messages=[{"role": "user", "content": "U"}])
                    codes.append(200)
                except openai.RateLimitError as error:
                    waits.append(error.response.headers["retry-after"])
                    codes.append(429)

        threads = [threading.Thread(target=call) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(codes) in ([200, 429, 429], [200, 200, 429], [200, 200, 200])
    assert codes.count(429) == server.log.refused
    assert set(waits) <= {"1"}
