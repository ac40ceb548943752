import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from topicsmith.errors import StorageError
from topicsmith.llm.ledger.ledger import Ledger, answer_key
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.ledger.writer import Entry, LedgerWriter
from topicsmith.llm.types import Answer, ChatRequest
from topicsmith.records import Usage


def entry(number: int) -> Entry:
    paid = Paid(Answer("Science", "stop", Usage(), None), 0.1, 0.0)
    return Entry(answer_key("p", ChatRequest("m", "s", str(number))), paid, number)


def test_entries_are_durable_before_their_owner_is_told(tmp_path: Path) -> None:
    told: list[object] = []
    with Ledger(tmp_path / "ledger.sqlite") as ledger, Ledger(tmp_path / "ledger.sqlite") as other:

        def saved(entries: object) -> None:
            assert isinstance(entries, list)
            assert len(other.find([e.key for e in entries])) == len(entries)
            assert threading.current_thread() is threading.main_thread()
            told.extend(e.owner for e in entries)

        async def record() -> None:
            recorder = LedgerWriter(ledger, "labeling", saved, told.append)
            recorder.start()
            for number in range(2500):
                recorder.put(entry(number))
            assert recorder.waiting == 2500
            await recorder.close()
            assert recorder.waiting == 0

        asyncio.run(record())
    assert told == list(range(2500))


class FailingLedger(Ledger):
    """A ledger whose disk fails for the first saves."""

    fails = 0
    error: Exception = StorageError("the disk is failing")

    def save(self, account: str, entries: Sequence[tuple[bytes, Paid]], assumed_usd: float = 0.0) -> None:
        self.fails -= 1
        if self.fails >= 0:
            raise self.error
        super().save(account, entries, assumed_usd)


@pytest.mark.parametrize("error", [StorageError("the disk is failing"), OSError("the disk is failing")])
@pytest.mark.parametrize(("fails", "kept"), [(1, [1, 2]), (2, [1, 2]), (9, [])])
def test_what_a_failing_disk_refuses_is_reported_and_tried_again(
    tmp_path: Path, fails: int, kept: list[int], error: Exception
) -> None:
    errors: list[Exception] = []
    saved: list[object] = []
    with FailingLedger(tmp_path / "ledger.sqlite") as ledger:
        ledger.fails, ledger.error = fails, error

        async def record() -> None:
            recorder = LedgerWriter(
                ledger, "labeling", lambda entries: saved.extend(e.owner for e in entries), errors.append
            )
            recorder.start()
            for number in (1, 2):
                recorder.put(entry(number))
                await asyncio.sleep(0.1)
            await recorder.close()
            assert recorder.waiting == 2 - len(kept)

        asyncio.run(record())
        assert ledger.count() == ledger.spent("labeling").answers == len(kept)
    assert [str(error) for error in errors] == ["the disk is failing"] * min(fails, 3)
    assert saved == kept
