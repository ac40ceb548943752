"""How fast answers come under load, with nothing hidden by waiting.

Closed loop: so many clients, each of which sends its next text when its last is answered; shows what can be reached.
Open loop: texts fall due at a set rate whether or not earlier ones are answered, as people send them; a text's time
counts from when it was due, so that a server that falls behind shows it (Tene's "coordinated omission").
A text without an answer counts as slower than any with one.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf, isinf
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

Loop = Literal["closed", "open"]
CONCURRENCIES = (1, 10, 50)
OPEN_SHARE, OPEN_CEILING = 0.7, 1000.0
"""Open loops offer this share of what the closed loop reached, for nearer to 1 any queue grows without end; and no more
than a thousand a second, which is what one process can send on time."""


@dataclass(frozen=True)
class Sent:
    """What became of one text: ``ok``, or the kind of failure, and the tokens of the answer where there were any."""

    status: str
    output_tokens: int | None = None


Send = Callable[[str], Awaitable[Sent]]


class Clock(Protocol):
    """Time in seconds, and waiting for it."""

    def now(self) -> float:
        """The time."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class WallClock:
    """The machine's own monotonic clock."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.perf_counter()

    async def sleep(self, seconds: float) -> None:
        """Wait; no wait at all still lets others run."""
        await asyncio.sleep(max(0.0, seconds))


@dataclass(frozen=True)
class LoadResult:
    """One loop at one concurrency.

    ``offered_per_s`` is the rate at which texts fell due (open loops only); ``concurrency`` is the most that were ever
    sent at a time. Times are over all ``n`` texts; ``None`` where that place among them had no answer. ``memory_mb`` is
    the most this process has held, where the classifier ran inside it.
    """

    loop: Loop
    concurrency: int
    offered_per_s: float | None
    n: int
    ok: int
    failures: dict[str, int]
    seconds: float
    texts_per_s: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    output_tokens_mean: float | None
    output_tokens_per_s: float | None
    memory_mb: float | None = None


@dataclass
class _Log:
    """What has come back so far: seconds from due to answered (infinite for failures), statuses and tokens."""

    times: list[float]
    statuses: Counter[str]
    tokens: list[int]

    def add(self, seconds: float, sent: Sent) -> None:
        self.times.append(seconds if sent.status == "ok" else inf)
        self.statuses[sent.status] += 1
        if sent.output_tokens is not None:
            self.tokens.append(sent.output_tokens)


async def closed_loop(
    send: Send, texts: Sequence[str], concurrency: int, seconds: float, timeout: float, clock: Clock | None = None
) -> LoadResult:
    """Let ``concurrency`` clients send ``texts`` over and over for ``seconds``, each one after another.

    ``timeout``, in seconds, ends a wait and counts as the failure ``timeout``.
    """
    clock = clock or WallClock()
    log = _Log([], Counter(), [])
    started = clock.now()
    place = iter(range(10**12))

    async def client() -> None:
        while clock.now() - started < seconds:
            text = texts[next(place) % len(texts)]
            sent_at = clock.now()
            sent = await _send(send, text, timeout)
            log.add(clock.now() - sent_at, sent)

    await asyncio.gather(*(client() for _ in range(concurrency)))
    return _result("closed", concurrency, None, log, clock.now() - started)


async def open_loop(
    send: Send,
    texts: Sequence[str],
    concurrency: int,
    per_s: float,
    seconds: float,
    timeout: float,
    seed: int = 13,
    clock: Clock | None = None,
) -> LoadResult:
    """Let texts fall due at random moments, ``per_s`` on average, for ``seconds``; at most ``concurrency`` at a time.

    A text that falls due while all are busy waits, and its wait counts. ``timeout`` counts from when it was sent.
    """
    clock = clock or WallClock()
    gaps = np.random.default_rng(seed).exponential(1 / per_s, size=max(1, ceil(per_s * seconds)))
    due = np.cumsum(gaps)
    log = _Log([], Counter(), [])
    free = asyncio.Semaphore(concurrency)
    started = clock.now()

    async def one(index: int) -> None:
        moment = started + float(due[index])
        async with free:
            sent = await _send(send, texts[index % len(texts)], timeout)
        log.add(clock.now() - moment, sent)

    running: set[asyncio.Task[None]] = set()
    for index in range(len(due)):
        wait = started + float(due[index]) - clock.now()
        if wait > 0:
            await clock.sleep(wait)
        task = asyncio.create_task(one(index))
        running.add(task)
        task.add_done_callback(running.discard)
    while running:
        await asyncio.gather(*list(running))
    return _result("open", concurrency, per_s, log, clock.now() - started)


async def _send(send: Send, text: str, timeout: float) -> Sent:
    try:
        async with asyncio.timeout(timeout):
            return await send(text)
    except TimeoutError:
        return Sent("timeout")


def _result(loop: Loop, concurrency: int, offered: float | None, log: _Log, seconds: float) -> LoadResult:
    ok = log.statuses["ok"]
    return LoadResult(
        loop=loop,
        concurrency=concurrency,
        offered_per_s=offered,
        n=len(log.times),
        ok=ok,
        failures={status: count for status, count in sorted(log.statuses.items()) if status != "ok"},
        seconds=seconds,
        texts_per_s=ok / seconds if seconds > 0 else 0.0,
        p50_ms=percentile_ms(log.times, 50),
        p95_ms=percentile_ms(log.times, 95),
        p99_ms=percentile_ms(log.times, 99),
        output_tokens_mean=float(np.mean(log.tokens)) if log.tokens else None,
        output_tokens_per_s=sum(log.tokens) / seconds if log.tokens and seconds > 0 else None,
    )


def percentile_ms(seconds: Sequence[float], percent: float) -> float | None:
    """The time within which ``percent`` of texts were answered (nearest rank); ``None`` when fewer ever were.

    >>> percentile_ms([0.001, 0.002, 0.003, float("inf")], 50), percentile_ms([0.001, float("inf")], 95)
    (2.0, None)
    """
    if not seconds:
        return None
    value = sorted(seconds)[ceil(percent / 100 * len(seconds)) - 1]
    return None if isinf(value) else 1000 * value


async def load_test(
    send: Send,
    texts: Sequence[str],
    concurrencies: Sequence[int] = CONCURRENCIES,
    seconds: float = 10.0,
    timeout: float = 30.0,
    seed: int = 13,
) -> list[LoadResult]:
    """A closed and an open loop at every concurrency, ``seconds`` each.

    The open ones offer 70 % of the rate the closed one reached, 1,000 a second at most.
    """
    results = []
    for concurrency in concurrencies:
        closed = await closed_loop(send, texts, concurrency, seconds, timeout)
        results.append(closed)
        if closed.texts_per_s > 0:
            rate = min(OPEN_SHARE * closed.texts_per_s, OPEN_CEILING)
            results.append(await open_loop(send, texts, concurrency, rate, seconds, timeout, seed))
    return results


def best_texts_per_s(document: Sequence[Mapping[str, object]], otherwise: float | None) -> float | None:
    """The most texts a second of any closed loop in a stored load test; ``otherwise`` where there is none."""
    reached = [float(str(result["texts_per_s"])) for result in document if result["loop"] == "closed"]
    return max(reached, default=otherwise)


def peak_memory_mb() -> float | None:
    """The most memory this process has held; ``None`` where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM:")), None)
    return int(line.split()[1]) / 1024 if line else None
