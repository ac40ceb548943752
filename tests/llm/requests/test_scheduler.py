import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.llm.asking import PlainProvider, quick, rows
from topicsmith.errors import StorageError
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.requests.control import Control
from topicsmith.llm.requests.scheduler import ask_everything
from topicsmith.llm.requests.types import AskOutcome
from topicsmith.testing.model_server import ScriptedServer


def run(url: str, path: Path, number: int, stop: bool = False) -> list[list[AskOutcome] | BaseException | None]:
    given: list[list[AskOutcome] | BaseException | None] = []
    control = Control(quick().drain_s)
    if stop:
        control.stop()
    end: BaseException | None = None
    try:
        asyncio.run(ask_everything(iter(rows(number)), PlainProvider(url), path, quick(), given.append, control))
    except StorageError as error:
        end = error
    return [*given, end]


def test_the_last_thing_given_is_the_end_and_every_row_comes_before_it(tmp_path: Path) -> None:
    with ScriptedServer(lambda question: "hi") as server:
        *batches, end = run(server.url, tmp_path / "ledger.sqlite", 30)
    assert end is None
    names = [outcome.id for batch in batches if isinstance(batch, list) for outcome in batch]
    assert sorted(names) == sorted(f"q{n}" for n in range(30))


def test_stopped_before_it_begins_it_sends_nothing(tmp_path: Path) -> None:
    with ScriptedServer(lambda question: "hi") as server:
        assert run(server.url, tmp_path / "ledger.sqlite", 30, stop=True) == [None]
        assert server.calls == 0


def test_an_error_is_given_as_the_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    [end] = run("http://127.0.0.1:9", tmp_path / "file" / "ledger.sqlite", 3)
    assert "cannot be written" in str(end)


@pytest.mark.slow
def test_an_answer_keeps_its_place_until_it_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that takes its time, no more is ever paid beyond what is kept than calls may be open."""
    paid_and_not_kept: list[int] = []
    save = Ledger.save

    def slow(ledger: Ledger, account: str, entries: Sequence[tuple[bytes, Paid]], assumed_usd: float) -> None:
        time.sleep(0.1)
        paid_and_not_kept.append(server.answers - ledger.count())
        save(ledger, account, entries, assumed_usd)

    monkeypatch.setattr(Ledger, "save", slow)
    with ScriptedServer(lambda question: "hi") as server:
        *_, end = run(server.url, tmp_path / "ledger.sqlite", 100)
        assert (end, server.answers) == (None, 100)
    assert max(paid_and_not_kept) == quick().pacing.concurrency
