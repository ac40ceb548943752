"""Events are written, and never waited for."""

import json
import threading
import time

from topicsmith.serving.logs import EventLog


def test_an_event_is_a_line_of_json() -> None:
    lines: list[bytes] = []
    log = EventLog(lines.append)
    log.event("model", model="m@1", n=3)
    log.flush()
    found = json.loads(lines[0])
    assert abs(found.pop("at") - time.time()) < 10
    assert found == {"event": "model", "model": "m@1", "n": 3}


def test_fault_55_a_sink_that_blocks_is_not_waited_for_and_what_it_misses_is_counted() -> None:
    free = threading.Event()
    log = EventLog(lambda _: free.wait(30))  # type: ignore[arg-type]  # its answer is not looked at
    began = time.monotonic()
    for _ in range(10_100):
        log.event("request")
    assert time.monotonic() - began < 2
    assert 90 <= log.lost <= 100
    free.set()


def test_a_sink_that_is_closed_loses_lines_and_no_more() -> None:
    def broken(_line: bytes) -> None:
        raise BrokenPipeError

    log = EventLog(broken)
    log.event("a")
    log.event("b")
    log.flush()
    assert log.lost == 2
