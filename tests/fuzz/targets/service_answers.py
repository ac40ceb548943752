"""Answers of services, of every status, online and in batches: an answer or a failure with its kind."""

from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

from tests.fuzz.harness import Target
from topicsmith.errors import UpstreamError
from topicsmith.llm.batches.anthropic import AnthropicBatches
from topicsmith.llm.batches.base import BatchInterface
from topicsmith.llm.batches.google import GoogleBatches
from topicsmith.llm.batches.openai import OpenAIBatches
from topicsmith.llm.providers import provider

KEYS = {"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k", "GOOGLE_API_KEY": "k", "TOGETHER_API_KEY": "k"}
BATCHES = (
    (OpenAIBatches, "https://api/v1/chat/completions"),
    (AnthropicBatches, "https://api/v1/messages"),
    (GoogleBatches, "https://api/v1beta/models/m:generateContent"),
)


def _read(path: Path) -> None:
    body = path.read_bytes()
    for name, status in product(("openai", "anthropic", "google", "together"), (200, 400, 429, 500)):
        _tried(partial(provider(name, "m", KEYS).decode, status, {}, body))
    for batches, url in BATCHES:
        made = batches(url, {}, partial(_answer, body))
        _tried(partial(made.state, "j"))
        _tried(partial(_results, made))
        _tried(partial(made.find, "n", 1, 0.0, set()))
        _tried(partial(made.submit, "n", []))


def _answer(answer: bytes, *_: object) -> bytes:
    return answer


def _results(made: BatchInterface) -> None:
    list(made.results("j", ["a"]))


def _tried(ask: Callable[[], object]) -> None:
    try:
        ask()
    except UpstreamError as failure:
        if len(str(failure)) > 2000:
            raise AssertionError(f"{len(str(failure)):,} characters: {failure}"[:300]) from failure


TARGET = Target(_read, suffix=".json")
