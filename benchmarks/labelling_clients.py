"""The clients of ``benchmarks/labelling.py``: each labels the same rows in a process of its own.

    python labelling_clients.py CLIENT URL ROWS FOLDER

Writes ``FOLDER/answers.json`` (row number to topic) and prints seconds and processor seconds of the labelling alone,
without the time to import its libraries.
A tool that is not ours uses its own way of asking for ``{"topic": ...}``, its own retries, and 50 calls at once.
"""

import asyncio
import importlib
import json
import resource
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

TOPICS = ("Technology", "Science", "Economics", "History", "Travel", "Health", "Other")
SYSTEM = "Choose the topic of the message: " + ", ".join(TOPICS) + '. Answer with JSON: {"topic": ...}'
TIMEOUT_S = 3.0
AT_ONCE = 50
MODEL = "gpt-4o-mini"


def text_of(row: int) -> str:
    """The message of a row."""
    return f"row {row} asks how something works that people ask about every day, in about twenty words or so"


def topicsmith_(url: str, rows: int, folder: Path) -> dict[int, str]:
    """Ours: the annotator, its prompt, its ledger."""
    from topicsmith.labels.annotators.llm import PromptedAnnotator
    from topicsmith.labels.questions import Questions
    from topicsmith.llm.http import ClientSettings
    from topicsmith.llm.prompts import load_prompt
    from topicsmith.llm.providers import provider
    from topicsmith.llm.requests.answer_room import AnswerRoom
    from topicsmith.llm.requests.pacing import PacingSettings
    from topicsmith.llm.requests.types import EngineSettings
    from topicsmith.records import Query
    from topicsmith.taxonomy import Taxonomy, Topic

    questions = Questions(MODEL, load_prompt("v2", folder), Taxonomy(tuple(map(Topic, TOPICS)), "Other"), "json")
    room = AnswerRoom(0)
    settings = EngineSettings(
        PacingSettings(AT_ONCE), ClientSettings(total_s=TIMEOUT_S),
        follow_up=partial(questions.follow_up, room), fit=room.fit,
    )  # fmt: skip
    wire = provider("openai", MODEL, {"OPENAI_API_KEY": "sk-x", "OPENAI_BASE_URL": f"{url}/v1"})
    annotator = PromptedAnnotator("openai:m", questions, wire, folder / "ledger.sqlite", settings)
    queries = [Query(str(row), text_of(row), str(row)) for row in range(rows)]
    return {int(a.query_id): a.topic for a in annotator.annotate(queries) if a.topic is not None}


def bare(url: str, rows: int, _: Path) -> dict[int, str]:
    """What one writes first: aiohttp, a semaphore, no retries, nothing kept."""
    import aiohttp

    found: dict[int, str] = {}

    async def one(session: aiohttp.ClientSession, gate: asyncio.Semaphore, row: int) -> None:
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text_of(row)}]
        async with gate:
            try:
                async with session.post(f"{url}/v1/chat/completions", json={"model": MODEL, "messages": messages}) as r:
                    value = await r.json()
                found[row] = json.loads(value["choices"][0]["message"]["content"])["topic"]
            except (aiohttp.ClientError, TimeoutError, KeyError, json.JSONDecodeError):
                return

    async def every() -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session:
            await asyncio.gather(*(one(session, gate, row) for row in range(rows)))

    asyncio.run(every())
    return found


def openai(url: str, rows: int, _: Path) -> dict[int, str]:
    """The OpenAI SDK with its own retries."""
    from openai import AsyncOpenAI, OpenAIError

    found: dict[int, str] = {}

    async def every() -> None:
        client = AsyncOpenAI(api_key="sk-x", base_url=f"{url}/v1", timeout=TIMEOUT_S)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(row: int) -> None:
            messages: Any = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text_of(row)}]
            async with gate:
                try:
                    answer = await client.chat.completions.create(model=MODEL, messages=messages)
                    found[row] = json.loads(answer.choices[0].message.content or "")["topic"]
                except (OpenAIError, json.JSONDecodeError, KeyError):
                    return

        await asyncio.gather(*(one(row) for row in range(rows)))

    asyncio.run(every())
    return found


def instructor(url: str, rows: int, _: Path) -> dict[int, str]:
    """The library instructor over the OpenAI SDK, with its retries."""
    from typing import Literal

    import instructor as tool
    from instructor.core import InstructorError
    from openai import AsyncOpenAI, OpenAIError
    from pydantic import BaseModel, ValidationError

    class Choice(BaseModel):
        topic: Literal["Technology", "Science", "Economics", "History", "Travel", "Health", "Other"]

    found: dict[int, str] = {}

    async def every() -> None:
        plain = AsyncOpenAI(api_key="sk-x", base_url=f"{url}/v1", timeout=TIMEOUT_S)
        client = tool.from_openai(plain, mode=tool.Mode.JSON)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(row: int) -> None:
            messages: Any = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text_of(row)}]
            async with gate:
                try:
                    answer = await client.chat.completions.create(
                        model=MODEL, messages=messages, response_model=Choice, max_retries=3
                    )
                    found[row] = answer.topic
                except (OpenAIError, InstructorError, ValidationError):
                    return

        await asyncio.gather(*(one(row) for row in range(rows)))

    asyncio.run(every())
    return found


def curator(url: str, rows: int, folder: Path) -> dict[int, str]:
    """Bespoke Labs' curator, with its cache in the folder."""
    import os

    os.environ |= {
        "OPENAI_API_KEY": "sk-x",
        "CURATOR_CACHE_DIR": str(folder / "cache"),
        "TELEMETRY_ENABLED": "false",
        "CURATOR_DISABLE_RICH_DISPLAY": "1",
        "HF_HUB_OFFLINE": "1",
    }
    import tiktoken
    from bespokelabs import curator as tool

    class FourCharacters:
        """Counts tokens without the vocabulary that tiktoken would fetch over the network."""

        def encode(self, text: str, **_: object) -> list[int]:
            return [0] * (len(text) // 4)

    tiktoken.get_encoding = tiktoken.encoding_for_model = lambda *_: FourCharacters()

    class Labeller(tool.LLM):
        def prompt(self, row: dict[str, Any]) -> list[dict[str, str]]:
            return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text_of(row["row"])}]

        def parse(self, row: dict[str, Any], response: str) -> dict[str, Any]:
            return {"row": row["row"], "topic": json.loads(response)["topic"]}

    parameters = {
        "base_url": f"{url}/v1",
        "max_concurrent_requests": AT_ONCE,
        "max_requests_per_minute": 1_000_000,
        "max_tokens_per_minute": 1_000_000_000,
        "request_timeout": int(TIMEOUT_S),
        "max_retries": 10,
        "require_all_responses": False,
    }
    labeller = Labeller(model_name=MODEL, backend="openai", backend_params=parameters)
    answered = labeller([{"row": row} for row in range(rows)])
    table = getattr(answered, "dataset", answered)
    return {item["row"]: item["topic"] for item in table}


CLIENTS = {"topicsmith": topicsmith_, "bare": bare, "openai": openai, "instructor": instructor, "curator": curator}

MODULES = {
    "topicsmith": ["topicsmith.labels.annotators.llm", "topicsmith.llm.requests.scheduler", "aiohttp"],
    "bare": ["aiohttp"],
    "openai": ["openai"],
    "instructor": ["instructor", "openai"],
    "curator": ["bespokelabs.curator"],
}


def main(client: str, url: str, rows: int, folder: Path) -> None:
    """Label, and tell."""
    born = time.monotonic()
    for module in MODULES[client]:
        importlib.import_module(module)
    began, used = time.monotonic(), time.process_time()
    found = CLIENTS[client](url, rows, folder)
    seconds, cpu = time.monotonic() - began, time.process_time() - used
    (folder / "answers.json").write_text(json.dumps(found))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu_s": cpu, "peak_mb": peak, "start_s": began - born}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
