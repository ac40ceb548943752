"""Stopping and waking a loop from other threads."""

import asyncio
import math
import threading
import time

from topicsmith.llm.requests.control import Control


def pause_while(control: Control, act: threading.Thread) -> float:
    """How long a pause without end lasts when ``act`` runs beside it."""

    async def wait() -> float:
        control.attach(asyncio.get_running_loop())
        act.start()
        began = time.monotonic()
        await asyncio.wait_for(control.pause(math.inf), 20)
        return time.monotonic() - began

    return asyncio.run(wait())


def test_stopping_from_another_thread_ends_a_pause_and_keeps_the_first_time() -> None:
    control = Control(drain_s=20.0)
    pause_while(control, threading.Timer(0.05, control.stop, (3.0,)))
    first = control.stopped_at
    assert first is not None
    control.stop()
    assert (control.stopped_at, control.drain_s) == (first, 3.0)


def test_outcomes_taken_are_counted_and_end_a_pause() -> None:
    control = Control(drain_s=20.0)
    pause_while(control, threading.Timer(0.05, control.delivered, (7,)))
    control.delivered(2)
    assert control.read == 9
    assert control.stopped_at is None


def test_a_pause_ends_by_itself() -> None:
    async def wait() -> None:
        control = Control(drain_s=20.0)
        control.attach(asyncio.get_running_loop())
        await asyncio.wait_for(control.pause(0.01), 20)

    asyncio.run(wait())


def test_a_loop_that_is_gone_is_told_nothing() -> None:
    control = Control(drain_s=20.0)

    async def attach() -> None:
        control.attach(asyncio.get_running_loop())

    asyncio.run(attach())
    control.stop()
    control.delivered(1)
    assert control.stopped_at is not None
