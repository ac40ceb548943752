import errno
import os
import sqlite3
from pathlib import Path

import pytest

from topicsmith.errors import RunStateError, StorageError
from topicsmith.llm.ledger.ledger import Ledger, Spent, answer_key
from topicsmith.llm.ledger.sqlite import Paid, checksum
from topicsmith.llm.types import Answer, ChatRequest
from topicsmith.records import Usage


def paid(text: str = "Science", usd: float | None = 0.25) -> Paid:
    return Paid(Answer(text, "stop", Usage(10, 2, cost_usd=usd), "m-1"), 0.5, 1_700_000_000.0)


def key(number: int) -> bytes:
    return answer_key("openai", ChatRequest("m", "s", f"text {number}"))


def test_what_is_saved_is_found_again_by_another_opening(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.save("labeling", [(key(1), paid("Science")), (key(2), paid("Höhlen \U0001f9ed \x00", None))])
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        found = ledger.find([key(number) for number in range(1200)])
        assert found == {key(1): paid("Science"), key(2): paid("Höhlen \U0001f9ed \x00", None)}
        assert ledger.spent("labeling") == Spent(answers=2, usd=0.25, unpriced=1)
        assert ledger.spent("candidates") == Spent()
        assert ledger.count() == 2


def test_a_second_answer_is_counted_and_the_first_one_stays(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.save("labeling", [(key(1), paid("first"))])
        ledger.save("labeling", [(key(1), paid("second"))])
        assert ledger.find([key(1)])[key(1)].answer.text == "first"
        assert ledger.spent("labeling") == Spent(answers=2, usd=0.5)
        assert ledger.count() == 1


REQUEST = ChatRequest("m", "system", "user", {"type": "object", "a": 1}, 256, 0.0, 3)
CHANGED = [
    ("anthropic", REQUEST, 0),
    ("openai", REQUEST, 1),
    ("openai", ChatRequest("m2", "system", "user", {"type": "object", "a": 1}, 256, 0.0, 3), 0),
    ("openai", ChatRequest("m", "systemu", "ser", {"type": "object", "a": 1}, 256, 0.0, 3), 0),
    ("openai", ChatRequest("m", "system", "user!", {"type": "object", "a": 1}, 256, 0.0, 3), 0),
    ("openai", ChatRequest("m", "system", "user", {"type": "object", "a": 2}, 256, 0.0, 3), 0),
    ("openai", ChatRequest("m", "system", "user", None, 256, 0.0, 3), 0),
    ("openai", ChatRequest("m", "system", "user", {"type": "object", "a": 1}, 512, 0.0, 3), 0),
    ("openai", ChatRequest("m", "system", "user", {"type": "object", "a": 1}, 256, None, 3), 0),
    ("openai", ChatRequest("m", "system", "user", {"type": "object", "a": 1}, 256, 0.0, None), 0),
]


def test_the_key_covers_everything_that_could_change_the_answer() -> None:
    keys = {answer_key(*parts) for parts in [("openai", REQUEST, 0), *CHANGED]}
    assert len(keys) == 1 + len(CHANGED)


def test_the_key_does_not_depend_on_the_order_of_the_schema_and_takes_any_text() -> None:
    turned = ChatRequest("m", "system", "user", {"a": 1, "type": "object"}, 256, 0.0, 3)
    assert answer_key("openai", turned) == answer_key("openai", REQUEST)
    assert len(answer_key("openai", ChatRequest("m", "", "\ud83d \x00"))) == 20


def test_a_lone_surrogate_in_an_answer_is_kept_as_the_replacement_character(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.save("labeling", [(key(1), paid("a\ud83db"))])
        assert ledger.find([key(1)])[key(1)].answer.text == "a\ufffdb"


def test_jobs_are_kept_and_replaced(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.save_job("one", {"state": "sending"})
        ledger.save_job("one", {"state": "sent", "id": "batch_1"})
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.jobs() == {"one": {"state": "sent", "id": "batch_1"}}


def test_a_full_disk_gives_up_the_reserve_keeps_the_answers_and_stops(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        pages = ledger.writer.execute("PRAGMA page_count").fetchone()[0]
        ledger.writer.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageError, match="full"):
            ledger.save("labeling", [(key(number), paid("x" * 5000)) for number in range(10)])
        assert not path.with_name("ledger.sqlite.reserve").exists()
        ledger.writer.execute("PRAGMA max_page_count = 1000000")  # what giving up the reserve does on a real disk
        with pytest.raises(StorageError, match="every answer paid for is kept"):
            ledger.save("labeling", [(key(1), paid())])
    with Ledger(path) as ledger:
        assert set(ledger.find([key(1)])) == {key(1)}


def test_an_unwritable_place_is_refused_before_anything_is_paid(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError, match="cannot be written"):
        Ledger(tmp_path / "file" / "ledger.sqlite")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_security_k21_a_ledger_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def failing(_path: Path) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("topicsmith.llm.ledger.ledger.prepare", failing)
    with pytest.raises(StorageError, match=rf"ledger\.sqlite: cannot be written: {os.strerror(number)}; "):
        Ledger(tmp_path / "ledger.sqlite")
    monkeypatch.undo()
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.count() == 0


def test_an_unreadable_answer_counts_as_absent_and_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.save("labeling", [(key(1), paid("one")), (key(2), paid("two"))])
    database = sqlite3.connect(path)
    database.execute(
        "UPDATE answers SET value = (SELECT value FROM answers WHERE key = ?) WHERE key = ?", (key(2), key(1))
    )
    database.commit()
    database.close()
    with Ledger(path) as ledger:
        assert set(ledger.find([key(1), key(2)])) == {key(2)}
        assert ledger.damaged == 1
        ledger.save("labeling", [(key(1), paid("new"))])
        assert ledger.find([key(1)])[key(1)].answer.text == "new"


@pytest.mark.parametrize(("old", "new"), [(b'"input_tokens":10', b'"input_tokens":%d' % 2**70), (b":0.25", b":-1e9")])
def test_fault_41_an_answer_out_of_range_with_its_right_sum_alone_is_asked_anew(
    old: bytes, new: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.save("labeling", [(key(1), paid("one")), (key(2), paid("two"))])
    database = sqlite3.connect(path)
    (value,) = database.execute("SELECT value FROM answers WHERE key = ?", (key(1),)).fetchone()
    forged = value.replace(old, new)
    assert forged != value
    row = (forged, checksum(key(1), forged), key(1))
    database.execute("UPDATE answers SET value = ?, sum = ? WHERE key = ?", row)
    database.commit()
    database.close()
    with Ledger(path) as ledger:
        assert set(ledger.find([key(1), key(2)])) == {key(2)}
        ledger.save("labeling", [(key(1), paid("new"))])
        assert ledger.find([key(1)])[key(1)].answer.text == "new"
        assert ledger.count() == 2


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE mine (a)")
    database.commit()
    database.close()
    with pytest.raises(RunStateError, match="not a ledger of topicsmith"):
        Ledger(path)


def test_a_damaged_job_and_a_text_that_is_none_are_counted_and_the_others_stay(tmp_path: Path) -> None:
    path, answer = tmp_path / "ledger.sqlite", Answer("x", "stop", Usage(1, 1, cost_usd=0.1), None)
    with Ledger(path) as ledger:
        ledger.save_job("good", {"state": "sent", "id": "1"})
        ledger.save_job("bad", {"state": "sent", "id": "2"})
        ledger.save("labeling:a", [(b"key", Paid(answer, 0.0, 0.0, "maker", "m"))])
        ledger.writer.execute("UPDATE jobs SET value = ?, sum = ? WHERE name = 'bad'", (b"", checksum(b"bad", b"")))
        ledger.writer.execute("UPDATE answers SET model = CAST(x'ff41' AS TEXT)")
        ledger.writer.execute("UPDATE spent SET model = CAST(x'ff41' AS TEXT)")
    with Ledger(path) as ledger:
        assert ledger.jobs() == {"good": {"state": "sent", "id": "1"}}
        assert ledger.damaged == 1
        assert [entry.model for entry in ledger.spending()] == ["\ufffdA"]
        assert ledger.find([b"key"]).keys() == {b"key"}
