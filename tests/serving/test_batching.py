"""Which texts are computed together, and when."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import wraps

import pytest

from tests.serving.fakes import FakeEngine
from topicsmith.serving.batching import LEAST_TOKENS, MOST_ITEMS, MOST_TOKENS, Batcher, choose
from topicsmith.serving.queue import Item, Ticket
from topicsmith.serving.records import Limits
from topicsmith.serving.refusals import EngineFailedError, RefusedError


def in_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    @wraps(test)
    def run() -> None:
        async def bounded() -> None:
            async with asyncio.timeout(10):
                await test()

        asyncio.run(bounded())

    return run


def items(*waiting: tuple[int, float]) -> list[Item]:
    """Items of so many tokens that came then, sorted as the queue has them."""
    loop = asyncio.new_event_loop()
    made = [
        Item(tokens, at, Ticket(("x",), 1e9, arrived, loop.create_future()), 0)
        for at, (tokens, arrived) in enumerate(waiting)
    ]
    loop.close()
    return sorted(made)


def test_nothing_waits_nothing_is_chosen() -> None:
    assert choose([], 1.0, 100.0, 256) == []


def test_texts_of_like_length_go_together_and_a_long_one_does_not_pad_them() -> None:
    found = choose(items((10, 0), (11, 0), (12, 0), (200, 0)), 1.0, 100.0, 1000)
    assert [item.tokens for item in found] == [10, 11, 12]


def test_a_batch_keeps_its_budget_of_padded_tokens() -> None:
    found = choose(items(*[(10, 0)] * 100), 1.0, 100.0, 256)
    assert len(found) == 25
    assert len(choose(items(*[(1, 0)] * 1000), 1.0, 100.0, 10**6)) == MOST_ITEMS


def test_one_text_over_the_budget_goes_alone() -> None:
    assert [item.tokens for item in choose(items((500, 0), (510, 0)), 1.0, 100.0, 256)] == [500]


def test_a_short_text_passes_a_long_one_that_came_a_little_earlier() -> None:
    assert [i.tokens for i in choose(items((500, 0.0), (10, 0.9)), 1.0, 100.0, 256)] == [10]


def test_a_long_text_is_not_passed_for_ever() -> None:
    assert [i.tokens for i in choose(items((500, 0.0), (10, 99.0)), 100.0, 100.0, 256)] == [500]


@in_loop
async def test_a_text_alone_is_computed_at_once() -> None:
    engine = FakeEngine(at_once=True)
    ticket = Batcher(engine, Limits()).ticket(["x"], 5)
    assert [one.topic for one in await ticket.done] == ["x"]
    assert engine.batches == [["x"]]


@in_loop
async def test_texts_that_come_while_the_engine_is_busy_go_together() -> None:
    engine = FakeEngine()
    batcher = Batcher(engine, Limits())
    tickets = [batcher.ticket([name], 5) for name in "abcd"]
    await asyncio.sleep(0)
    assert engine.batches == [["a"]]
    engine.release(2)
    assert [(await ticket.done)[0].topic for ticket in tickets] == ["a", "b", "c", "d"]
    assert engine.batches == [["a"], ["b", "c", "d"]]


@in_loop
async def test_a_full_batch_is_sent_ahead_so_that_the_engine_never_waits() -> None:
    engine = FakeEngine()
    batcher = Batcher(engine, Limits())
    batcher.ticket(["a"], 5)
    batcher.ticket(["b" * 40] * 60, 5)
    await asyncio.sleep(0)
    assert [len(batch) for batch in engine.batches] == [1, 21]


@in_loop
async def test_a_request_of_several_batches_is_answered_in_its_order() -> None:
    engine = FakeEngine(at_once=True)
    texts = ["a" * (1 + 97 * n % 1000) for n in range(100)]
    found = await Batcher(engine, Limits()).ticket(texts, 5).done
    assert [one.topic for one in found] == texts
    assert len(engine.batches) > 1


@in_loop
async def test_probabilities_are_computed_only_where_somebody_wants_them() -> None:
    engine = FakeEngine(at_once=True)
    batcher = Batcher(engine, Limits())
    await batcher.ticket(["a"], 5).done
    await batcher.ticket(["a"], 5, probabilities=True).done
    assert engine.wanted == [False, True]


@in_loop
async def test_what_nobody_waits_for_is_not_computed() -> None:
    engine = FakeEngine()
    batcher = Batcher(engine, Limits())
    batcher.ticket(["a"], 5)
    gone, late, stays = batcher.ticket(["b"], 5), batcher.ticket(["c"], 0.001), batcher.ticket(["d"], 5)
    batcher.give_up(gone)
    await asyncio.sleep(0.01)
    engine.release(5)
    await stays.done
    assert engine.batches == [["a"], ["d"]]
    assert batcher.dropped == 2
    assert not late.done.done()
    assert batcher.queue.tokens == 0


@in_loop
async def test_no_room_is_said_before_anything_is_computed() -> None:
    engine = FakeEngine()
    batcher = Batcher(engine, Limits(queue_tokens=20))
    batcher.ticket(["a" * 60], 5)
    with pytest.raises(RefusedError) as found:
        batcher.ticket(["b" * 60], 5)
    assert (found.value.type, found.value.status) == ("overloaded", 503)
    await asyncio.sleep(0)
    assert engine.batches == [["a" * 60]]


@in_loop
async def test_a_batch_that_fails_costs_itself_only() -> None:
    engine = FakeEngine()
    batcher = Batcher(engine, Limits())
    first, second = batcher.ticket(["a"], 5), batcher.ticket(["b"], 5)
    engine.failure = EngineFailedError("MemoryError")
    engine.release()
    with pytest.raises(RefusedError, match="MemoryError") as found:
        await first.done
    assert found.value.type == "failed"
    engine.failure = None
    engine.release()
    assert (await second.done)[0].topic == "b"
    assert batcher.queue.tokens == 0


@in_loop
async def test_an_engine_that_dies_fails_all_that_waits_at_once() -> None:
    engine = FakeEngine()
    batcher = Batcher(engine, Limits())
    tickets = [batcher.ticket([name], 5) for name in "abc"]
    await asyncio.sleep(0)
    engine.die()
    for ticket in tickets:
        with pytest.raises(RefusedError) as found:
            await ticket.done
        assert (found.value.type, found.value.retry_after_s) == ("unavailable", 2)
    await batcher.drained()
    assert batcher.queue.tokens == 0


@in_loop
async def test_topics_edited_between_two_batches_of_a_request_are_asked_once_more() -> None:
    engine = FakeEngine()
    batcher = Batcher(engine, Limits())
    engine.taxonomy = "old"
    ticket = batcher.ticket(["a", "b" * 4000], 5)
    engine.release()
    await asyncio.sleep(0.01)
    engine.taxonomy = "new"
    engine.release(5)
    assert [one.taxonomy for one in await ticket.done] == ["new", "new"]


@in_loop
async def test_the_budget_follows_the_speed() -> None:
    batcher = Batcher(FakeEngine(at_once=True), Limits(batch_s=0.1))
    assert batcher.budget == LEAST_TOKENS
    batcher.queue.rate = 10_000
    assert batcher.budget == 1000
    batcher.queue.rate = 1e9
    assert batcher.budget == MOST_TOKENS


@in_loop
async def test_it_is_drained_when_all_is_answered() -> None:
    engine = FakeEngine()
    batcher = Batcher(engine, Limits())
    tickets = [batcher.ticket([name], 5) for name in "abc"]
    draining = asyncio.ensure_future(batcher.drained())
    await asyncio.sleep(0.01)
    assert not draining.done()
    engine.release(5)
    await draining
    assert all(ticket.done.done() for ticket in tickets)


@in_loop
async def test_short_texts_do_not_wait_for_long_ones_that_came_with_them() -> None:
    """A batch costs its padded tokens: the short ones are all answered before the second long one begins."""
    engine = FakeEngine()
    batcher = Batcher(engine, Limits())
    batcher.queue.rate = 1000.0
    long = [batcher.ticket(["l" * 2000], 60) for _ in range(5)]
    short = [batcher.ticket(["s" * 20], 60) for _ in range(20)]
    began = time.monotonic()
    while not all(ticket.done.done() for ticket in short):
        engine.release()
        await asyncio.sleep(0)
        assert time.monotonic() - began < 5
    assert sum(ticket.done.done() for ticket in long) <= 1
    engine.release(50)
    await batcher.drained()
