"""How long a call may take."""

import asyncio
import time

import pytest

from tests.llm.asking import PlainProvider
from topicsmith.llm.errors import TimedOut
from topicsmith.llm.http import Client, ClientSettings
from topicsmith.llm.requests.deadline import Deadline, post_within
from topicsmith.llm.types import ChatRequest
from topicsmith.testing.model_server import Reply, ScriptedServer


def test_the_time_given_where_answers_are_quick() -> None:
    deadline = Deadline(60.0)
    deadline.answered(1.0)
    assert deadline.seconds == 60.0


def test_three_times_the_slowest_answer_and_at_most_ten_times_the_time_given() -> None:
    deadline = Deadline(60.0)
    deadline.answered(54.0)
    assert deadline.seconds == 162.0
    deadline.answered(500.0)
    assert deadline.seconds == 600.0
    for _ in range(100):
        deadline.answered(1.0)
    assert deadline.seconds == 60.0


def test_twice_the_time_while_nothing_was_ever_answered() -> None:
    deadline = Deadline(10.0)
    deadline.missed()
    assert deadline.seconds == 20.0
    deadline.answered(1.0)
    deadline.missed()
    assert deadline.seconds == 10.0


def test_a_call_goes_on_while_others_are_answered_late_and_ends_when_none_is() -> None:
    async def ask(url: str, deadline: Deadline) -> int:
        request = PlainProvider(url).encode(ChatRequest("m", "s", "u"))
        async with Client(1, ClientSettings(total_s=20.0)) as client:
            return (await post_within(client, request, deadline, "plain")).status

    with ScriptedServer(lambda question: Reply("x"), latency_s=0.4) as server:
        slow = Deadline(0.2)
        slow.answered(0.3)  # others took .3 s lately: .9 s are given
        assert asyncio.run(ask(server.url, slow)) == 200
        began = time.monotonic()
        with pytest.raises(TimedOut, match=r"plain: no complete response within 0\.2"):
            asyncio.run(ask(server.url, Deadline(0.2)))
        assert time.monotonic() - began < 5
