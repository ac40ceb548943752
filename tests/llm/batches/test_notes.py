import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from topicsmith.llm.batches.notes import JobNotes
from topicsmith.llm.batches.rows import BatchRow
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.types import ChatRequest

ROWS = [BatchRow([], ChatRequest("m", "s", str(n)), bytes([n]), size=100 + n) for n in range(3)]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "l.sqlite") as opened:
        yield opened


@pytest.fixture
def notes(ledger: Ledger) -> JobNotes:
    return JobNotes(ledger, "openai", "labeling:one")


def test_a_note_holds_the_rows_their_bytes_and_whose_it_is(notes: JobNotes) -> None:
    name, job = notes.make(ROWS)
    assert name.startswith("topicsmith-")
    assert (job["keys"], job["bytes"], job["state"]) == (["00", "01", "02"], 303, "sending")
    assert notes.is_own(job)
    assert not notes.is_own({**job, "account": "labeling:two"})
    assert notes.make(ROWS)[0] != name  # another process may hand in the same at this moment


def test_open_jobs_with_our_rows_come_in_the_order_they_were_handed_in(notes: JobNotes, ledger: Ledger) -> None:
    for name, at, state, provider in [
        ("late", 9.0, "sent", "openai"), ("early", 5.0, "sending", "openai"), ("done", 1.0, "collected", "openai"),
        ("never", 2.0, "never sent", "openai"), ("other", 3.0, "sent", "google"),
    ]:  # fmt: skip
        ledger.save_job(
            name, {"provider": provider, "keys": ["00", "07"], "at": at, "state": state, "id": f"id-{name}"}
        )
    assert list(notes.open_with({"00", "01"})) == ["early", "late"]
    assert list(notes.open_with({"02"})) == []
    assert notes.ids() == {"id-late", "id-early", "id-done", "id-never"}


def test_what_was_taken_and_what_waits_beside_ours(notes: JobNotes) -> None:
    assert (notes.most_taken(), notes.others_wait([])) == (0, False)
    about = {"provider": "openai", "keys": ["00"], "at": time.time()}
    notes.save("a", {**about, "state": "collected", "bytes": 70})
    notes.save("b", {**about, "state": "collected"})  # of an earlier version
    notes.save("c", {**about, "state": "sent", "bytes": 900})
    notes.save("d", {**about, "state": "sent", "at": 0.0})  # a day and more ago
    assert notes.most_taken() == 70
    assert notes.others_wait([])
    assert not notes.others_wait(["c"])
