"""A server whose model sleeps as long as a real one would compute: so many tokens a second, padding counted."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from topicsmith.serving.http import server
from topicsmith.serving.http.server import ServerSettings, run_server
from topicsmith.serving.logs import EventLog
from topicsmith.serving.queue import tokens_of
from topicsmith.serving.records import Limits, Said, ServedModel, WorkerSettings


class SleepingEngine:
    """Answers every text with 'A', after a sleep."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._died = asyncio.Event()
        self._turn = asyncio.Lock()
        self.computed = 0

    @property
    def model(self) -> ServedModel:
        return ServedModel("sleeping@1", "sleeping", ("A", "B"), "t", 512, 1)

    @property
    def died(self) -> asyncio.Event:
        return self._died

    async def answer(self, texts: Sequence[str], probabilities: bool) -> list[Said]:
        async with self._turn:
            longest = max(tokens_of(text, 512) for text in texts)
            await asyncio.sleep(longest * len(texts) / self._rate)
        shares = {"A": 0.75, "B": 0.25} if probabilities else None
        return [Said("A", None, 0.75, True, "ok", None, shares) for _ in texts]

    async def close(self) -> None:
        self._died.set()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--rate", type=float, default=20_000)
    parser.add_argument("--queue-tokens", type=int, default=Limits.queue_tokens)
    parser.add_argument("--idle", type=float, default=1.0)
    parser.add_argument("--connections", type=int, default=Limits.connections)
    given = parser.parse_args()
    limits = Limits(queue_tokens=given.queue_tokens, idle_s=given.idle, connections=given.connections)

    class Engines:
        @staticmethod
        async def start(_settings: WorkerSettings, _limits: Limits) -> SleepingEngine:
            return SleepingEngine(given.rate)

    def say(address: str) -> None:
        sys.stderr.write(f"listening on {address}\n")
        sys.stderr.flush()

    with patch.object(server, "WorkerEngine", Engines):
        run_server(ServerSettings(WorkerSettings(Path("none")), port=given.port, limits=limits), say, EventLog())


if __name__ == "__main__":
    main()
