import asyncio
import threading
from pathlib import Path

from topicsmith.errors import StorageError, TopicsmithError
from topicsmith.llm.ledger import Ledger, answer_key
from topicsmith.llm.ledger_file import Paid
from topicsmith.llm.recorder import Entry, Recorder
from topicsmith.llm.wire import Answer, ChatRequest
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
            recorder = Recorder(ledger, "labeling", saved, told.append)
            recorder.start()
            for number in range(2500):
                recorder.put(entry(number))
            assert recorder.waiting == 2500
            await recorder.close()
            assert recorder.waiting == 0

        asyncio.run(record())
    assert told == list(range(2500))


class FailingLedger(Ledger):
    """A ledger whose disk fails after the first group."""

    saves = 0

    def save(self, purse: str, entries: object, assumed_usd: float = 0.0) -> None:
        self.saves += 1
        raise StorageError("the disk is failing")


def test_a_failing_disk_is_reported_and_later_groups_are_still_tried(tmp_path: Path) -> None:
    errors: list[TopicsmithError] = []
    saved: list[object] = []
    with FailingLedger(tmp_path / "ledger.sqlite") as ledger:

        async def record() -> None:
            recorder = Recorder(ledger, "labeling", saved.append, errors.append)
            recorder.start()
            recorder.put(entry(1))
            await asyncio.sleep(0.1)
            recorder.put(entry(2))
            await recorder.close()
            assert recorder.waiting == 0

        asyncio.run(record())
        assert ledger.saves == 2
    assert [str(error) for error in errors] == ["the disk is failing"] * 2
    assert saved == []
