import io
import json

import anthropic
import openai

from topicsmith.testing.model_server import ScriptedServer


def test_the_official_openai_client_takes_a_batch_from_start_to_end() -> None:
    with ScriptedServer(lambda question: f"about {question.user}") as server:
        client = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        body = {"model": "m", "messages": [{"role": "user", "content": "U"}]}
        line = {"custom_id": "one", "method": "POST", "url": "/v1/chat/completions", "body": body}
        server.batches.files["file-9"] = json.dumps(line).encode()
        job = client.batches.create(
            input_file_id="file-9", endpoint="/v1/chat/completions", completion_window="24h", metadata={"a": "b"}
        )
        states = [client.batches.retrieve(job.id).status for _ in range(2)]
        done = client.batches.retrieve(job.id)
        assert done.output_file_id is not None
        result = json.loads(io.BytesIO(client.files.content(done.output_file_id).content).readline())
        client.close()
    assert states == ["in_progress", "completed"]
    assert result["custom_id"] == "one"
    assert result["response"]["body"]["choices"][0]["message"]["content"] == "about U"


def test_the_official_anthropic_client_takes_a_batch_from_start_to_end() -> None:
    with ScriptedServer(lambda question: f"about {question.user}") as server:
        client = anthropic.Anthropic(api_key="k", base_url=server.url)
        params = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "U"}]}
        job = client.messages.batches.create(requests=[{"custom_id": "one", "params": params}])  # type: ignore[typeddict-item]  # plain data
        states = [client.messages.batches.retrieve(job.id).processing_status for _ in range(2)]
        client.close()
    assert states == ["in_progress", "ended"]
