"""Faults 17 and 31 in batches: a process that dies at any moment, and what a budget, a limit and strangers do."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.llm.batches.batching import WIRES, rows, said, wire
from tests.llm.batches.test_run import ask
from topicsmith.errors import BudgetSpentError
from topicsmith.llm.batches import rows as rows_of_batches
from topicsmith.llm.batches.run import BatchAnswerStream
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.requests.types import Ask, EngineSettings
from topicsmith.records import Usage
from topicsmith.testing.model_server import Reply, ScriptedServer


class Dies(BaseException):
    """Stands for the end of the process: nothing that comes after it is done."""


@contextmanager
def dying_at(boundary: int) -> Iterator[None]:
    """End at the nth boundary: before or after a call of the network, or a write to the ledger."""
    passed = 0

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal passed
            passed += 1
            if passed == boundary:
                raise Dies
            given = real(*arguments, **named)
            passed += 1
            if passed == boundary:
                raise Dies
            return given

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BatchAnswerStream, "_send", guarded(BatchAnswerStream._send))
        patch.setattr(Ledger, "save", guarded(Ledger.save))
        patch.setattr(Ledger, "save_job", guarded(Ledger.save_job))
        yield


@pytest.mark.slow
@pytest.mark.parametrize("name", WIRES)
def test_fault_31_a_batch_that_dies_at_any_boundary_is_picked_up_and_paid_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_of_batches, "SAVE", 2)
    died = 0
    for boundary in range(1, 100):
        path = tmp_path / str(boundary) / "ledger.sqlite"
        path.parent.mkdir()
        with ScriptedServer(said) as server:
            try:
                with dying_at(boundary):
                    assert len(ask(name, server, rows(5), path)) == 5
            except Dies:
                died += 1
            else:
                break
            assert len(ask(name, server, rows(5), path)) == 5
            assert [len(job.requests) for job in server.batches.jobs.values()] == [5]
        with Ledger(path) as ledger:
            assert (ledger.count(), ledger.spent("labeling").answers) == (5, 5)
    assert died > 15


CHILD = """
import sys
from pathlib import Path
from tests.llm.batches.batching import rows, wire
from topicsmith.llm.batches.run import BatchAnswerStream
from topicsmith.llm.requests.types import EngineSettings
asking = BatchAnswerStream(rows(3000), wire("openai", sys.argv[1]), Path(sys.argv[2]), EngineSettings(), 0.02, 2.0)
assert sum(outcome.failure is None for outcome in asking) == 3000
"""


@pytest.mark.slow
def test_fault_31_a_process_killed_while_its_batch_runs_picks_the_job_up(tmp_path: Path) -> None:
    chance = random.Random(11)
    path = tmp_path / "ledger.sqlite"
    with ScriptedServer(said) as server:
        server.batches.polls = 60
        command = [sys.executable, "-c", CHILD, server.url, str(path)]
        for _ in range(6):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.3, 1.2))
            process.kill()
            assert process.wait() in {-signal.SIGKILL, 0}
        server.batches.polls = 0
        assert subprocess.run(command, check=False).returncode == 0
        assert [len(job.requests) for job in server.batches.jobs.values()] == [3000]
    with Ledger(path) as ledger:
        assert (ledger.count(), ledger.spent("labeling").answers) == (3000, 3000)


def hand_in(server: ScriptedServer, asks: list[Ask], path: Path) -> None:
    """Hand in a job and wait no longer."""
    settings = EngineSettings(say=lambda line: asking.stop())
    asking = BatchAnswerStream(asks, wire("anthropic", server.url), path, settings, 0.01)
    assert list(asking) == []


def test_fault_17_two_annotators_of_one_provider_do_not_take_each_others_jobs(tmp_path: Path) -> None:
    """Both died before they noted their jobs' ids, which at Anthropic have no names."""
    path = tmp_path / "ledger.sqlite"
    with ScriptedServer(said) as server:
        server.batches.polls = 1000
        for first in (0, 100):
            hand_in(server, rows(106)[first : first + 6], path)
        with Ledger(path) as ledger:
            for job_name, job in ledger.jobs().items():
                ledger.save_job(job_name, {**{k: v for k, v in job.items() if k != "id"}, "state": "sending"})
        server.batches.polls = 0
        for first in (0, 100):
            assert len(ask("anthropic", server, rows(106)[first : first + 6], path)) == 6
        assert len(server.batches.jobs) == 2


@pytest.mark.slow
def test_a_limit_on_handing_in_is_waited_for(tmp_path: Path) -> None:
    with ScriptedServer(said) as server:
        handle = server.batches.handle
        refused: list[str] = []

        def limited(incoming: Any) -> tuple[int, bytes]:
            if incoming.method == "POST" and len(refused) < 2:
                refused.append(incoming.path)
                return 429, b'{"error": {"message": "too many batches"}}'
            return handle(incoming)

        server.batches.handle = limited  # type: ignore[method-assign]  # a server that is busy
        assert len(ask("anthropic", server, rows(4), tmp_path / "ledger.sqlite")) == 4
        assert (len(refused), len(server.batches.jobs)) == (2, 1)


def test_jobs_under_way_count_against_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row costs a dollar at most and 20 cents in fact: at 5 dollars, two jobs of two rows run, then one, and one."""
    from topicsmith.llm.batches.anthropic import AnthropicBatches

    monkeypatch.setattr(AnthropicBatches, "most_lines", 2)
    path = tmp_path / "ledger.sqlite"

    def cost(usage: Usage) -> float:
        return 0.2 if usage.output_tokens == 2 else 1.0

    settings = EngineSettings(budget_usd=5.0, cost=cost)
    with ScriptedServer(lambda question: Reply("x", output_tokens=2)) as server:
        server.batches.polls = 3
        asking = BatchAnswerStream(rows(40), wire("anthropic", server.url), path, settings, 0.01)
        with pytest.raises(BudgetSpentError, match=r"budget_usd 5: \$3\.2000 spent"):
            list(asking)
        assert len(server.batches.jobs) == 8  # the ninth may cost 2 of the 1.8 dollars that are left
        with Ledger(path) as ledger:
            assert ledger.count() == 16
        with pytest.raises(BudgetSpentError):
            list(BatchAnswerStream(rows(40), wire("anthropic", server.url), path, settings, 0.01))
        assert len(server.batches.jobs) == 8
