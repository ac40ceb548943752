"""OpenAI's chat completions, which vLLM, Ollama, llama.cpp, Together and most gateways speak as well.

Reference: https://platform.openai.com/docs/api-reference/chat; the tests hold bodies and answers against the types of
the official client.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from topicsmith.llm.errors import Malformed
from topicsmith.llm.providers.counts import Counts
from topicsmith.llm.providers.logprobs import along, chat_tokens
from topicsmith.llm.providers.responses import failure, failure_in, items, mapping, read_body, refused, text
from topicsmith.llm.spotlighting import clean
from topicsmith.llm.thinking import Thinking, output_cap, thinking
from topicsmith.llm.types import Answer, ChatRequest, FinishReason, HttpRequest
from topicsmith.records import Usage

_FINISH: Mapping[str, FinishReason] = {
    "stop": "stop", "eos": "stop", "length": "length", "max_tokens": "length", "content_filter": "filter",
    "refusal": "refusal",
}  # fmt: skip


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
        known = self._thinking(request.model)
        body["max_completion_tokens" if self.own_service else "max_tokens"] = self.output_cap(request)
        body.update(known.least)
        if request.temperature is not None and known.temperature:
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

    def output_cap(self, request: ChatRequest) -> int:
        """The most tokens that an answer and the thoughts before it may take."""
        return output_cap(request, self._thinking(request.model))

    def _thinking(self, model: str) -> Thinking:
        return thinking("openai" if self.own_service else "open", model)

    def decode(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        """Read a response.

        Raises:
            ProviderFailure: of the kind that says what it means for the row and the run.
        """
        headers = {name.lower(): value for name, value in headers.items()}
        if status != 200:
            return refused(self.name, status, headers, body)
        value = read_body(self.name, headers, body)
        choices = items(value.get("choices"))
        if not choices:
            if value.get("error") is not None:
                raise failure(self.name, 200, headers, body)
            raise Malformed(f"{self.name}: a response without a choice", status=200)
        choice = mapping(choices[0])
        if choice.get("error") or choice.get("finish_reason") == "error":
            raise failure_in(self.name, choice.get("error"), headers)
        message = mapping(choice.get("message"))
        finish = _FINISH.get(text(choice.get("finish_reason")), "other")
        refusal = text(message.get("refusal"))
        if refusal:
            return Answer(refusal, "refusal", _usage(value), text(value.get("model")) or None)
        written = _content(message.get("content"))
        if not written.strip() and finish == "stop" and self.no_thinking_template:
            written = _misfiled(message)
        served = text(value.get("model")) or None
        return Answer(written, finish, _usage(value), served, along(written, chat_tokens(choice)))


def _misfiled(message: Mapping[str, object]) -> str:
    """An answer that a vLLM server with a reasoning parser files among thoughts, since it was told not to think.

    Only a whole JSON object counts (https://github.com/vllm-project/vllm/issues/19222).
    """
    written = text(message.get("reasoning_content")) or text(message.get("reasoning"))
    try:
        return written if isinstance(orjson.loads(written), dict) else ""
    except orjson.JSONDecodeError:
        return ""


def _content(value: object) -> str:
    if isinstance(value, list):
        return "".join(text(mapping(part).get("text")) for part in value)
    return text(value)


def _usage(value: Mapping[str, object]) -> Usage:
    counts = Counts(value.get("usage"), "total_tokens")
    return Usage(
        *counts.input_and_output("prompt_tokens", ("completion_tokens",)),
        cached_tokens=Counts(counts.of("prompt_tokens_details")).get("cached_tokens"),
        reasoning_tokens=Counts(counts.of("completion_tokens_details")).get("reasoning_tokens"),
    )
