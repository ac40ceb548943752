"""A server in a process of its own, on a real socket; and one whose model is a sleep, to be put under load."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

_LISTENING = re.compile(r"listening on (http://\S+)")


class Running:
    """A server that listens at ``address``; what it writes goes to ``log``."""

    def __init__(self, process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
        self.process = process
        self.address = address
        self.log = log

    @property
    def port(self) -> int:
        found = urlsplit(self.address).port
        assert found is not None
        return found

    def events(self, name: str) -> list[dict[str, object]]:
        lines = (line for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def raw(self, sent: bytes, seconds: float = 20) -> bytes:
        """What comes back for ``sent`` until the server closes."""
        with self.connect() as connection:
            connection.settimeout(seconds)
            connection.sendall(sent)
            found = b""
            while piece := connection.recv(65536):
                found += piece
            return found

    def worker(self) -> int:
        """The number of the process that owns the model."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(found[-1])

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found is not None
        return int(found[1]) / 1024


@contextmanager
def running(folder: Path, *arguments: str, module: str = "topicsmith", code: int = 0, **more: str) -> Iterator[Running]:
    """``topicsmith serve ARGUMENTS`` while the block runs; it must then end with ``code``."""
    log = folder / "server.log"
    command = [sys.executable, "-m", module, *(["serve"] if module == "topicsmith" else []), *arguments, "--port", "0"]
    with log.open("wb") as file:
        process = subprocess.Popen(command, stderr=file, stdout=subprocess.DEVNULL, env={**os.environ, **more})
    try:
        yield Running(process, _address(process, log), log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == code, log.read_text()
    finally:
        process.kill()
        process.wait()


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if found := _LISTENING.search(log.read_text()):
            return found[1]
        assert process.poll() is None, log.read_text()
        time.sleep(0.02)
    raise AssertionError(log.read_text())


@contextmanager
def sleeping(folder: Path, *arguments: str, code: int = 0) -> Iterator[Running]:
    """The server over :mod:`tests.serving.sleeping_server`."""
    with running(folder, *arguments, module="tests.serving.sleeping_server", code=code) as found:
        yield found


def post(path: str, body: bytes, *headers: str) -> bytes:
    """A request as it goes over the wire; the connection ends after it."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        "Connection: close",
        *headers,
    ]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n").encode() + body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body_of(answer: bytes) -> dict[str, object]:
    found: dict[str, object] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


async def ask(
    session: aiohttp.ClientSession, server: Running, texts: Sequence[str], **more: object
) -> tuple[int, float]:
    """The status and the seconds of one request."""
    began = time.perf_counter()
    async with session.post(f"{server.address}/v1/classify", json={"texts": list(texts), **more}) as response:
        await response.read()
        return response.status, time.perf_counter() - began
