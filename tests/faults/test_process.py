"""Faults 31 to 40: what can happen to the process. Those of the disk and its files are in ``test_disk.py``."""

import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.killing import MOST_IN_FLIGHT, label_with_kills, start, topic_of
from tests.faults.labelling import answer
from tests.llm.asking import PlainProvider, quick, rows
from topicsmith.errors import RunInUseError
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.requests.engine import ask_all
from topicsmith.llm.requests.scheduler import AHEAD, UNREAD
from topicsmith.llm.requests.types import Ask
from topicsmith.llm.types import ChatRequest
from topicsmith.runs import open_run
from topicsmith.testing.model_server import ScriptedServer


@pytest.mark.slow
def test_fault_31_a_kill_at_any_moment_loses_nothing_durable(tmp_path: Path) -> None:
    for name in ("calm", "killed"):
        (tmp_path / name).mkdir()
    calm = label_with_kills(tmp_path / "calm", rows=400, kills=0, seed=1)
    killed = label_with_kills(tmp_path / "killed", rows=400, kills=4, seed=2)
    assert calm.paid == 800
    assert killed.kills == 4
    assert killed.table == calm.table
    assert killed.different == 800
    assert killed.paid == 800 + sum(killed.again)  # what was durable was never paid again
    assert max(killed.again) <= MOST_IN_FLIGHT


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_fault_32_an_interrupt_drains_what_is_under_way_and_keeps_it(
    sent: signal.Signals, code: int, tmp_path: Path
) -> None:
    with ScriptedServer(topic_of, latency_s=0.3) as server:
        process = start(server.url, tmp_path, 2000)
        while server.answers < 100:
            assert process.poll() is None, (tmp_path / "stderr.txt").read_text()
            time.sleep(0.01)
        process.send_signal(sent)
        assert process.wait(timeout=20) == code
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            assert ledger.count() == server.answers


def test_fault_36_a_second_run_in_the_same_folder_ends_in_one_line(tmp_path: Path) -> None:
    with open_run(tmp_path / "run"):
        code = "from topicsmith.runs import open_run; from pathlib import Path; open_run(Path('run')).__enter__()"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert "RunInUseError" in done.stderr
        with pytest.raises(RunInUseError), open_run(tmp_path / "run"):
            pass
    with open_run(tmp_path / "run"):  # the lock ends with its holder: a file left behind holds nobody up
        pass


@pytest.mark.slow
def test_fault_36_processes_that_share_a_ledger_do_not_corrupt_it(tmp_path: Path) -> None:
    with ScriptedServer(topic_of, keep_questions=False) as server:
        both = [start(server.url, tmp_path, 300, out=f"{n}.txt") for n in range(3)]
        assert [process.wait(timeout=60) for process in both] == [0, 0, 0], (tmp_path / "stderr.txt").read_text()
    tables = {(tmp_path / f"{n}.txt").read_text() for n in range(3)}
    assert len(tables) == 1
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert (ledger.count(), ledger.damaged) == (600, 0)


def test_fault_37_a_changed_prompt_never_meets_an_old_answer(tmp_path: Path) -> None:
    with ScriptedServer(answer) as server:
        list(ask_all(rows(5), PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()))
        changed = [Ask(a.id, ChatRequest("m-1", "Another prompt", a.request.user)) for a in rows(5)]
        list(ask_all(changed, PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()))
        assert server.answers == 10


def test_fault_38_rows_in_another_order_cost_nothing(tmp_path: Path) -> None:
    with ScriptedServer(answer) as server:
        for order in (rows(50), rows(50)[::-1]):
            list(ask_all(order, PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()))
        assert server.answers == 50


HANDLES = """
import resource, sys
from pathlib import Path
from tests.llm.asking import ask, quick, rows
import topicsmith.llm.requests.scheduler, aiohttp
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
found = ask(sys.argv[1], rows(200), Path(sys.argv[2]), quick(concurrency=100))
print(sum(outcome.failure is None for outcome in found.values()))
"""


@pytest.mark.slow
def test_fault_39_without_file_handles_it_carries_on_with_fewer_calls(tmp_path: Path) -> None:
    with ScriptedServer(answer, latency_s=0.02) as server:
        command = [sys.executable, "-c", HANDLES, server.url, str(tmp_path / "ledger.sqlite")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout.strip() == "200", done.stderr
        assert server.log.most_at_once < 40


@pytest.mark.slow
def test_fault_40_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    text = "word " * 400
    many = (Ask(str(n), ChatRequest("m-1", "s", f"row {n % 500} {text}")) for n in range(60_000))
    with ScriptedServer(answer, keep_questions=False) as server:
        list(ask_all(rows(0), PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        number = sum(1 for _ in ask_all(many, PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert number == 60_000
    assert after - before < 60 * 1024  # kilobytes; the questions alone are 120 MB


@pytest.mark.slow
def test_fault_40_outcomes_that_nobody_takes_do_not_pile_up(tmp_path: Path) -> None:
    read = 0

    def counted() -> Iterator[Ask]:
        nonlocal read
        for n in range(40_000):
            read += 1
            yield Ask(str(n), ChatRequest("m-1", "s", f"row {n % 10}"))

    with (
        ScriptedServer(answer, keep_questions=False) as server,
        ask_all(counted(), PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()) as outcomes,
    ):
        next(outcomes)
        taken = outcomes._control.read  # outcomes come in lots; the first one is taken whole
        while read < taken + UNREAD:
            time.sleep(0.05)
        time.sleep(0.5)  # in which it would read on
        assert read <= taken + UNREAD + AHEAD
