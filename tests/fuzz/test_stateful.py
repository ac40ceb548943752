"""A ledger that is written to, killed, damaged, copied and read again, in any order: paid answers stay."""

import multiprocessing
import os
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.llm.ledger.filling import key, paid
from topicsmith.errors import TopicsmithError
from topicsmith.llm.ledger import sqlite
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.ledger.merging import merge

ACCOUNT = "labeling:one"
NUMBERS = st.lists(st.integers(0, 40), min_size=1, max_size=8, unique=True)


def _save_and_die(path: Path, numbers: list[int], late: list[int]) -> None:
    """Save ``numbers``, begin to save ``late`` and die, as a process does that is killed."""
    ledger = Ledger(path)
    ledger.save(ACCOUNT, [(key(n), paid(f"answer {n}")) for n in numbers])
    ledger.writer.execute("BEGIN IMMEDIATE")
    rows = [sqlite.answer_row(key(n), sqlite.as_kept(paid(f"answer {n}")), ACCOUNT) for n in late]
    ledger.writer.executemany(sqlite.KEEP, rows)
    os._exit(9)


class LedgerMachine(RuleBasedStateMachine):
    """``paid_for`` are the answers that a ``save`` was told of as durable, ``hurt`` those whose bytes were damaged."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="topicsmith-stateful-"))
        self.path = self.folder / "ledger.sqlite"
        self.paid_for: set[int] = set()
        self.hurt: set[int] = set()
        self.bought = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(numbers=NUMBERS)
    def begin(self, numbers: list[int]) -> None:
        self.write(numbers)

    @rule(numbers=NUMBERS)
    def write(self, numbers: list[int]) -> None:
        with Ledger(self.path) as ledger:
            ledger.find([key(n) for n in numbers])  # as whoever asks looks first; what is damaged makes room
            ledger.save(ACCOUNT, [(key(n), paid(f"answer {n}")) for n in numbers])
        self.paid_for.update(numbers)
        self.hurt.difference_update(numbers)
        self.bought += len(numbers)

    @rule(numbers=NUMBERS, late=NUMBERS)
    def write_and_kill(self, numbers: list[int], late: list[int]) -> None:
        fresh = [n for n in numbers if n not in self.hurt]  # a process that never looked leaves what is damaged
        if not fresh:
            return
        process = multiprocessing.get_context("fork").Process(target=_save_and_die, args=(self.path, fresh, late))
        process.start()
        process.join(30)
        assert process.exitcode == 9
        self.paid_for.update(fresh)
        self.bought += len(fresh)

    @rule(number=st.integers(0, 40), at=st.integers(0, 60), bit=st.integers(0, 7))
    def damage_an_answer(self, number: int, at: int, bit: int) -> None:
        with closing(sqlite.connect(self.path)) as database:
            found = database.execute("SELECT value FROM answers WHERE key = ?", (key(number),)).fetchone()
            if found is None or number in self.hurt:  # the same bit flipped again is whole
                return
            value = bytearray(found[0])
            value[at % len(value)] ^= 1 << bit
            database.execute("UPDATE answers SET value = ? WHERE key = ?", (bytes(value), key(number)))
        self.hurt.add(number)

    @rule(cut=st.integers(1, 4000))
    def tear_the_journal(self, cut: int) -> None:
        """A power cut leaves half a transaction behind the committed ones."""
        journal = self.path.with_name("ledger.sqlite-wal")
        with journal.open("ab") as file:
            file.write(os.urandom(cut))

    @rule()
    def copy_and_merge_back(self) -> None:
        other = self.folder / "other.sqlite"
        with closing(sqlite.connect(self.path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self.path, other)
        for _ in range(2):
            merged = merge(self.path, other)
            assert (merged.answers, merged.usd) == (0, 0.0)

    @rule(numbers=NUMBERS)
    def merge_another(self, numbers: list[int]) -> None:
        other = self.folder / "another.sqlite"
        other.unlink(missing_ok=True)
        with Ledger(other) as ledger:
            ledger.save("labeling:two", [(key(n), paid(f"answer {n}")) for n in numbers])
        first, again = merge(self.path, other), merge(self.path, other)
        assert first.answers == len(set(numbers) - self.paid_for)
        assert (first.usd, again.answers, again.usd) == (0.25 * len(numbers), 0, 0.0)
        self.paid_for.update(numbers)

    @rule(at=st.integers(0, 99), bit=st.integers(0, 7))
    def show_a_damaged_header(self, at: int, bit: int) -> None:
        """A copy with a flipped bit in its header is read, mended or refused in a line, and never a raw error."""
        copy = self.folder / "copy.sqlite"
        with closing(sqlite.connect(self.path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        data = bytearray(self.path.read_bytes())
        data[at] ^= 1 << bit
        for stale in self.folder.glob("copy.sqlite*"):
            stale.unlink()
        copy.write_bytes(data)
        try:
            with Ledger(copy) as ledger:
                ledger.find([key(n) for n in self.paid_for])
        except TopicsmithError as refused:
            kept = copy.read_bytes()
            if "\n" in str(refused) or kept != data:  # what is refused is left as it is
                raise

    @invariant()
    def paid_answers_stay(self) -> None:
        if not self.paid_for:
            return
        with Ledger(self.path) as ledger:
            found = ledger.find([key(n) for n in range(41)])
            assert {n for n in range(41) if key(n) in found} == self.paid_for - self.hurt
            assert all(found[key(n)].answer.text == f"answer {n}" for n in self.paid_for - self.hurt)
            assert ledger.damaged == len(self.hurt)
            assert ledger.spent(ACCOUNT).answers == self.bought
            assert ledger.spent(ACCOUNT).usd == pytest.approx(0.25 * self.bought)


LedgerMachine.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    phases=[Phase.generate],  # what fails is told step by step; shrinking it takes minutes
    suppress_health_check=list(HealthCheck),
)
test_a_ledger_in_any_order_of_accidents = pytest.mark.slow(LedgerMachine.TestCase)
