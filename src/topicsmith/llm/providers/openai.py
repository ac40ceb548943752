"""OpenAI's chat completions, which vLLM, Ollama, llama.cpp, Together and most gateways speak as well.

Reference: https://platform.openai.com/docs/api-reference/chat; the tests hold bodies and answers against the types of
the official client.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from topicsmith.llm.errors import Malformed
from topicsmith.llm.providers.responses import count, error_of, failure, items, mapping, read_body, text
from topicsmith.llm.spotlighting import clean
from topicsmith.llm.types import Answer, ChatRequest, FinishReason, HttpRequest
from topicsmith.records import Usage

_FINISH: Mapping[str, FinishReason] = {
    "stop": "stop", "eos": "stop", "length": "length", "max_tokens": "length", "content_filter": "filter",
    "refusal": "refusal",
}  # fmt: skip
_THINKS = re.compile(r"(?:ft:)?(?:o\d|gpt-(?:[5-9]|\d\d))")
_THINKING_ROOM = 2048
_FILTERED = frozenset({"content_filter", "content_policy_violation"})


@dataclass(frozen=True, slots=True)
class ChatCompletions:
    """Chat completions at ``address``.

    ``own_service`` is OpenAI itself, whose models that think take no temperature, and count their thoughts against the
    room for the answer. ``no_thinking_template`` asks a vLLM server to leave thinking out, as Qwen3's template allows.
    """

    name: str
    address: str
    key: str | None = field(repr=False)
    own_service: bool = False
    no_thinking_template: bool = False

    def encode(self, request: ChatRequest) -> HttpRequest:
        """The HTTP request for ``request``."""
        body: dict[str, object] = {
            "model": request.model,
            "messages": [
                {"role": "system", "content": clean(request.system)},
                {"role": "user", "content": clean(request.user)},
            ],
        }
        room = thinking_room(request.model) if self.own_service else 0
        body["max_completion_tokens" if self.own_service else "max_tokens"] = request.max_output_tokens + room
        if request.temperature is not None and not room:
            body["temperature"] = request.temperature
        if request.seed is not None:
            body["seed"] = request.seed
        if request.schema is not None:
            schema = {"name": "answer", "strict": True, "schema": dict(request.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if self.no_thinking_template:
            body["chat_template_kwargs"] = {"enable_thinking": False}
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        return HttpRequest(f"{self.address}/chat/completions", headers, orjson.dumps(body))

    def decode(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        """Read a response.

        Raises:
            ProviderFailure: of the kind that says what it means for the row and the run.
        """
        headers = {name.lower(): value for name, value in headers.items()}
        if status != 200:
            return self._filtered_or_raise(status, headers, body)
        value = read_body(self.name, headers, body)
        choices = items(value.get("choices"))
        if not choices:
            if value.get("error") is not None:
                raise failure(self.name, 200, headers, body)
            raise Malformed(f"{self.name}: a response without a choice", status=200)
        choice = mapping(choices[0])
        message = mapping(choice.get("message"))
        finish = _FINISH.get(text(choice.get("finish_reason")), "other")
        refusal = text(message.get("refusal"))
        if refusal:
            return Answer(refusal, "refusal", _usage(value), text(value.get("model")) or None)
        return Answer(_content(message.get("content")), finish, _usage(value), text(value.get("model")) or None)

    def _filtered_or_raise(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        found = failure(self.name, status, headers, body)
        try:
            code = error_of(orjson.loads(body)).get("code")
        except orjson.JSONDecodeError:
            code = None
        if status == 400 and code in _FILTERED:
            return Answer("", "filter", Usage(), None)
        raise found


def thinking_room(model: str) -> int:
    """The tokens that the thoughts of OpenAI's ``model`` may take beside the answer; 0 when it has none."""
    return _THINKING_ROOM if _THINKS.match(model) else 0


def _content(value: object) -> str:
    if isinstance(value, list):
        return "".join(text(mapping(part).get("text")) for part in value)
    return text(value)


def _usage(value: Mapping[str, object]) -> Usage:
    usage = mapping(value.get("usage"))
    return Usage(
        input_tokens=count(usage.get("prompt_tokens")),
        output_tokens=count(usage.get("completion_tokens")),
        cached_tokens=count(mapping(usage.get("prompt_tokens_details")).get("cached_tokens")),
        reasoning_tokens=count(mapping(usage.get("completion_tokens_details")).get("reasoning_tokens")),
    )
