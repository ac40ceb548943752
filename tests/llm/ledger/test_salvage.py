"""What a broken file still gives."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.llm.ledger.filling import fill, first_version, key, second_row, second_version
from topicsmith.errors import RunStateError
from topicsmith.llm.ledger.ledger import Ledger, Spent
from topicsmith.llm.ledger.opening import prepare
from topicsmith.llm.ledger.sqlite import Paid, checksum, connect, write_value
from topicsmith.llm.types import Answer, TokenLogprobs
from topicsmith.records import Usage

KEYS = [bytes([n % 256, n // 256]) + b"key" for n in range(1000)]
LONG = Paid(Answer("x" * 300, "stop", Usage(cost_usd=0.0015), None), 0.1, 0.0, "openai", "m")
TOLD = replace(LONG, answer=replace(LONG.answer, logprobs=TokenLogprobs((100, 200), (-0.5, -0.25))))


def break_a_page(path: Path) -> None:
    """Overwrite a page in the middle of the file."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(data)


def name_of(path: Path) -> str:
    """The name of a ledger."""
    database = sqlite3.connect(path)
    [(name,)] = database.execute("SELECT value FROM about WHERE name = 'id'").fetchall()
    database.close()
    return str(name)


@pytest.mark.slow
def test_a_broken_page_costs_its_own_answers_and_the_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.save("labeling:one", [(key, TOLD) for key in KEYS])
    name = name_of(path)
    break_a_page(path)
    lost = prepare(path)
    assert 0 < lost < 100
    assert (tmp_path / "ledger.sqlite.damaged-1").exists()
    with Ledger(path) as ledger:
        assert ledger.count() == 1000 - lost
        assert set(ledger.find(KEYS).values()) == {TOLD}
        spent = ledger.spent("labeling:one")
        assert spent.answers == 1000
        assert spent.usd == pytest.approx(1.5)
    assert name_of(path) == name


@pytest.mark.slow
def test_a_broken_file_of_version_1_is_mended_and_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    first_version(path, 1)
    value = write_value(LONG)
    database = sqlite3.connect(path)
    database.executemany(
        "INSERT INTO answers VALUES (?, ?, ?, 'labeling', 1)", [(k, value, checksum(k, value)) for k in KEYS]
    )
    database.execute("UPDATE spent SET answers = answers + 1000, usd = usd + 1.5")
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    break_a_page(path)
    lost = prepare(path)
    assert 0 < lost < 100
    with Ledger(path) as ledger:
        assert ledger.count() == 1001 - lost
        spent = ledger.spent("labeling")
        assert (spent.answers, spent.unpriced) == (1002, 0)
        assert spent.usd == pytest.approx(2.0)


@pytest.mark.slow
def test_a_broken_file_of_version_2_is_mended_and_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    second_version(path, 1)
    database = sqlite3.connect(path)
    rows = [second_row(name, LONG) for name in KEYS]
    database.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    database.execute("UPDATE about SET value = value + 1000 WHERE name = 'answers'")
    database.execute("UPDATE spent SET answers = answers + 1000, usd = usd + 1.5")
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    break_a_page(path)
    lost = prepare(path)
    assert 0 < lost < 100
    with Ledger(path) as ledger:
        assert ledger.count() == 1001 - lost
        assert set(ledger.find(KEYS).values()) == {LONG}
        spent = ledger.spent("labeling:one")
        assert spent.answers == 1001
        assert spent.usd == pytest.approx(1.75)


@pytest.mark.parametrize("content", [b"no database " * 500, b"SQLite format 3\x00" + b"\xff" * 9000])
def test_what_holds_nothing_of_a_ledger_is_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(content)
    with pytest.raises(RunStateError, match="not a ledger, or damaged beyond repair; move it away"):
        prepare(path)
    assert path.read_bytes() == content


@pytest.mark.slow
@pytest.mark.parametrize("at", [0, 15, 16, 17, 18, 19, 20, 21, 22, 23, 28, 31, 44, 47, 56, 59, 68, 71])
def test_a_flipped_bit_in_the_header_costs_nothing(at: int, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path, range(5))
    for bit in (0, 6):
        with closing(connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        data = bytearray(path.read_bytes())
        data[at] ^= 1 << bit
        path.write_bytes(data)
        with Ledger(path) as ledger:
            assert ledger.find([key(n) for n in range(5)]).keys() == {key(n) for n in range(5)}
            assert ledger.spent("labeling:one") == Spent(5, 1.25, 0)
    assert not list(tmp_path.glob("*.legible*"))
