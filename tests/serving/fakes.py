"""An engine by hand: what it is asked is kept, and it answers when it is told to."""

import asyncio
from collections.abc import Sequence

from topicsmith.serving.records import Said, ServedModel
from topicsmith.serving.refusals import EngineDiedError


def served(name: str = "fake@1", reads: int | None = None) -> ServedModel:
    return ServedModel(name, "fake", ("A", "B"), "t1", reads, 1)


def said(topic: str, taxonomy: str | None = None) -> Said:
    return Said(topic, None, 0.9, stands=True, status="ok", taxonomy=taxonomy)


class FakeEngine:
    """Answers with the text itself as the topic, after ``release`` is called, or at once."""

    def __init__(self, name: str = "fake@1", *, at_once: bool = False, reads: int | None = None) -> None:
        self._model = served(name, reads)
        self._died = asyncio.Event()
        self.batches: list[list[str]] = []
        self.wanted: list[bool] = []
        self.taxonomy: str | None = None
        self.failure: Exception | None = None
        self.closed = False
        self._at_once = at_once
        self._turns = asyncio.Semaphore(0)

    @property
    def model(self) -> ServedModel:
        return self._model

    @property
    def died(self) -> asyncio.Event:
        return self._died

    def release(self, batches: int = 1) -> None:
        for _ in range(batches):
            self._turns.release()

    def die(self) -> None:
        self.failure = EngineDiedError("killed")
        self._died.set()
        self.release(100)

    async def answer(self, texts: Sequence[str], probabilities: bool) -> list[Said]:
        self.batches.append(list(texts))
        self.wanted.append(probabilities)
        if not self._at_once:
            await self._turns.acquire()
        if self.failure is not None:
            raise self.failure
        return [said(text, self.taxonomy) for text in texts]

    async def close(self) -> None:
        self.closed = True
        self._died.set()
