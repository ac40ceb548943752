"""The server's side of the process that owns the model: started, asked, given up when it hangs."""

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from threading import Thread
from typing import IO, Any

from topicsmith.errors import ModelFolderError, TopicsmithError
from topicsmith.serving.frames import MOST_BYTES, FrameError, packed, receive_async
from topicsmith.serving.records import Limits, Said, ServedModel, WorkerSettings
from topicsmith.serving.refusals import EngineDiedError, EngineFailedError

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS")
"""What bounds the threads of the libraries that compute; each is read once, when the process starts."""
_KEPT_LINES = 20


class WorkerEngine:
    """A process that owns a model, so that whatever befalls it, the server can say so and start another."""

    def __init__(self, process: "subprocess.Popen[bytes]", limits: Limits) -> None:
        """Of ``process``; :meth:`start` makes one."""
        self._process = process
        self._limits = limits
        self._waiting: deque[asyncio.Future[list[Said]]] = deque()
        self._model: ServedModel | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ended = ""
        self.complaints: deque[str] = deque(maxlen=_KEPT_LINES)
        self._died = asyncio.Event()

    @classmethod
    async def start(cls, settings: WorkerSettings, limits: Limits) -> "WorkerEngine":
        """Start a process and wait until its model is loaded and tested.

        Raises:
            ModelFolderError: when the model cannot be used; the message is the loader's own.
            TopicsmithError: when the process ends without a word, or takes longer than ``limits.start_s``.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            engine = cls(_process(settings, theirs), limits)
        try:
            await engine._greet(ours, settings)
        except BaseException:
            await engine.close()
            ours.close()
            raise
        return engine

    @property
    def model(self) -> ServedModel:
        """Which model it is."""
        assert self._model is not None, "start() has read it"
        return self._model

    @property
    def died(self) -> asyncio.Event:
        """Set once the process has ended."""
        return self._died

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    async def _greet(self, connection: socket.socket, settings: WorkerSettings) -> None:
        assert self._process.stderr is not None
        Thread(target=_drain, args=(self._process.stderr, self.complaints), daemon=True).start()
        self._reader, self._writer = await asyncio.open_connection(sock=connection, limit=MOST_BYTES)
        try:
            async with asyncio.timeout(self._limits.start_s):
                hello = await receive_async(self._reader)
        except TimeoutError:
            raise TopicsmithError(
                f"{settings.path}: was not loaded within {self._limits.start_s:g} s; raise '--start-seconds'"
            ) from None
        if not isinstance(hello, dict):
            last = self.complaints[-1] if self.complaints else "it said nothing"
            raise TopicsmithError(f"{settings.path}: the process that loads it ended: {last}")
        if "error" in hello:
            raise ModelFolderError(str(hello["error"])) if hello["user"] else TopicsmithError(str(hello["error"]))
        about = hello["ready"]
        self._model = replace(ServedModel(**about), topics=tuple(about["topics"]))
        self._reading = asyncio.create_task(self._read())

    async def answer(self, texts: Sequence[str], probabilities: bool) -> list[Said]:
        """One answer a text, in order.

        Raises:
            EngineDiedError: when the process ended, or hung and was ended.
            EngineFailedError: when the batch cannot be answered.
        """
        if self._died.is_set():
            raise EngineDiedError(self._ended)
        assert self._writer is not None
        future: asyncio.Future[list[Said]] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._writer.write(packed({"texts": list(texts), "probabilities": probabilities}))
        try:
            async with asyncio.timeout(self._limits.stall_s):
                return await future
        except TimeoutError:
            self._end(f"a batch took longer than {self._limits.stall_s:g} s")
            raise EngineDiedError(self._ended) from None

    async def _read(self) -> None:
        """Hand every reply to who waits for it; they come in the order of the questions."""
        assert self._reader is not None
        try:
            while isinstance(message := await receive_async(self._reader), dict):
                future = self._waiting.popleft()
                if future.done():
                    continue
                if "error" in message:
                    future.set_exception(EngineFailedError(str(message["error"])))
                else:
                    future.set_result([Said(*row) for row in message["said"]])
        except FrameError as exc:
            self._end(f"it sent {exc}")
        self._end("it ended by itself")

    def _end(self, why: str) -> None:
        """Let nobody wait for a process that is gone, or is made to go."""
        if self._died.is_set():
            return
        self._ended = why
        self._died.set()
        self._process.kill()
        for future in self._waiting:
            if not future.done():
                future.set_exception(EngineDiedError(why))
        self._waiting.clear()

    async def close(self) -> None:
        """End the process, whatever it does."""
        self._end("it was closed")
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
        await asyncio.to_thread(self._process.wait)


def _process(settings: WorkerSettings, connection: socket.socket) -> "subprocess.Popen[bytes]":
    """The process, in a session of its own: a Ctrl-C in the terminal is for the server alone."""
    number = connection.fileno()
    arguments = [str(number), str(settings.path), settings.candidate or ""]
    environment: dict[str, Any] = {**dict.fromkeys(THREADS, str(settings.threads)), "TOKENIZERS_PARALLELISM": "false"}
    return subprocess.Popen(  # noqa: S603  # our own module, by this interpreter
        [sys.executable, "-m", "topicsmith.serving.worker", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=[number],
        env={**os.environ, **environment},
        start_new_session=True,
    )


def _drain(stream: IO[bytes], lines: deque[str]) -> None:
    """Read what the process complains of, so that it never waits for a reader; the last lines are kept."""
    with stream:
        for line in stream:
            lines.append(line.decode(errors="replace").rstrip())
