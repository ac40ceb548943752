"""Short ways to ask in batches, and a server whose queue has a limit, for tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from topicsmith.llm.batches.run import BatchAnswerStream
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.providers import provider
from topicsmith.llm.requests.types import Ask, AskOutcome, EngineSettings
from topicsmith.llm.types import ChatRequest, Provider
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

WIRES = ["openai", "anthropic", "google"]
Own = Callable[[], tuple[int, bytes]]


def said(question: AskedQuestion) -> Reply:
    return Reply(f"about {question.user}", input_tokens=10, output_tokens=2)


def wire(name: str, url: str) -> Provider:
    environ = {
        "OPENAI_BASE_URL": f"{url}/v1", "ANTHROPIC_BASE_URL": url, "GOOGLE_GEMINI_BASE_URL": url,
        "OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k", "GOOGLE_API_KEY": "k",
    }  # fmt: skip
    return provider(name, "m-1", environ)


def rows(number: int) -> list[Ask]:
    return [Ask(f"q{n}", ChatRequest("m-1", "s", f"row {n}")) for n in range(number)]


def ask(
    server: ScriptedServer,
    path: Path,
    asked: int | Sequence[Ask],
    name: str = "openai",
    denied_s: float = 20.0,
    patience_s: float = 20.0,
) -> tuple[dict[str, AskOutcome], list[str]]:
    """Ask so many rows, or these; gives the outcomes by id, and what was said."""
    lines: list[str] = []
    asks = rows(asked) if isinstance(asked, int) else asked
    settings = EngineSettings(say=lines.append)
    asking = BatchAnswerStream(asks, wire(name, server.url), path, settings, 0.01, denied_s, patience_s)
    return {outcome.id: outcome for outcome in asking}, lines


def all_answered(found: dict[str, AskOutcome]) -> bool:
    return all(o.failure is None and o.answers[0].answer.text == f"about row {o.id[1:]}" for o in found.values())


def failed_job(name: str, message: str, code: str) -> bytes:
    return orjson.dumps({"id": name, "status": "failed", "errors": {"data": [{"message": message, "code": code}]}})


def sizes(server: ScriptedServer) -> list[int]:
    """The number of rows of each job that the service knows."""
    return [len(job.requests) for job in server.batches.jobs.values()]


def paid(folder: Path) -> int:
    """How many answers the ledger in ``folder`` has seen paid for, the same twice counted twice."""
    with Ledger(folder / "l.sqlite") as ledger:
        return ledger.spent("labeling").answers


ENQUEUED = "Enqueued token limit reached for m-1 in organization o. Limit: 1,000 enqueued tokens."


@dataclass
class LimitedQueue:
    """A queue that takes jobs while all in it have at most ``limit`` characters of text, and ``jobs`` jobs.

    OpenAI's refuses a job after it was made, the others' when it is handed in. ``refused`` are the rows of the jobs
    refused, ``together`` how many jobs were in the queue after the first refusal, each time one was taken.
    """

    server: ScriptedServer
    limit: int = 1_000_000
    jobs: int = 1_000
    refused: list[int] = field(default_factory=list)
    together: list[int] = field(default_factory=list)
    out: set[str] = field(default_factory=set)

    def __call__(self, method: str, path: str, body: bytes, own: Own) -> tuple[int, bytes]:
        batches = self.server.batches
        if method == "POST" and not path.endswith("/files"):
            queued = [name for name, job in batches.jobs.items() if job.asked <= batches.polls and name not in self.out]
            status, made = own()
            name = list(batches.jobs)[-1]
            size = [self._size(other) for other in [*queued, name]]
            if sum(size) <= self.limit and len(size) <= self.jobs:
                self.together += [len(size)] if self.refused else []
                return status, made
            self.refused.append(len(batches.jobs[name].requests))
            if path.endswith("/v1/batches"):
                self.out.add(name)
                return status, made
            del batches.jobs[name]
            return 429, orjson.dumps({"error": {"message": ENQUEUED}})
        name = path.rpartition("/")[2]
        if method == "GET" and name in self.out:
            return 200, failed_job(name, ENQUEUED, "token_limit_exceeded")
        return own()

    def _size(self, name: str) -> int:
        return sum(len(orjson.dumps(body)) for _, body in self.server.batches.jobs[name].requests.values())
