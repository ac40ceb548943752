import json

from topicsmith.llm.providers.together import together
from topicsmith.llm.types import ChatRequest


def test_together_is_chat_completions_with_the_older_spelling(question: ChatRequest) -> None:
    request = together("https://api.together.ai/v1", "tgp-canary").encode(question)
    body = json.loads(request.body)
    assert request.url == "https://api.together.ai/v1/chat/completions"
    assert body["max_tokens"] == 64
    assert body["response_format"]["type"] == "json_schema"
    assert body["temperature"] == 0.0
