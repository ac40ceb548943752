import asyncio
import heapq
from collections.abc import Coroutine
from typing import Any

import pytest

from topicsmith.loadtest.batch_means import Length
from topicsmith.loadtest.run import (
    LoadResult,
    Sent,
    WallClock,
    best_texts_per_s,
    closed_loop,
    load_test,
    open_loop,
)


class Time:
    """A clock that jumps to the next moment anyone waits for, as soon as nobody has anything else to do."""

    def __init__(self) -> None:
        self.at = 0.0
        self.waiting: list[tuple[float, int, asyncio.Event]] = []
        self.count = 0

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self.count += 1
        heapq.heappush(self.waiting, (self.at + seconds, self.count, event))
        await event.wait()

    async def run(self, work: Coroutine[Any, Any, LoadResult]) -> LoadResult:
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(20):  # let everybody who can go on do so
                await asyncio.sleep(0)
            if self.waiting and not task.done():
                self.at, _, event = heapq.heappop(self.waiting)
                event.set()
        return task.result()


class Server:
    """Answers ``lanes`` texts at a time, ``seconds`` each."""

    def __init__(self, clock: Time, seconds: float, lanes: int = 10**6) -> None:
        self.clock, self.seconds, self.free = clock, seconds, asyncio.Semaphore(lanes)

    async def __call__(self, text: str) -> Sent:
        async with self.free:
            await self.clock.sleep(self.seconds)
        return Sent("refused") if text == "bad" else Sent("ok", 12)


def lasting(seconds: float) -> Length:
    return Length(seconds, seconds, None)


def test_closed_loop_counts_what_the_server_can_do() -> None:
    async def measure() -> LoadResult:
        clock = Time()
        return await clock.run(closed_loop(Server(clock, 0.1, lanes=5), ["x"], 10, lasting(10.0), 60.0, clock))

    result = asyncio.run(measure())
    # five lanes of 0.1 s answer 50 a second; ten clients wait for two turns each
    assert result.texts_per_s == pytest.approx(50, rel=0.03)
    assert result.p50_ms == pytest.approx(200)
    assert result.output_tokens_mean == 12
    assert result.output_tokens_per_s == pytest.approx(600, rel=0.03)
    assert (result.loop, result.concurrency, result.offered_per_s) == ("closed", 10, None)


def test_open_loop_counts_from_when_a_text_was_due() -> None:
    """A server with one lane of 0.1 s is offered 20 a second: it answers 10, and the queue shows in the times."""

    async def measure(rate: float) -> LoadResult:
        clock = Time()
        return await clock.run(open_loop(Server(clock, 0.1, lanes=1), ["x"], 50, rate, lasting(20.0), 600.0, 1, clock))

    late = asyncio.run(measure(20.0))
    assert late.n == 400
    assert late.texts_per_s == pytest.approx(10, rel=0.02)
    assert late.p50_ms is not None
    assert late.p50_ms > 8000  # half way through, ten seconds of texts are waiting
    at_ease = asyncio.run(measure(1.0))
    assert at_ease.p50_ms == pytest.approx(100, rel=0.3)


def test_waiting_for_a_free_connection_counts_too() -> None:
    async def measure() -> LoadResult:
        clock = Time()
        return await clock.run(open_loop(Server(clock, 0.1), ["x"], 1, 20.0, lasting(20.0), 600.0, 1, clock))

    result = asyncio.run(measure())
    assert result.p50_ms is not None
    assert result.p50_ms > 8000


def test_failures_are_told_apart_and_timeouts_are_failures() -> None:
    async def measure() -> LoadResult:
        hanging = asyncio.Event()

        async def send(text: str) -> Sent:
            if text == "slow":
                await hanging.wait()
            return Sent("http 503") if text == "bad" else Sent("ok")

        return await open_loop(send, ["good", "bad", "slow", "good"], 8, 1000.0, lasting(0.02), 0.05)

    result = asyncio.run(measure())
    assert result.n == 20
    assert result.ok == 10
    assert result.failures == {"http 503": 5, "timeout": 5}
    assert result.p95_ms is None


def test_a_closed_and_an_open_loop_at_every_concurrency() -> None:
    async def send(text: str) -> Sent:
        await asyncio.sleep(0.001)
        return Sent("ok")

    results = asyncio.run(load_test(send, ["x"], (1, 4), lasting(0.1)))
    assert [(r.loop, r.concurrency) for r in results] == [("closed", 1), ("open", 1), ("closed", 4), ("open", 4)]
    assert results[1].offered_per_s == pytest.approx(0.7 * results[0].texts_per_s)
    assert all(r.failures == {} for r in results)


def test_nothing_answered_offers_no_open_loop() -> None:
    async def send(text: str) -> Sent:
        await asyncio.sleep(0.001)
        return Sent("failed")

    results = asyncio.run(load_test(send, ["x"], (1,), lasting(0.02)))
    assert [r.loop for r in results] == ["closed"]
    assert results[0].texts_per_s == 0


def test_a_loop_goes_on_until_its_rate_is_known() -> None:
    """A server whose every fifth answer takes ten times as long: five seconds are too few to know its rate to 1 %."""

    async def measure(precision: float, most: float) -> LoadResult:
        clock = Time()
        count = 0

        async def send(text: str) -> Sent:
            nonlocal count
            count += 1
            await clock.sleep(0.1 if count % 7 < 2 else 0.01)
            return Sent("ok")

        return await clock.run(closed_loop(send, ["x"], 3, Length(5.0, most, precision), 60.0, clock))

    soon, late = asyncio.run(measure(0.1, 600.0)), asyncio.run(measure(0.002, 600.0))
    assert 5.0 <= soon.seconds < late.seconds < 600.0
    for found, precision in ((soon, 0.1), (late, 0.002)):
        assert found.precise
        assert found.texts_per_s_high is not None
        assert found.texts_per_s_high - found.texts_per_s <= precision * found.texts_per_s
        # 7 answers take 2 × 0.1 + 5 × 0.01 seconds on each of three lanes
        assert found.texts_per_s == pytest.approx(3 * 7 / 0.25, rel=0.03)
    never = asyncio.run(measure(1e-9, 6.0))
    assert never.precise is False
    assert never.seconds == pytest.approx(6.0, abs=0.3)


def test_answers_after_the_last_text_was_sent_do_not_lower_the_rate() -> None:
    async def measure() -> LoadResult:
        clock = Time()
        return await clock.run(closed_loop(Server(clock, 4.0), ["x"], 50, lasting(41.0), 600.0, clock))

    result = asyncio.run(measure())
    assert result.seconds == pytest.approx(44.0)
    assert result.texts_per_s == pytest.approx(50 * 10 / 41, rel=0.03)


def test_wall_clock() -> None:
    clock = WallClock()
    before = clock.now()
    asyncio.run(clock.sleep(-1))
    assert clock.now() >= before


def test_the_best_closed_loop_is_what_can_be_reached() -> None:
    loops: list[dict[str, object]] = [
        {"loop": "closed", "texts_per_s": 40.0},
        {"loop": "open", "texts_per_s": 99.0},
        {"loop": "closed", "texts_per_s": 55.5},
    ]
    assert best_texts_per_s(loops, 1.0) == 55.5
    assert best_texts_per_s([], 1.0) == 1.0
