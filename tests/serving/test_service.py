"""Which model answers, when it dies, is exchanged or stops."""

import asyncio

import pytest

from tests.serving.fakes import FakeEngine
from tests.serving.test_batching import in_loop
from topicsmith.errors import ModelFolderError
from topicsmith.serving.logs import EventLog
from topicsmith.serving.metrics import Metrics
from topicsmith.serving.records import Limits
from topicsmith.serving.refusals import RefusedError
from topicsmith.serving.service import Service


class Maker:
    """Gives engines one after the other; ``None`` stands for a model that cannot be used."""

    def __init__(self, *engines: FakeEngine | None) -> None:
        self.left = list(engines)

    async def __call__(self) -> FakeEngine:
        found = self.left.pop(0)
        if found is None:
            raise ModelFolderError("the folder is damaged")
        return found


def service(maker: Maker, events: list[bytes] | None = None) -> Service:
    log = EventLog((events if events is not None else []).append)
    return Service(maker, Limits(), Metrics(), log)


async def started(*engines: FakeEngine | None) -> Service:
    made = service(Maker(*engines))
    await made.start()
    return made


@in_loop
async def test_a_request_is_answered_by_the_model_that_was_loaded() -> None:
    made = await started(FakeEngine(at_once=True))
    assert made.ready
    found = await made.answer(["a", "b"], 5)
    assert (found.model.id, [one.topic for one in found.said]) == ("fake@1", ["a", "b"])
    assert (await made.answer([], 5)).said == ()
    await made.finish()


@in_loop
async def test_before_it_is_loaded_it_is_not_ready() -> None:
    made = service(Maker())
    assert not made.ready
    with pytest.raises(RefusedError) as found:
        await made.answer(["a"], 5)
    assert found.value.type == "unavailable"


@in_loop
async def test_what_is_not_answered_in_time_is_refused_and_given_up() -> None:
    engine = FakeEngine()
    made = await started(engine)
    first = asyncio.ensure_future(made.answer(["a"], 5))
    await asyncio.sleep(0)
    with pytest.raises(RefusedError) as found:
        await made.answer(["b"], 0.01)
    assert found.value.status == 504
    engine.release()
    await first
    assert engine.batches == [["a"]]
    await made.finish()


@in_loop
async def test_a_request_that_is_cancelled_is_given_up() -> None:
    engine = FakeEngine()
    made = await started(engine)
    first = asyncio.ensure_future(made.answer(["a"], 5))
    await asyncio.sleep(0)
    gone = asyncio.ensure_future(made.answer(["b"], 5))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    engine.release()
    await first
    assert engine.batches == [["a"]]
    await made.finish()


@in_loop
async def test_fault_54_requests_under_way_end_with_the_model_they_began_with() -> None:
    old, new = FakeEngine("old@1"), FakeEngine("new@2", at_once=True)
    made = await started(old, new)
    under_way = asyncio.ensure_future(made.answer(["a" * 4000, "b"], 5))
    await asyncio.sleep(0)
    assert (await made.reload()).id == "new@2"
    assert (await made.answer(["c"], 5)).model.id == "new@2"
    assert not old.closed
    old.release(5)
    assert (await under_way).model.id == "old@1"
    await asyncio.sleep(0.01)
    assert old.closed
    assert new.batches == [["c"]]
    await made.finish()


@in_loop
async def test_a_new_model_that_cannot_be_used_leaves_the_old_one() -> None:
    made = await started(FakeEngine("old@1", at_once=True), None)
    with pytest.raises(ModelFolderError):
        await made.reload()
    assert (await made.answer(["a"], 5)).model.id == "old@1"
    await made.finish()


@in_loop
async def test_fault_52_a_process_that_dies_is_replaced_and_meanwhile_requests_fail_at_once() -> None:
    first, second = FakeEngine("first@1"), FakeEngine("second@2", at_once=True)
    made = await started(first, None, second)
    waiting = asyncio.ensure_future(made.answer(["a"], 5))
    await asyncio.sleep(0)
    first.die()
    with pytest.raises(RefusedError) as found:
        await waiting
    assert found.value.type == "unavailable"
    assert not made.ready
    with pytest.raises(RefusedError):
        made.check_room(1)
    while not made.ready:
        await asyncio.sleep(0.01)
    assert (await made.answer(["a"], 5)).model.id == "second@2"
    await made.finish()


@in_loop
async def test_when_it_stops_accepted_requests_are_answered_and_others_refused() -> None:
    engine = FakeEngine()
    made = await started(engine)
    accepted = asyncio.ensure_future(made.answer(["a"], 5))
    await asyncio.sleep(0)
    made.stop_taking()
    assert not made.ready
    with pytest.raises(RefusedError) as found:
        await made.answer(["b"], 5)
    assert (found.value.type, found.value.close) == ("stopping", True)
    finishing = asyncio.ensure_future(made.finish())
    await asyncio.sleep(0.01)
    assert not engine.closed
    engine.release()
    assert (await accepted).said[0].topic == "a"
    await finishing
    assert engine.closed
