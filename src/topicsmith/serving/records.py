"""What the parts of the server hand to each other."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from topicsmith.traces.input_rows import InputStatus


@dataclass(frozen=True, slots=True)
class Said:
    """What a classifier says of one text.

    ``status`` is the classifier's own: ``ok``, or why it gave no topic. ``confidence`` is calibrated; ``stands`` says
    whether it is enough by the run's own threshold. ``probabilities`` are by topic, where they were asked for.
    """

    topic: str | None
    subtopic: str | None
    confidence: float | None
    stands: bool
    status: str
    taxonomy: str | None
    probabilities: Mapping[str, float] | None = None


@dataclass(frozen=True)
class ServedModel:
    """Which model answers: ``id`` is its name and the digest of its folder, so that no two models share one.

    ``taxonomy`` is the version of the topics that it was trained on, or answers by now where they may change.
    ``reads_tokens`` is the most it reads of a text, ``None`` when all; ``loaded`` when it was, in seconds since 1970.
    """

    id: str
    kind: str
    topics: tuple[str, ...]
    taxonomy: str | None
    reads_tokens: int | None
    loaded: int


class Engine(Protocol):
    """What computes answers. One call at a time is computed; calls that come meanwhile wait in order."""

    @property
    def model(self) -> ServedModel:
        """Which model it is."""

    async def answer(self, texts: Sequence[str], probabilities: bool) -> list[Said]:
        """One answer a text, in order.

        Raises:
            EngineDiedError: when it ended before it answered.
            EngineFailedError: when the batch cannot be answered; the next one may be.
        """

    async def close(self) -> None:
        """End it, whatever it does."""

    @property
    def died(self) -> asyncio.Event:
        """Set once it has ended."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One item of a request: a text, or why there is none."""

    text: str | None
    status: InputStatus = "ok"
    problem: str | None = None


@dataclass(frozen=True)
class Limits:
    """What the server takes on at most.

    ``body_bytes``, ``header_bytes``, ``items`` and ``text_characters`` bound one request; ``queue_tokens`` all that
    are accepted and not answered. ``deadline_s`` is the longest that a request may take, ``idle_s`` how long a
    connection may be silent, or take over its headers or its body. ``batch_s`` is about how long a batch may compute.
    ``stall_s`` is after how long a batch counts as hung, ``start_s`` the loading of a model.
    """

    body_bytes: int = 2 * 2**20
    header_bytes: int = 16 * 2**10
    items: int = 1000
    text_characters: int = 100_000
    queue_tokens: int = 1_000_000
    connections: int = 2000
    deadline_s: float = 30.0
    idle_s: float = 10.0
    batch_s: float = 0.05
    stall_s: float = 120.0
    start_s: float = 600.0


@dataclass(frozen=True)
class WorkerSettings:
    """What the process that owns the model is to load, and how many threads it may compute with."""

    path: Path
    candidate: str | None = None
    threads: int = 1
