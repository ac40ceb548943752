"""A plain provider and short ways to ask, for tests of the engine."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import orjson

from topicsmith.llm.errors import AuthRefused, BadRequest, Malformed, QuotaExhausted, RateLimited, TooLarge, Transient
from topicsmith.llm.http import ClientSettings
from topicsmith.llm.requests.engine import ask_all
from topicsmith.llm.requests.pacing import PacingSettings
from topicsmith.llm.requests.types import Ask, AskOutcome, EngineSettings
from topicsmith.llm.types import Answer, ChatRequest, HttpRequest
from topicsmith.records import Usage


class PlainProvider:
    """The smallest mapping of OpenAI's chat completions that the engine can work with."""

    name = "plain"

    def __init__(self, url: str) -> None:
        self.url = url

    def encode(self, request: ChatRequest) -> HttpRequest:
        messages = [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}]
        body = {"model": request.model, "messages": messages, "max_tokens": request.max_output_tokens}
        return HttpRequest(f"{self.url}/v1/chat/completions", {"Authorization": "Bearer key"}, orjson.dumps(body))

    def output_cap(self, request: ChatRequest) -> int:
        return request.max_output_tokens

    def decode(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        if status == 429:
            asked = headers.get("retry-after")
            raise RateLimited("429", status=429, retry_after_s=float(asked) if asked else None)
        kinds = {400: BadRequest, 401: AuthRefused, 402: QuotaExhausted, 413: TooLarge}
        if status != 200:
            raise kinds.get(status, Transient)(f"answer {status}", status=status)
        try:
            value = orjson.loads(body)
            choice, usage = value["choices"][0], value["usage"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise Malformed("no chat completion", status=200) from error
        tokens = Usage(usage["prompt_tokens"], usage["completion_tokens"])
        return Answer(choice["message"]["content"], choice["finish_reason"], tokens, value["model"])


def rows(number: int, start: int = 0) -> list[Ask]:
    """Questions that differ."""
    return [Ask(f"q{n}", ChatRequest("m-1", "Which topic?", f"row {n}")) for n in range(start, start + number)]


def quick(concurrency: int = 20, total_s: float = 5.0, drain_s: float = 5.0, **more: object) -> EngineSettings:
    """Settings with short deadlines."""
    pacing = PacingSettings(concurrency, attempts=4, first_answer_s=20.0)
    client = ClientSettings(total_s=total_s, connect_s=2.0)
    return EngineSettings(pacing, client, drain_s=drain_s, **more)  # type: ignore[arg-type]  # fields by name


def ask(url: str, asks: Iterable[Ask], ledger: Path, settings: EngineSettings | None = None) -> dict[str, AskOutcome]:
    """Ask everything; gives the outcomes by id, and fails when one comes twice."""
    found: dict[str, AskOutcome] = {}
    with ask_all(asks, PlainProvider(url), ledger, settings or quick()) as outcomes:
        for outcome in outcomes:
            assert outcome.id not in found
            found[outcome.id] = outcome
    return found
