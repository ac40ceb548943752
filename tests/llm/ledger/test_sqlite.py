import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.llm.ledger.sqlite import Paid, checksum, connect, prepare, read_value, write_value
from topicsmith.llm.types import Answer
from topicsmith.records import Usage

COUNTS = st.none() | st.integers(0, 10**9)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, st.none() | st.floats(0, 1e6)),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
)
def test_what_is_written_reads_the_same(text: str, usage: Usage, model: str | None) -> None:
    paid = Paid(Answer(text, "stop", usage, model), 0.25, 1.5)
    value = write_value(paid)
    assert read_value(b"k", value, checksum(b"k", value)) == paid


@given(st.binary(max_size=200))
def test_other_bytes_are_no_answer_even_with_their_sum(value: bytes) -> None:
    assert read_value(b"k", value, checksum(b"k", value)) is None
    assert read_value(b"k", b"{}", value) is None


def test_the_sum_covers_the_key() -> None:
    assert checksum(b"a", b"value") != checksum(b"b", b"value")


def test_preparing_makes_a_durable_file_with_our_tables(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    assert prepare(path) == 0
    database = connect(path)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    assert names == ["answers", "jobs", "spent"]
    database.close()


@pytest.mark.slow
def test_a_broken_page_costs_its_own_answers_and_the_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    prepare(path)
    database = connect(path)
    value = write_value(Paid(Answer("x" * 300, "stop", Usage(), None), 0.1, 0.0))
    keys = [bytes([n % 256, n // 256]) + b"key" for n in range(1000)]
    database.executemany("INSERT INTO answers VALUES (?, ?, ?, 'p', 1)", [(k, value, checksum(k, value)) for k in keys])
    database.execute("INSERT INTO spent VALUES ('p', 1000, 1.5, 0)")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    lost = prepare(path)
    assert 0 < lost < 100
    assert (tmp_path / "ledger.sqlite.damaged-1").exists()
    database = sqlite3.connect(path)
    assert database.execute("SELECT count(*) FROM answers").fetchone() == (1000 - lost,)
    assert database.execute("SELECT * FROM spent").fetchall() == [("p", 1000, 1.5, 0)]
    database.close()


@pytest.mark.slow
def test_fault_36_threads_that_make_a_ledger_at_once_wait_for_one_another(tmp_path: Path) -> None:
    for attempt in range(20):
        path = tmp_path / str(attempt) / "ledger.sqlite"
        path.parent.mkdir()
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(prepare, [path] * 6)) == [0] * 6
