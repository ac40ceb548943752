"""Ledgers merged: every answer, job and cent exactly once, however often, by whatever way, and killed at any moment."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from tests.llm.ledger.filling import fill, first_version, key, paid, second_version, told
from topicsmith.errors import ProjectError, RunStateError
from topicsmith.llm.ledger.ledger import Ledger, Spent
from topicsmith.llm.ledger.merging import Merged, merge, take_over
from topicsmith.llm.ledger.spending import total


def state(path: Path, account: str = "labeling:one") -> tuple[int, Spent]:
    with Ledger(path) as ledger:
        return ledger.count(), ledger.spent(account)


def test_merging_adds_answers_and_dollars_once_however_often(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.sqlite", tmp_path / "other.sqlite"
    fill(mine, range(3))
    fill(other, range(2, 6))
    before = other.read_bytes()
    assert merge(mine, other) == Merged(answers=3, usd=1.0, jobs=0, lost=0)
    assert merge(mine, other) == Merged(0, 0.0, 0, 0)
    assert state(mine) == (6, Spent(answers=7, usd=1.75))
    assert other.read_bytes() == before
    fill(other, [9])  # the other person goes on
    assert merge(mine, other) == Merged(1, 0.25, 0, 0)
    assert state(mine) == (7, Spent(answers=8, usd=2.0))


def test_log_probabilities_are_merged_with_their_answer_and_damaged_ones_are_lost(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.sqlite", tmp_path / "other.sqlite"
    fill(mine, [0])
    with Ledger(other) as ledger:
        ledger.save("labeling:one", [(key(n), told(f"answer {n}", -0.5, -0.25)) for n in range(3)])
    database = sqlite3.connect(other)
    database.execute("UPDATE answers SET logprobs = NULL WHERE key = ?", (key(2),))
    database.commit()
    database.close()
    assert merge(mine, other) == Merged(answers=1, usd=0.75, jobs=0, lost=1)
    with Ledger(mine) as ledger:
        found = ledger.find([key(n) for n in range(3)])
        assert found == {key(0): paid("answer 0"), key(1): told("answer 1", -0.5, -0.25)}


def test_one_of_version_2_is_merged_and_stays_as_it_is(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.sqlite", tmp_path / "other.sqlite"
    fill(mine, [0])
    second_version(other, 4)
    before = other.read_bytes()
    assert merge(mine, other) == Merged(3, 1.0, 1, 0)
    assert merge(mine, other) == Merged(0, 0.0, 0, 0)
    assert other.read_bytes() == before


def test_ledgers_that_meet_by_several_ways_count_each_cent_once(tmp_path: Path) -> None:
    a, b, c = (tmp_path / f"{name}.sqlite" for name in "abc")
    for number, path in enumerate((a, b, c)):
        fill(path, [number])
    merge(b, a)
    merge(c, b)
    merge(c, a)
    merge(a, c)
    merge(b, c)
    assert [state(path) for path in (a, b, c)] == [(3, Spent(answers=3, usd=0.75))] * 3


def test_a_copy_that_went_on_by_itself_is_another_ledger(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.sqlite", tmp_path / "other.sqlite"
    fill(mine, range(10))
    shutil.copy(mine, other)
    fill(mine, range(10, 12))
    fill(other, range(12, 13))
    assert merge(mine, other) == Merged(1, 0.25, 0, 0)
    assert merge(other, mine) == Merged(2, 0.5, 0, 0)
    assert state(mine) == state(other) == (13, Spent(answers=13, usd=3.25))


def test_one_of_version_1_is_merged_and_stays_as_it_is(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.sqlite", tmp_path / "other.sqlite"
    fill(mine, [0])
    first_version(other, 4)
    before = other.read_bytes()
    assert merge(mine, other) == Merged(3, 1.25, 1, 0)
    shutil.copy(other, tmp_path / "copy.sqlite")  # a copy of version 1 is the same ledger
    assert merge(mine, tmp_path / "copy.sqlite") == Merged(0, 0.0, 0, 0)
    assert other.read_bytes() == before
    assert state(mine, "labeling") == (4, Spent(answers=5, usd=1.25))


def test_one_that_is_open_and_not_yet_written_back_is_merged_whole(tmp_path: Path) -> None:
    with Ledger(tmp_path / "other.sqlite") as other:
        other.save("labeling:one", [(key(1), paid())])
        assert merge(tmp_path / "mine.sqlite", tmp_path / "other.sqlite").answers == 1
        other.save("labeling:one", [(key(2), paid())])
        assert merge(tmp_path / "mine.sqlite", tmp_path / "other.sqlite").answers == 1
    assert state(tmp_path / "mine.sqlite") == (2, Spent(answers=2, usd=0.5))


def test_damaged_answers_are_left_out_and_counted(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    fill(other, range(3))
    database = sqlite3.connect(other)
    database.execute("UPDATE answers SET value = x'00' WHERE key = ?", (key(1),))
    database.commit()
    database.close()
    assert merge(tmp_path / "mine.sqlite", other) == Merged(2, 0.75, 0, 1)


def test_what_cannot_be_merged_is_refused_in_one_line_that_names_it(tmp_path: Path) -> None:
    mine = tmp_path / "mine.sqlite"
    fill(mine, [0])
    (tmp_path / "text.sqlite").write_text("no database, " * 1000)
    sqlite3.connect(tmp_path / "foreign.sqlite").execute("CREATE TABLE t (a)")
    for name, said in (("no.sqlite", "does not exist"), ("text.sqlite", "not a ledger"), ("foreign.sqlite", "not a l")):
        with pytest.raises(RunStateError, match=f"{name}: {said}"):
            merge(mine, tmp_path / name)
    (tmp_path / "link.sqlite").symlink_to(mine)
    with pytest.raises(ProjectError, match="this project's own ledger"):
        merge(mine, tmp_path / "link.sqlite")
    assert state(mine) == (1, Spent(answers=1, usd=0.25))


def test_jobs_are_taken_over_and_the_later_state_stays(tmp_path: Path) -> None:
    with Ledger(tmp_path / "mine.sqlite") as mine, Ledger(tmp_path / "other.sqlite") as other:
        other.save_job("a", {"state": "sent", "id": "1"})
        other.save_job("b", {"state": "sent", "id": "2"})
        other.save_job("c", {"state": "sent", "id": "3"})
        mine.save_job("b", {"state": "collected", "id": "2"})
        mine.save_job("c", {"state": "collected", "id": "4"})  # another job that happens to have the same name
    for new in (2, 0):
        assert merge(tmp_path / "mine.sqlite", tmp_path / "other.sqlite").jobs == new
    with Ledger(tmp_path / "mine.sqlite") as mine:
        found = mine.jobs()
    assert {name: job["state"] for name, job in found.items() if name in "abc"} == {
        "a": "sent", "b": "collected", "c": "collected",
    }  # fmt: skip
    assert sorted(str(job["id"]) for job in found.values()) == ["1", "2", "3", "4"]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A project's runs, each with a ledger of its own of version 1."""
    for number, name in enumerate(("one", "two")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        first_version(tmp_path / "runs" / name / "ledger.sqlite", 40, start=30 * number)
        (tmp_path / "runs" / name / "ledger.sqlite.reserve").write_bytes(b"0")
    return tmp_path / "runs"


def test_a_runs_own_ledger_is_taken_over_and_renamed_aside(runs: Path) -> None:
    for name in ("one", "two", "one"):
        take_over(runs / name / "ledger.sqlite", runs / "ledger.sqlite", name)
    with Ledger(runs / "ledger.sqlite") as ledger:
        assert ledger.count() == 70
        assert [ledger.spent(f"labeling:{name}").answers for name in ("one", "two")] == [41, 41]
        assert ledger.spent("labeling") == Spent()
        assert total(ledger.spending()).usd == 82 * 0.25
    for name in ("one", "two"):
        assert [path.name for path in (runs / name).iterdir()] == ["ledger.sqlite.merged"]
    fill(runs / "one" / "ledger.sqlite", [500], "labeling:one")
    take_over(runs / "one" / "ledger.sqlite", runs / "ledger.sqlite", "one")
    assert sorted(path.name for path in (runs / "one").iterdir()) == ["ledger.sqlite.merged", "ledger.sqlite.merged-2"]
    assert state(runs / "ledger.sqlite")[1].answers == 42


def test_one_that_an_earlier_version_has_open_is_merged_and_stays(runs: Path) -> None:
    own = runs / "one" / "ledger.sqlite"
    other = sqlite3.connect(own)
    other.execute("SELECT count(*) FROM answers").fetchone()
    take_over(own, runs / "ledger.sqlite", "one")
    assert own.is_file()
    other.close()
    take_over(own, runs / "ledger.sqlite", "one")
    assert not own.is_file()
    assert state(runs / "ledger.sqlite") == (40, Spent(answers=41, usd=10.25))


TAKE = """
import sys
from pathlib import Path
from topicsmith.llm.ledger.merging import take_over
runs = Path(sys.argv[1])
for name in sys.argv[2:]:
    take_over(runs / name / "ledger.sqlite", runs / "ledger.sqlite", name)
"""


def start(runs: Path, *names: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", TAKE, str(runs), *names])


def test_fault_36_processes_that_take_over_at_once_count_once(runs: Path) -> None:
    order = [("one", "two"), ("two", "one"), ("one", "two"), ("two", "one")]
    assert [process.wait() for process in [start(runs, *names) for names in order]] == [0] * 4
    with Ledger(runs / "ledger.sqlite") as ledger:
        assert ledger.count() == 70
        assert [ledger.spent(f"labeling:{name}").answers for name in ("one", "two")] == [41, 41]


@pytest.mark.slow
def test_fault_31_a_take_over_that_is_killed_counts_once(runs: Path) -> None:
    chance = Random(5)
    for _ in range(12):
        process = start(runs, "one", "two")
        time.sleep(chance.uniform(0.2, 1.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert start(runs, "one", "two").wait() == 0
    with Ledger(runs / "ledger.sqlite") as ledger:
        assert (ledger.count(), total(ledger.spending()).usd) == (70, 82 * 0.25)
        assert len(ledger.jobs()) == 1


@pytest.mark.parametrize("boundary", range(4))
def test_fault_31_killed_at_each_step_of_a_take_over(
    runs: Path, boundary: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the merge, after it, and between the renames of the file and its log."""
    own = runs / "one" / "ledger.sqlite"
    child = os.fork()
    if child == 0:
        import topicsmith.llm.ledger.merging as module

        merged, replaced = module.merge, os.replace

        def die(*given: object) -> None:
            os._exit(9)

        def then_die(*given: object) -> None:
            merged(*given)  # type: ignore[arg-type]  # as it was called
            os._exit(9)

        def replace_and_die(*given: str) -> None:
            replaced(*given)
            os._exit(9)

        changed = [(module, "merge", die), (module, "merge", then_die), (os, "replace", die)]
        monkeypatch.setattr(*[*changed, (os, "replace", replace_and_die)][boundary])
        take_over(own, runs / "ledger.sqlite", "one")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    take_over(own, runs / "ledger.sqlite", "one")
    assert state(runs / "ledger.sqlite") == (40, Spent(answers=41, usd=10.25))
    assert not own.exists()
