"""What waits, and what is refused."""

import asyncio
from collections.abc import Iterator

import pytest

from topicsmith.serving.queue import Ticket, TokenQueue, tokens_of
from topicsmith.serving.refusals import RefusedError


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def ticket(loop: asyncio.AbstractEventLoop, *texts: str, deadline: float = 100.0, arrived: float = 0.0) -> Ticket:
    return Ticket(texts, deadline, arrived, loop.create_future())


def test_tokens_are_told_from_bytes_and_no_more_than_a_model_reads() -> None:
    assert tokens_of("") == 2
    assert tokens_of("a" * 40) == 12
    assert tokens_of("日" * 40) == 32
    assert tokens_of("a" * 4000, 512) == 512
    assert tokens_of("\ud83d") == 2


def test_shorter_texts_stand_first_and_older_ones_among_those(loop: asyncio.AbstractEventLoop) -> None:
    queue = TokenQueue(1000)
    queue.add(ticket(loop, "a" * 80, "b" * 8))
    queue.add(ticket(loop, "c" * 8))
    assert [item.text[0] for item in queue.items] == ["b", "c", "a"]
    assert queue.tokens == 22 + 4 + 4


def test_what_does_not_fit_is_refused_with_the_time_until_it_does(loop: asyncio.AbstractEventLoop) -> None:
    queue = TokenQueue(100)
    queue.rate = 10.0
    queue.add(ticket(loop, "a" * 360))
    assert queue.tokens == 92
    queue.check_room(8, 1000)
    with pytest.raises(RefusedError) as found:
        queue.check_room(38, 1000)
    assert found.value.type == "overloaded"
    assert found.value.retry_after_s == 3


def test_a_request_larger_than_the_queue_is_taken_when_nothing_waits(loop: asyncio.AbstractEventLoop) -> None:
    queue = TokenQueue(10)
    queue.check_room(50, 1000)
    queue.add(ticket(loop, "a" * 40))
    with pytest.raises(RefusedError):
        queue.check_room(1, 1000)


def test_what_would_not_be_answered_in_time_is_refused(loop: asyncio.AbstractEventLoop) -> None:
    queue = TokenQueue(10**6)
    queue.add(ticket(loop, "a" * 392))
    queue.check_room(1, 0.5)  # how fast it goes is not known yet
    queue.rate = 50.0
    queue.check_room(1, 2.5)
    with pytest.raises(RefusedError) as found:
        queue.check_room(1, 0.5)
    assert found.value.retry_after_s == 2


def test_what_nobody_waits_for_is_dropped_and_makes_room(loop: asyncio.AbstractEventLoop) -> None:
    queue = TokenQueue(1000)
    gone, late, stays = (ticket(loop, "a" * 40, "b", deadline=d) for d in (100.0, 5.0, 100.0))
    for each in (gone, late, stays):
        queue.add(each)
    gone.gone = True
    assert queue.sweep(10.0) == 4
    assert {item.ticket for item in queue.items} == {stays}
    assert queue.tokens == 14
    assert queue.sweep(10.0) == 0


def test_the_rate_follows_what_was_computed(loop: asyncio.AbstractEventLoop) -> None:
    queue = TokenQueue(1000)
    queue.add(ticket(loop, "a" * 40, "b" * 40))
    batch, queue.items = queue.items[:1], queue.items[1:]
    queue.finished(batch, 0.5)
    assert queue.rate == pytest.approx(24.0)
    assert queue.tokens == 12
    queue.finished(queue.items, 1.0)
    assert queue.rate == pytest.approx(0.8 * 24 + 0.2 * 12)
    assert queue.tokens == 0


def test_all_that_waits_is_given_up_once_a_request(loop: asyncio.AbstractEventLoop) -> None:
    queue = TokenQueue(1000)
    first, second = ticket(loop, "a", "b"), ticket(loop, "c")
    queue.add(first)
    queue.add(second)
    assert set(queue.clear()) == {first, second}
    assert (len(queue), queue.tokens) == (0, 0)
