"""A process that owns a model: started, asked, killed, hung, refused."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.serving.models import write_model
from topicsmith.errors import ModelFolderError, TopicsmithError
from topicsmith.serving.engine import THREADS, WorkerEngine
from topicsmith.serving.records import Limits, WorkerSettings
from topicsmith.serving.refusals import EngineDiedError

pytestmark = pytest.mark.slow


def test_it_answers_in_the_order_it_was_asked(tmp_path: Path) -> None:
    async def ask() -> list[list[str | None]]:
        engine = await WorkerEngine.start(WorkerSettings(write_model(tmp_path / "m")), Limits())
        try:
            assert engine.model.topics == ("A", "B")
            found = await asyncio.gather(*(engine.answer(["x"] * n, probabilities=n == 2) for n in (1, 2, 3)))
            assert found[1][0].probabilities == {"A": 0.25, "B": 0.75}
            return [[one.topic for one in batch] for batch in found]
        finally:
            await engine.close()

    assert asyncio.run(ask()) == [["B"], ["B", "B"], ["B", "B", "B"]]


def test_fault_52_a_process_that_is_killed_or_hangs_is_noticed(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m")

    async def ask(sent: signal.Signals) -> str:
        engine = await WorkerEngine.start(WorkerSettings(model), Limits(stall_s=0.5))
        os.kill(engine.pid, sent)
        with pytest.raises(EngineDiedError) as found:
            await engine.answer(["x"], probabilities=False)
        assert engine.died.is_set()
        with pytest.raises(EngineDiedError):
            await engine.answer(["x"], probabilities=False)
        await engine.close()
        return str(found.value)

    assert asyncio.run(ask(signal.SIGKILL)) == "it ended by itself"
    assert asyncio.run(ask(signal.SIGSTOP)) == "a batch took longer than 0.5 s"


def test_a_signal_for_everybody_ends_the_server_only(tmp_path: Path) -> None:
    async def ask() -> str | None:
        engine = await WorkerEngine.start(WorkerSettings(write_model(tmp_path / "m")), Limits())
        for sent in (signal.SIGTERM, signal.SIGINT):
            os.kill(engine.pid, sent)
        found = await engine.answer(["x"], probabilities=False)
        await engine.close()
        return found[0].topic

    assert asyncio.run(ask()) == "B"


def test_fault_53_a_folder_that_is_no_sound_model_is_refused_in_the_loaders_words(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m")
    (model / "model.safetensors").write_bytes(b"damaged")

    async def start(path: Path) -> None:
        await WorkerEngine.start(WorkerSettings(path), Limits())

    with pytest.raises(ModelFolderError, match="is not the file that was saved"):
        asyncio.run(start(model))
    with pytest.raises(ModelFolderError, match="neither a run folder nor a model folder"):
        asyncio.run(start(tmp_path))


def test_a_model_that_does_not_load_in_time_is_given_up(tmp_path: Path) -> None:
    async def start() -> None:
        await WorkerEngine.start(WorkerSettings(write_model(tmp_path / "m")), Limits(start_s=0.001))

    with pytest.raises(TopicsmithError, match="was not loaded within"):
        asyncio.run(start())


def test_fault_56_threads_that_compute_are_as_many_as_were_asked_for(tmp_path: Path) -> None:
    async def environment() -> dict[str, str]:
        engine = await WorkerEngine.start(WorkerSettings(write_model(tmp_path / "m"), threads=3), Limits())
        found = Path(f"/proc/{engine.pid}/environ").read_bytes().split(b"\0")
        await engine.close()
        return dict(pair.decode().split("=", 1) for pair in found if b"=" in pair)

    found = asyncio.run(environment())
    assert {found[name] for name in THREADS} == {"3"}
    assert found["TOKENIZERS_PARALLELISM"] == "false"


def test_the_process_ends_with_the_server(tmp_path: Path) -> None:
    async def pid() -> int:
        engine = await WorkerEngine.start(WorkerSettings(write_model(tmp_path / "m")), Limits())
        number = engine.pid
        await engine.close()
        return number

    number = asyncio.run(pid())
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
