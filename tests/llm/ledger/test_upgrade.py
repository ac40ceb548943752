"""Files of earlier versions become files of this one, whole or not at all."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from tests.llm.asking import rows
from tests.llm.ledger.filling import first_version, key, second_version, told
from topicsmith.llm.ledger.ledger import Ledger, Spent, answer_key
from topicsmith.llm.ledger.spending import total
from topicsmith.llm.ledger.sqlite import VERSION, checksum
from topicsmith.llm.ledger.upgrade import account_of

DATA = Path(__file__).parents[2] / "faults" / "data"


def test_a_file_of_version_1_is_upgraded_in_place_with_its_answers_sums_and_jobs(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    first_version(path, 5)
    with Ledger(path) as ledger:
        found = ledger.find([key(n) for n in range(6)])
        assert [found[key(n)].answer.text for n in range(5)] == [f"answer {n}" for n in range(5)]
        assert ledger.spent("labeling") == Spent(answers=6, usd=1.5)
        assert ledger.jobs()["job"]["id"] == "batch_1"
        by_day = {row.day: (row.answers, row.usd, row.input_tokens, row.untold) for row in ledger.spending()}
        # Three answers on the first day, two on the second; the one paid for twice has no day, and no tokens.
        assert by_day == {"2023-11-15": (3, 0.75, 30, 0), "2023-11-16": (2, 0.5, 20, 0), "": (1, 0.25, 0, 1)}
        assert {row.asked for row in ledger.spending()} == {""}
    with Ledger(path) as again:  # it is one of this version
        assert again.spent("labeling") == Spent(answers=6, usd=1.5)
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_dollars_assumed_for_answers_without_a_price_stay_assumed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    first_version(path, 2)
    database = sqlite3.connect(path)
    database.execute("UPDATE answers SET paid = 1")
    database.execute("UPDATE spent SET answers = 2, usd = 0.5 + 0.125")
    database.commit()
    database.close()
    with Ledger(path) as ledger:
        found = total(ledger.spending())
        assert (found.answers, found.usd, found.assumed_usd) == (2, 0.5, 0.125)
        assert ledger.spent("labeling").usd == 0.625


def test_a_damaged_answer_stays_counted_and_is_still_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    first_version(path, 3)
    database = sqlite3.connect(path)
    database.execute("UPDATE answers SET sum = x'00' WHERE key = ?", (key(1),))
    database.commit()
    database.close()
    with Ledger(path) as ledger:
        assert set(ledger.find([key(n) for n in range(3)])) == {key(0), key(2)}
        assert ledger.spent("labeling") == Spent(answers=4, usd=1.0)


def test_a_ledger_that_the_first_release_wrote_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes((DATA / "ledger-version-1.sqlite").read_bytes())
    with Ledger(path) as ledger:
        keys = [answer_key("openai", ask.request) for ask in rows(3)]
        assert [ledger.find(keys)[each].answer.text for each in keys] == ["answer 0", "answer 1", "answer 2"]
        assert total(ledger.spending()).answers == ledger.spent("labeling").answers


def test_a_file_of_version_2_is_upgraded_with_its_answers_sums_and_jobs_and_takes_log_probabilities(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.sqlite"
    second_version(path, 5)
    with Ledger(path) as ledger:
        found = ledger.find([key(n) for n in range(6)])
        assert [found[key(n)].answer.text for n in range(5)] == [f"answer {n}" for n in range(5)]
        assert {each.answer.logprobs for each in found.values()} == {None}
        assert (ledger.count(), ledger.damaged, ledger.jobs()["job"]["id"]) == (5, 0, "batch_1")
        assert ledger.spent("labeling:one") == Spent(answers=5, usd=1.25)
        ledger.save("labeling:one", [(key(5), told("Science", -0.5, -0.25)), (key(0), told("again", -0.5))])
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (VERSION,)
    with Ledger(path) as again:
        found = again.find([key(0), key(5)])
        assert found[key(5)] == told("Science", -0.5, -0.25)
        assert found[key(0)].answer.text == "answer 0"  # what was paid first stays
        assert again.spent("labeling:one") == Spent(answers=7, usd=1.75)
        assert again.count() == 6


def test_a_ledger_that_version_2_wrote_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes((DATA / "ledger-version-2.sqlite").read_bytes())
    with Ledger(path) as ledger:
        keys = [answer_key("openai", ask.request) for ask in rows(3)]
        assert [ledger.find(keys)[each].answer.text for each in keys] == ["answer 0", "answer 1", "answer 2"]
        assert ledger.spent("labeling:march") == Spent(answers=3, usd=0.75)
        assert list(ledger.jobs()) == ["job"]


def test_tables_that_are_upgraded_are_those_of_a_new_file(tmp_path: Path) -> None:
    shapes = []
    for number, make in enumerate((first_version, second_version, None)):
        path = tmp_path / f"{number}.sqlite"
        if make is not None:
            make(path, 2)
        Ledger(path).close()
        shapes.append(sqlite3.connect(path).execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall())
    assert shapes[0] == shapes[1] == shapes[2]


def test_an_empty_ledger_of_version_1_is_upgraded(tmp_path: Path) -> None:
    first_version(tmp_path / "ledger.sqlite", 0)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.count() == 0


def test_accounts_of_candidates_get_their_purpose() -> None:
    assert account_of("candidate my model") == "candidate:my model"
    assert account_of("labeling") == "labeling"


OPEN = """
import sys
from pathlib import Path
from topicsmith.llm.ledger.opening import prepare
prepare(Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_fault_43_an_upgrade_that_is_killed_leaves_the_one_version_or_the_other(tmp_path: Path) -> None:
    number, chance, versions = 20_000, Random(3), set()
    first_version(tmp_path / "first.sqlite", 1)
    database = sqlite3.connect(tmp_path / "first.sqlite")
    (value,) = database.execute("SELECT value FROM answers").fetchone()
    names = [n.to_bytes(20, "big") for n in range(number)]
    database.executemany(
        "INSERT INTO answers VALUES (?, ?, ?, 'labeling', 1)", [(n, value, checksum(n, value)) for n in names]
    )
    database.execute("UPDATE spent SET answers = answers + ?, usd = usd + ?", (number, 0.25 * number))
    database.commit()
    database.close()
    for attempt in range(6):
        path = tmp_path / str(attempt) / "ledger.sqlite"
        path.parent.mkdir()
        path.write_bytes((tmp_path / "first.sqlite").read_bytes())
        process = subprocess.Popen([sys.executable, "-c", OPEN, str(path)])
        log = path.with_name("ledger.sqlite-wal")
        while process.poll() is None and not log.exists():
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.4))
        process.kill()
        process.wait()
        database = sqlite3.connect(path)
        versions.add(database.execute("PRAGMA user_version").fetchone()[0])
        database.close()
        with Ledger(path) as ledger:
            assert ledger.count() == number + 1
            assert ledger.spent("labeling") == Spent(answers=number + 2, usd=0.25 * (number + 2))
            assert ledger.damaged == 0
    assert 1 in versions
