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
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Literal, Protocol

import numpy as np

from topicsmith.loadtest.batch_means import Length, Range, Watch, is_known, rate
from topicsmith.loadtest.percentiles import percentile_range

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
    sent at a time. Times are over all ``n`` texts; ``None`` where that place among them had no answer. ``..._low`` and
    ``..._high`` bound a figure at 95 %: the rate by batch means (:mod:`topicsmith.loadtest.batch_means`), times by
    order statistics (:mod:`topicsmith.loadtest.percentiles`); ``None`` where the run tells too little. ``precise`` says
    whether the rate became as precise as asked, ``None`` where nothing was. ``memory_mb`` is the most the process
    that answers has held, where it runs on this machine.
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
    texts_per_s_low: float | None = None
    texts_per_s_high: float | None = None
    p50_ms_low: float | None = None
    p50_ms_high: float | None = None
    p95_ms_low: float | None = None
    p95_ms_high: float | None = None
    p99_ms_low: float | None = None
    p99_ms_high: float | None = None
    precise: bool | None = None


@dataclass
class _Log:
    """What has come back so far.

    ``times`` are seconds from due to answered, infinite for failures, ``moments`` when each was done with, from the
    start; ``finished`` are the moments of answers alone.
    """

    times: list[float] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    tokens: list[int] = field(default_factory=list)

    def add(self, seconds: float, moment: float, sent: Sent) -> None:
        answered = sent.status == "ok"
        self.times.append(seconds if answered else inf)
        self.moments.append(moment)
        if answered:
            self.finished.append(moment)
        self.statuses[sent.status] += 1
        if sent.output_tokens is not None:
            self.tokens.append(sent.output_tokens)


async def closed_loop(
    send: Send, texts: Sequence[str], concurrency: int, length: Length, timeout: float, clock: Clock | None = None
) -> LoadResult:
    """Let ``concurrency`` clients send ``texts`` over and over, each one after another, as long as ``length`` says.

    ``timeout``, in seconds, ends a wait and counts as the failure ``timeout``.
    """
    clock = clock or WallClock()
    log = _Log()
    watch = Watch(length, log.finished)
    started = clock.now()
    place = iter(range(10**12))

    async def client() -> None:
        while watch.goes_on(clock.now() - started):
            text = texts[next(place) % len(texts)]
            sent_at = clock.now()
            sent = await _send(send, text, timeout)
            log.add(clock.now() - sent_at, clock.now() - started, sent)

    await asyncio.gather(*(client() for _ in range(concurrency)))
    return _result("closed", concurrency, None, log, clock.now() - started, watch, length)


async def open_loop(
    send: Send,
    texts: Sequence[str],
    concurrency: int,
    per_s: float,
    length: Length,
    timeout: float,
    seed: int = 13,
    clock: Clock | None = None,
) -> LoadResult:
    """Let texts fall due at random moments, ``per_s`` on average, as long as ``length`` says.

    At most ``concurrency`` are under way at a time. A text that falls due while all are busy waits, and its wait
    counts. ``timeout`` counts from when it was sent.
    """
    clock = clock or WallClock()
    gaps = np.random.default_rng(seed)
    log = _Log()
    watch = Watch(length, log.finished)
    free = asyncio.Semaphore(concurrency)
    started = clock.now()

    async def one(index: int, due: float) -> None:
        async with free:
            sent = await _send(send, texts[index % len(texts)], timeout)
        log.add(clock.now() - started - due, clock.now() - started, sent)

    running: set[asyncio.Task[None]] = set()
    least, most = ceil(per_s * length.least), ceil(per_s * length.most)
    due = 0.0
    for index in range(max(least, most if length.precision is not None else 0)):
        due += float(gaps.exponential(1 / per_s))
        if index >= least and not watch.goes_on(due):
            break
        wait = started + due - clock.now()
        if wait > 0:
            await clock.sleep(wait)
        task = asyncio.create_task(one(index, due))
        running.add(task)
        task.add_done_callback(running.discard)
    while running:
        await asyncio.gather(*list(running))
    return _result("open", concurrency, per_s, log, clock.now() - started, watch, length)


async def _send(send: Send, text: str, timeout: float) -> Sent:
    try:
        async with asyncio.timeout(timeout):
            return await send(text)
    except TimeoutError:
        return Sent("timeout")


def _result(
    loop: Loop, concurrency: int, offered: float | None, log: _Log, seconds: float, watch: Watch, length: Length
) -> LoadResult:
    ok = log.statuses["ok"]
    sending = min(seconds, watch.lasted) or seconds  # answers that came after the last text was sent tell of no load
    speed = rate(log.finished, sending)
    if ok and not speed.value:
        speed = Range(ok / seconds)
    p50, p95, p99 = (percentile_range(log.times, log.moments, percent) for percent in (50, 95, 99))
    return LoadResult(
        loop=loop,
        concurrency=concurrency,
        offered_per_s=offered,
        n=len(log.times),
        ok=ok,
        failures={status: count for status, count in sorted(log.statuses.items()) if status != "ok"},
        seconds=seconds,
        texts_per_s=speed.value or 0.0,
        texts_per_s_low=speed.low,
        texts_per_s_high=speed.high,
        p50_ms=p50.value,
        p50_ms_low=p50.low,
        p50_ms_high=p50.high,
        p95_ms=p95.value,
        p95_ms_low=p95.low,
        p95_ms_high=p95.high,
        p99_ms=p99.value,
        p99_ms_low=p99.low,
        p99_ms_high=p99.high,
        output_tokens_mean=float(np.mean(log.tokens)) if log.tokens else None,
        output_tokens_per_s=sum(log.tokens) / seconds if log.tokens and seconds > 0 else None,
        precise=None if length.precision is None else is_known(speed, length.precision),
    )


async def load_test(
    send: Send,
    texts: Sequence[str],
    concurrencies: Sequence[int] = CONCURRENCIES,
    length: Length | None = None,
    timeout: float = 30.0,
    seed: int = 13,
) -> list[LoadResult]:
    """A closed and an open loop at every concurrency, each as long as ``length`` says.

    The open ones offer 70 % of the rate the closed one reached, 1,000 a second at most.
    """
    length = length or Length()
    results = []
    for concurrency in concurrencies:
        closed = await closed_loop(send, texts, concurrency, length, timeout)
        results.append(closed)
        if closed.texts_per_s > 0:
            offered = min(OPEN_SHARE * closed.texts_per_s, OPEN_CEILING)
            results.append(await open_loop(send, texts, concurrency, offered, length, timeout, seed))
    return results


def best_texts_per_s(document: Sequence[Mapping[str, object]], otherwise: float | None) -> float | None:
    """The most texts a second of any closed loop in a stored load test; ``otherwise`` where there is none."""
    reached = [float(str(result["texts_per_s"])) for result in document if result["loop"] == "closed"]
    return max(reached, default=otherwise)
