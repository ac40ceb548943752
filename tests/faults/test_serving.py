"""Faults 44 to 57: what can happen to a server. Real sockets and processes; under load the model is a sleep."""

import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from tests.serving.models import write_model
from tests.serving.running import Running, ask, body_of, post, running, sleeping, status_of

pytestmark = pytest.mark.slow
TEXT = b'{"text": "my card is lost"}'
SHORT = "a" * 72
"""Twenty tokens."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("serving")
    with running(folder, str(write_model(folder / "m")), "--idle", "1", "--stall", "2") as found:
        yield found


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """2,000 tokens a second: 100 texts a second."""
    with sleeping(tmp_path_factory.mktemp("sleeping"), "--rate", "2000", "--queue-tokens", "2000") as found:
        yield found


def session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


def test_fault_44_ten_times_the_load_is_refused_at_once_and_goodput_stays(loaded: Running) -> None:
    async def attack() -> tuple[float, float, set[int], set[str]]:
        statuses, waits, done = set[int](), set[str](), list[float]()
        async with session() as client:
            await _closed_loop(client, loaded, 64, 1)
            peak = await _closed_loop(client, loaded, 64, 2)

            async def one() -> None:
                async with client.post(f"{loaded.address}/v1/classify", json={"text": SHORT}) as response:
                    await response.read()
                    statuses.add(response.status)
                    if response.status == 503:
                        waits.add(response.headers["Retry-After"])
                    else:
                        done.append(time.perf_counter())

            asked = []
            began = time.perf_counter()
            for number in range(4000):
                await asyncio.sleep(max(0.0, began + number / 1000 - time.perf_counter()))
                asked.append(asyncio.ensure_future(one()))
            ended = time.perf_counter()
            await asyncio.gather(*asked)
        within = sum(began + 1 < at < ended for at in done) / (ended - began - 1)
        return within, peak, statuses, waits

    goodput, peak, statuses, waits = asyncio.run(attack())
    assert statuses == {200, 503}
    assert goodput >= 0.9 * peak
    assert waits <= {"1", "2"}
    own = [float(str(event["ms"])) for event in loaded.events("request") if event.get("error") == "overloaded"]
    assert len(own) > 1000
    assert statistics.median(own) < 5


async def _closed_loop(client: aiohttp.ClientSession, server: Running, level: int, seconds: float) -> float:
    """Texts a second when ``level`` clients wait for their answers."""
    until, count = time.perf_counter() + seconds, 0

    async def work() -> None:
        nonlocal count
        while time.perf_counter() < until:
            status, _ = await ask(client, server, [SHORT])
            count += status == 200 and time.perf_counter() < until

    await asyncio.gather(*(work() for _ in range(level)))
    return count / seconds


def test_fault_45_what_nobody_waits_for_is_not_computed(loaded: Running) -> None:
    async def leave() -> float:
        async with session() as client:
            leaving = [asyncio.ensure_future(ask(client, loaded, [SHORT])) for _ in range(90)]  # almost a second's work
            await asyncio.sleep(0.1)
            for each in leaving:
                each.cancel()
            await asyncio.gather(*leaving, return_exceptions=True)
            status, seconds = await ask(client, loaded, [SHORT])
            late, _ = await ask(client, loaded, [SHORT] * 60, timeout_s=0.1)
            assert (status, late) == (200, 504)
            return seconds

    assert asyncio.run(leave()) < 0.4


def test_fault_46_slow_and_endless_headers_and_bodies_are_ended(server: Running) -> None:
    began = time.monotonic()
    assert status_of(server.raw(b"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nX: ")) == 408
    answer = server.raw(post("/v1/classify", TEXT)[:-5])
    assert (status_of(answer), body_of(answer)["error"]) == (
        408,
        {"type": "request_timeout", "message": "the body took longer than 1 s"},
    )
    assert server.raw(b"") == b"" or time.monotonic() - began < 10
    endless = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"a" * 2**20
    with server.connect() as connection:
        try:
            connection.sendall(endless)
            answer = connection.recv(4096)
        except ConnectionError:
            answer = b""
    assert not answer or status_of(answer) == 431
    assert status_of(server.raw(b"nonsense\r\n\r\n")) == 400
    assert time.monotonic() - began < 10


def test_fault_46_a_drip_of_headers_has_one_deadline(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        began = time.monotonic()
        with suppress(ConnectionError):
            while time.monotonic() - began < 8:
                connection.sendall(b"X-A: b\r\n")
                time.sleep(0.1)
        assert time.monotonic() - began < 4


def test_fault_46_pipelined_requests_are_answered_in_order(server: Running) -> None:
    first = post("/v1/classify", TEXT).replace(b"Connection: close\r\n", b"")
    answer = server.raw(first * 3 + post("/v1/classify", b"{}"))
    assert [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]] == [200, 200, 200, 422]


def test_fault_46_more_connections_than_allowed_are_told_so_and_idle_ones_end(tmp_path: Path) -> None:
    with sleeping(tmp_path, "--connections", "50", "--idle", "0.5") as server:
        idle = [server.connect() for _ in range(50)]
        assert status_of(server.raw(b"")) == 503
        time.sleep(1)
        assert status_of(server.raw(post("/v1/classify", TEXT))) == 200
        for each in idle:
            each.close()


def test_fault_47_huge_bodies_are_refused_without_being_read(server: Running) -> None:
    before = server.memory_mb()
    told = post("/v1/classify", b"").replace(b"Content-Length: 0", b"Content-Length: 10000000000")
    assert status_of(server.raw(told)) == 413
    chunked = post("/v1/classify", b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    with server.connect() as connection:
        answer = b""
        with suppress(ConnectionError):
            connection.sendall(chunked)
            for _ in range(50):
                connection.sendall(b"40000\r\n" + b"x" * 0x40000 + b"\r\n")
        with suppress(ConnectionError):
            answer = connection.recv(4096)
    assert not answer or status_of(answer) == 413
    many = json.dumps({"texts": ["a"] * 300_000}).encode()
    assert status_of(server.raw(post("/v1/classify", many))) == 413
    long = json.dumps({"texts": ["a" * 1_000_000, "b"]}).encode()
    found = body_of(server.raw(post("/v1/classify", long)))["predictions"]
    assert isinstance(found, list)
    assert [item["status"] for item in found] == ["unreadable", "ok"]
    deep = b'{"text": ' + b"[" * 500_000 + b"]" * 500_000 + b"}"
    assert status_of(server.raw(post("/v1/classify", deep))) == 400
    assert server.memory_mb() - before < 60


def test_fault_48_one_bad_item_fails_for_itself_alone(server: Running) -> None:
    texts: list[object] = ["x", "", 5, {"messages": []}, "\ud83d\0", "y"]
    found = body_of(server.raw(post("/v1/classify", json.dumps({"texts": texts}).encode())))["predictions"]
    assert isinstance(found, list)
    assert [item["status"] for item in found] == ["ok", "empty", "unreadable", "unreadable", "ok", "ok"]


def test_fault_50_long_texts_do_not_hold_short_ones(tmp_path: Path) -> None:
    """Short texts alone, then the same with a long one in every ten; p99 stays within twice."""

    async def measure(server: Running, long: int) -> float:
        seconds: list[float] = []
        async with session() as client:

            async def work(number: int) -> None:
                for turn in range(25):
                    if (number + turn) % 10 < long:
                        await ask(client, server, ["l" * 100_000 for _ in range(1)])
                    else:
                        seconds.append((await ask(client, server, [SHORT]))[1])

            await asyncio.gather(*(work(number) for number in range(40)))
        return statistics.quantiles(seconds, n=100)[98]

    with sleeping(tmp_path, "--rate", "20000") as server:
        asyncio.run(measure(server, 0))
        alone, mixed = asyncio.run(measure(server, 0)), asyncio.run(measure(server, 1))
    assert mixed < 2 * alone + 0.03, (alone, mixed)


def test_fault_51_a_stop_under_load_fails_no_accepted_request(tmp_path: Path) -> None:
    with sleeping(tmp_path, "--rate", "2000") as server:

        async def stop() -> tuple[Counter[object], float]:
            outcomes: Counter[object] = Counter()
            async with session() as client:

                async def work() -> None:
                    while True:
                        try:
                            status, _ = await ask(client, server, [SHORT])
                        except aiohttp.ClientConnectionError as exc:
                            outcomes[type(exc).__name__] += 1
                            return
                        outcomes[status] += 1
                        if status != 200:
                            return

                workers = [asyncio.ensure_future(work()) for _ in range(50)]
                await asyncio.sleep(0.7)
                server.process.send_signal(signal.SIGTERM)
                began = time.perf_counter()
                while True:
                    async with client.get(f"{server.address}/readyz") as response:
                        if response.status == 503:
                            break
                unready = time.perf_counter() - began
                await asyncio.gather(*workers)
            return outcomes, unready

        outcomes, unready = asyncio.run(stop())
        assert server.process.wait(timeout=10) == 0
        assert unready < 0.1
        assert set(outcomes) == {200, 503}
        assert outcomes[503] == 50  # every client is told, on the connection that it has


def test_fault_52_a_killed_model_process_is_replaced(server: Running) -> None:
    before = server.worker()
    os.kill(before, signal.SIGKILL)
    until = time.monotonic() + 20
    statuses = set()
    while time.monotonic() < until:
        began = time.monotonic()
        answer = server.raw(post("/v1/classify", TEXT))
        assert time.monotonic() - began < 2
        statuses.add(status_of(answer))
        if status_of(answer) == 200 and server.worker() != before:
            break
        time.sleep(0.05)
    assert statuses <= {200, 503}
    assert server.worker() != before
    assert server.events("model_process_ended")


def test_fault_52_a_hung_model_process_is_ended_and_replaced(server: Running) -> None:
    os.kill(server.worker(), signal.SIGSTOP)
    began = time.monotonic()
    answer = server.raw(post("/v1/classify", TEXT))
    assert (status_of(answer), body_of(answer)["error"]["type"]) == (503, "unavailable")  # type: ignore[index]
    assert time.monotonic() - began < 4
    while status_of(server.raw(post("/v1/classify", TEXT))) != 200:
        assert time.monotonic() - began < 20
        time.sleep(0.05)


def test_fault_53_a_damaged_model_is_not_served(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m")
    (model / "config.json").write_text("{}")
    with pytest.raises(AssertionError, match="is not the file that was saved"), running(tmp_path, str(model)):
        pass


def test_fault_54_a_model_is_exchanged_under_load_without_mixing(tmp_path: Path) -> None:
    with running(tmp_path, str(write_model(tmp_path / "m"))) as server:

        async def exchange() -> tuple[Counter[int], set[tuple[str, ...]]]:
            seen: set[tuple[str, ...]] = set()
            statuses: Counter[int] = Counter()
            ending = asyncio.Event()
            async with session() as client:

                async def work() -> None:
                    while not ending.is_set():
                        async with client.post(
                            f"{server.address}/v1/classify", json={"texts": ["x"] * 300}
                        ) as response:
                            found = await response.json()
                            statuses[response.status] += 1
                            seen.add((found["model"], *{item["topic"] for item in found["predictions"]}))

                workers = [asyncio.ensure_future(work()) for _ in range(4)]
                await asyncio.sleep(0.3)
                write_model(tmp_path / "m", 0.9)
                server.process.send_signal(signal.SIGHUP)
                while len(server.events("model")) < 2:
                    await asyncio.sleep(0.05)
                await asyncio.sleep(0.3)
                ending.set()
                await asyncio.gather(*workers)
            return statuses, seen

        statuses, seen = asyncio.run(exchange())
        old, new = (event["model"] for event in server.events("model"))
        assert set(statuses) == {200}
        assert seen == {(old, "B"), (new, "A")}


def test_fault_54_a_damaged_new_model_leaves_the_old_one(tmp_path: Path) -> None:
    with running(tmp_path, str(write_model(tmp_path / "m"))) as server:
        (tmp_path / "m" / "config.json").write_text("{}")
        server.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 10
        while not server.events("reload_refused") and time.monotonic() < until:
            time.sleep(0.05)
        assert server.events("reload_refused")
        assert status_of(server.raw(post("/v1/classify", TEXT))) == 200


def test_fault_55_a_log_that_nobody_reads_does_not_hold_the_server(tmp_path: Path) -> None:
    """Standard error becomes a pipe that is full."""
    with running(tmp_path, str(write_model(tmp_path / "m"))) as server:
        server.process.send_signal(signal.SIGTERM)
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    command = [sys.executable, "-m", "topicsmith", "serve", str(tmp_path / "m"), "--port", "0"]
    process = subprocess.Popen(command, stderr=ours.fileno(), stdout=subprocess.DEVNULL)
    try:
        told = b""
        while b"listening on" not in told or not told.endswith(b"\n"):
            told += theirs.recv(4096)
        port = int(told.split(b"listening on http://127.0.0.1:")[1].split()[0])
        full = Running(process, f"http://127.0.0.1:{port}", tmp_path / "none")
        request = post("/v1/classify", TEXT).replace(b"Connection: close\r\n", b"") * 3000 + post("/v1/classify", TEXT)
        began = time.monotonic()
        answer = full.raw(request)
        assert answer.count(b"HTTP/1.1 200 OK") == 3001
        assert time.monotonic() - began < 20
    finally:
        process.kill()
        process.wait()
        ours.close()
        theirs.close()


def test_fault_57_same_text_same_answer_alone_and_in_company(server: Running) -> None:
    def predictions(texts: list[str]) -> list[object]:
        found = body_of(server.raw(post("/v1/classify", json.dumps({"texts": texts}).encode())))["predictions"]
        assert isinstance(found, list)
        return found

    texts = ["x", "a longer text about a card", "z" * 3000]
    assert predictions(texts) == [predictions([text])[0] for text in texts]
