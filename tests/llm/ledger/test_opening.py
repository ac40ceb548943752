"""A ledger is made, once, whoever is there at the same time."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.llm.ledger.filling import fill, first_version
from topicsmith.errors import RunStateError
from topicsmith.llm.ledger.ledger import Ledger, Spent
from topicsmith.llm.ledger.opening import prepare
from topicsmith.llm.ledger.sqlite import connect


def test_preparing_makes_a_durable_file_with_our_tables(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    assert prepare(path) == 0
    database = connect(path)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    assert names == ["about", "answers", "jobs", "spent"]
    database.close()


@pytest.mark.slow
def test_fault_36_threads_that_make_a_ledger_at_once_wait_for_one_another(tmp_path: Path) -> None:
    for attempt in range(20):
        path = tmp_path / str(attempt) / "ledger.sqlite"
        path.parent.mkdir()
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(prepare, [path] * 6)) == [0] * 6


@pytest.mark.parametrize("forged", ["usd = -1e9", "assumed_usd = 1e300", "input_tokens = 4611686018427387904"])
def test_fault_41_a_sum_that_cannot_be_is_dropped_and_the_others_stay(forged: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path, range(3), "labeling:one")
    fill(path, range(3, 5), "labeling:two")
    database = sqlite3.connect(path)
    database.execute("PRAGMA ignore_check_constraints = ON")
    database.execute(f"UPDATE spent SET {forged} WHERE purse = 'labeling:one'")
    database.commit()
    database.close()
    with Ledger(path) as ledger:
        assert ledger.spent("labeling:one") == Spent()
        assert ledger.spent("labeling:two") == Spent(answers=2, usd=0.5)
        assert ledger.count() == 5
    assert (tmp_path / "ledger.sqlite.damaged-1").is_file()


@pytest.mark.parametrize("forged", [-1e9, float("inf")])
def test_fault_41_a_sum_of_version_1_that_cannot_be_is_not_believed(forged: float, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    first_version(path, 3)
    database = sqlite3.connect(path)
    database.execute("UPDATE spent SET usd = ?", (forged,))
    database.commit()
    database.close()
    with Ledger(path) as ledger:
        assert ledger.spent("labeling") == Spent(answers=4, usd=0.75)


def test_a_damage_that_sqlite_cannot_tell_in_utf_8_is_a_damage_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path, range(3))
    with closing(connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    at = data.index(b"CREATE TABLE answers")
    data[at + 13 : at + 15] = b"\xcc("  # the name of the table in its own definition
    path.write_bytes(data)
    with pytest.raises(RunStateError, match=r"ledger.sqlite: not a ledger, or damaged beyond repair; move it away"):
        prepare(path)
    assert path.read_bytes() == data
