"""The listening process; how it behaves under faults is in tests/faults/test_serving.py."""

import json
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.serving.models import write_model
from tests.serving.running import body_of, post, running, sleeping, status_of
from topicsmith.errors import MissingExtraError, UserError
from topicsmith.serving.http.server import ServerSettings, listen, run_server
from topicsmith.serving.logs import EventLog
from topicsmith.serving.records import WorkerSettings


def test_an_address_that_is_taken_is_said_before_the_model_is_loaded() -> None:
    with listen("127.0.0.1", 0) as first:
        first.listen()
        with pytest.raises(UserError, match="cannot be listened on: Address already in use"):
            listen("127.0.0.1", first.getsockname()[1])
    with pytest.raises(UserError, match="cannot be listened on"):
        listen("no-such-host.invalid", 80)


def test_without_the_libraries_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtraError, match="serve"):
        run_server(ServerSettings(WorkerSettings(tmp_path)), lambda _: None, EventLog(lambda _: None))


@pytest.mark.slow
def test_it_answers_and_ends_with_nothing_to_complain_of(tmp_path: Path) -> None:
    with running(tmp_path, str(write_model(tmp_path / "m"))) as server:
        found = body_of(server.raw(post("/v1/classify", b'{"text": "x"}')))
        assert found["predictions"] == [{"topic": "B", "subtopic": None, "confidence": 0.75, "status": "ok"}]
        assert found["taxonomy"] == "t-0.25"
    assert [event["event"] for event in map(json.loads, _json_lines(server.log))] == [
        "model",
        "request",
        "stopping",
    ]


def _json_lines(log: Path) -> list[str]:
    return [line for line in log.read_text().splitlines() if line.startswith("{")]


@pytest.mark.slow
def test_asked_twice_to_stop_it_stops_at_once(tmp_path: Path) -> None:
    with sleeping(tmp_path, "--rate", "1", code=143) as server, server.connect() as connection:
        connection.sendall(post("/v1/classify", b'{"text": "a text that takes long"}'))
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert server.process.poll() is None
        assert status_of(server.raw(post("/v1/classify", b'{"text": "x"}'))) == 503
