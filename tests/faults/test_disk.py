"""Faults 33 to 35, 41 and 43: what can happen to the disk, and to files of other days."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.faults import small_disk
from tests.faults.labelling import answer
from tests.faults.small_disk import mounting
from tests.llm.asking import rows
from topicsmith.atomic_files import write_bytes
from topicsmith.errors import RunStateError, StorageError, UserError
from topicsmith.llm.ledger.ledger import Ledger, answer_key
from topicsmith.llm.ledger.sqlite import VERSION, Paid
from topicsmith.llm.types import Answer
from topicsmith.records import Usage
from topicsmith.testing.model_server import ScriptedServer

DATA = Path(__file__).with_name("data")


def filled(path: Path, number: int = 300) -> list[bytes]:
    """A ledger with answers; gives their keys."""
    keys = [answer_key("openai", ask.request) for ask in rows(number)]
    paid = [Paid(Answer(f"answer {n}", "stop", Usage(9, 9), "m"), 0.1, 0.0) for n in range(number)]
    with Ledger(path) as ledger:
        ledger.save("labeling", list(zip(keys, paid, strict=True)))
    return keys


@pytest.mark.slow
def test_fault_33_a_flipped_bit_is_never_taken_for_an_answer(tmp_path: Path) -> None:
    keys = filled(tmp_path / "whole.sqlite")
    data = (tmp_path / "whole.sqlite").read_bytes()
    chance = Random(7)
    right = {key: f"answer {n}" for n, key in enumerate(keys)}
    survived = 0
    for number in range(40):
        path = tmp_path / f"{number}" / "ledger.sqlite"
        path.parent.mkdir()
        broken = bytearray(data)
        place = chance.randrange(100, len(broken))
        broken[place] ^= 1 << chance.randrange(8)
        path.write_bytes(broken)
        try:
            with Ledger(path) as ledger:
                found = ledger.find(keys)
                assert all(paid.answer.text == right[key] for key, paid in found.items())
                assert len(found) >= len(keys) - 1 or ledger.damaged > 0  # a key that flipped is another key
                survived += len(found)
        except (RunStateError, StorageError):
            continue  # refused in one line, nothing is paid
    assert survived > 40 * 300 * 0.8


@pytest.mark.parametrize("tail", [b"\x00" * 5000, b"garbage" * 100])
def test_fault_33_bytes_after_the_end_do_no_harm(tail: bytes, tmp_path: Path) -> None:
    keys = filled(tmp_path / "ledger.sqlite")
    with (tmp_path / "ledger.sqlite").open("ab") as file:
        file.write(tail)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert len(ledger.find(keys)) == 300


def test_fault_33_a_torn_write_ahead_log_loses_only_what_was_not_committed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    keys = [answer_key("openai", ask.request) for ask in rows(20)]
    ledger = Ledger(path)
    for key in keys:
        ledger.save("labeling", [(key, Paid(Answer("a", "stop", Usage(), None), 0.1, 0.0))])
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(path.read_bytes())
    log = path.with_name("ledger.sqlite-wal").read_bytes()
    (tmp_path / "copy.sqlite-wal").write_bytes(log[:-700])
    ledger.close()
    with Ledger(copy) as torn:
        assert len(torn.find(keys)) == 19


FILL = """
import resource, signal, sys
from pathlib import Path
from topicsmith.errors import TopicsmithError
from tests.llm.asking import PlainProvider, quick, rows
from topicsmith.llm.requests.engine import ask_all
from topicsmith.atomic_files import write_bytes
from topicsmith.llm.ledger.ledger import Ledger
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[2])
Ledger(path).close()
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
try:
    for _ in ask_all(rows(3000), PlainProvider(sys.argv[1]), path, quick()):
        pass
except TopicsmithError as error:
    sys.stderr.write(str(error))
    sys.exit(error.exit_code)
"""


def test_fault_34_a_disk_that_takes_no_more_stops_sending_before_paying_more(tmp_path: Path) -> None:
    with ScriptedServer(answer) as server:
        command = [sys.executable, "-c", FILL, server.url, str(tmp_path / "ledger.sqlite")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1
        assert "free space or repair the disk" in done.stderr
        assert "\n" not in done.stderr
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            kept = ledger.count()
        assert 0 < kept <= server.answers <= kept + 60  # the calls open at that moment, and those being written


@pytest.mark.slow
def test_fault_34_a_full_disk_stops_sending_and_everything_paid_is_on_it(tmp_path: Path) -> None:
    try:
        alone = mounting(tmp_path)
    except OSError as error:
        pytest.skip(f"no file system can be mounted here, so none can be filled: {error}")
    with ScriptedServer(answer, keep_questions=False) as server:
        command = [*alone, sys.executable, "-m", "tests.faults.small_disk", server.url, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
        assert server.answers == small_disk.ROWS  # nothing was paid twice
    first, second = seen["first"], seen["second"]
    assert 0 < first["paid"] < small_disk.ROWS
    assert (first["code"], second["code"]) == (1, 1)
    assert "the disk is full; every answer paid for is kept: free space, run again" in first["said"]
    assert "No space left on device; free space" in second["said"]
    assert second["paid"] == first["paid"]  # while the disk is full, not one call goes out
    assert seen["kept"] == first["paid"]
    assert seen["rows"] == small_disk.ROWS


REWRITE = """
import sys
from pathlib import Path
from topicsmith.atomic_files import write_bytes
while True:
    for letter in b"ab":
        write_bytes(Path(sys.argv[1]), bytes([letter]) * 3_000_000)
"""


def test_fault_35_a_reader_and_a_kill_find_the_old_file_or_the_new_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "table"
    write_bytes(path, b"a" * 3_000_000)
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", REWRITE, str(path)])
        seen: set[bytes] = set()
        while len(seen) < 2:
            assert process.poll() is None
            data = path.read_bytes()
            assert data in (b"a" * 3_000_000, b"b" * 3_000_000)
            seen.add(data[:1])
        process.kill()
        process.wait()
        assert path.read_bytes() in (b"a" * 3_000_000, b"b" * 3_000_000)


def test_fault_35_the_new_file_is_flushed_before_it_takes_its_place_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut leaves is the state on the disk: the content first, then the name, then the folder's list."""
    done: list[tuple[str, int]] = []
    fsync, rename = os.fsync, os.replace

    def flush(descriptor: int) -> None:
        done.append(("flush", os.fstat(descriptor).st_ino))
        fsync(descriptor)

    def move(source: Path, target: Path) -> None:
        done.append(("rename", source.stat().st_ino))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "replace", move)
    write_bytes(tmp_path / "x.json", b"new")
    file, folder = (tmp_path / "x.json").stat().st_ino, tmp_path.stat().st_ino
    assert done == [("flush", file), ("rename", file), ("flush", folder)]


def test_fault_41_a_forged_answer_is_data_and_one_without_its_sum_is_none(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    keys = filled(path, number=3)
    database = sqlite3.connect(path)
    (real,) = database.execute("SELECT value FROM answers WHERE key = ?", (keys[1],)).fetchone()
    assert b"answer 1" in real
    for key, value in ((keys[0], b"\x80\x04cos\nsystem\n"), (keys[1], real.replace(b"answer 1", b"forged 1"))):
        database.execute("UPDATE answers SET value = ? WHERE key = ?", (value, key))
    database.commit()
    database.close()
    with Ledger(path) as ledger:
        assert set(ledger.find(keys)) == {keys[2]}
        assert ledger.damaged == 2


def test_fault_41_a_file_with_tables_of_its_own_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    filled(path)
    database = sqlite3.connect(path)
    database.execute("CREATE TRIGGER t AFTER INSERT ON answers BEGIN DELETE FROM answers; END")
    database.commit()
    database.close()
    with pytest.raises(RunStateError, match="foreign tables"):
        Ledger(path)


def test_fault_43_a_ledger_of_this_release_still_opens(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes((DATA / "ledger-version-1.sqlite").read_bytes())
    with Ledger(path) as ledger:
        keys = [answer_key("openai", ask.request) for ask in rows(3)]
        found = ledger.find(keys)
        assert [found[key].answer.text for key in keys] == ["answer 0", "answer 1", "answer 2"]


def test_fault_43_a_ledger_of_a_later_release_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    filled(path)
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.close()
    with pytest.raises(UserError, match=rf"version {VERSION + 1}.*reads versions up to {VERSION}"):
        Ledger(path)
