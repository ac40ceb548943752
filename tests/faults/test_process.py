"""Faults 31 to 43: what can happen to the process, the disk, and files of other days."""

import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from tests.faults.killing import label_with_kills, start, topic_of
from tests.faults.labelling import answer
from tests.llm.asking import PlainProvider, quick, rows
from topicsmith.errors import RunInUseError, RunStateError, StorageError, UserError
from topicsmith.llm.engine import Ask, ask_all
from topicsmith.llm.ledger import Ledger, answer_key
from topicsmith.llm.ledger_file import Paid
from topicsmith.llm.scripted import ScriptedServer
from topicsmith.llm.wire import Answer, ChatRequest
from topicsmith.records import Usage
from topicsmith.runs import open_run

DATA = Path(__file__).with_name("data")


def filled(path: Path, number: int = 300) -> list[bytes]:
    """A ledger with answers; gives their keys."""
    keys = [answer_key("openai", ask.request) for ask in rows(number)]
    paid = [Paid(Answer(f"answer {n}", "stop", Usage(9, 9), "m"), 0.1, 0.0) for n in range(number)]
    with Ledger(path) as ledger:
        ledger.save("labeling", list(zip(keys, paid, strict=True)))
    return keys


def test_fault_31_a_kill_at_any_moment_loses_nothing_durable(tmp_path: Path) -> None:
    for name in ("calm", "killed"):
        (tmp_path / name).mkdir()
    calm = label_with_kills(tmp_path / "calm", rows=400, kills=0, seed=1)
    killed = label_with_kills(tmp_path / "killed", rows=400, kills=4, seed=2)
    assert calm.paid == 800
    assert killed.kills == 4
    assert killed.table == calm.table
    assert killed.different == 800
    assert killed.paid == 800 + sum(killed.again)  # what was durable was never paid again
    assert max(killed.again) <= 2 * (50 + 50)  # the calls open, and the answers on their way to disk


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_fault_32_an_interrupt_drains_what_is_under_way_and_keeps_it(
    sent: signal.Signals, code: int, tmp_path: Path
) -> None:
    with ScriptedServer(topic_of, latency_s=0.3) as server:
        process = start(server.url, tmp_path, 2000)
        while server.answers < 100:
            assert process.poll() is None, (tmp_path / "stderr.txt").read_text()
            time.sleep(0.01)
        process.send_signal(sent)
        assert process.wait(timeout=20) == code
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            assert ledger.count() == server.answers


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
from topicsmith.llm.engine import ask_all
from topicsmith.llm.ledger import Ledger
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
        assert "free space or mend the disk" in done.stderr
        assert "\n" not in done.stderr
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            kept = ledger.count()
        assert 0 < kept <= server.answers <= kept + 60  # the calls open at that moment, and those being written


def test_fault_36_a_second_run_in_the_same_folder_ends_in_one_line(tmp_path: Path) -> None:
    with open_run(tmp_path / "run"):
        code = "from topicsmith.runs import open_run; from pathlib import Path; open_run(Path('run')).__enter__()"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert "RunInUseError" in done.stderr
        with pytest.raises(RunInUseError), open_run(tmp_path / "run"):
            pass
    with open_run(tmp_path / "run"):  # the lock ends with its holder: a file left behind holds nobody up
        pass


def test_fault_36_processes_that_share_a_ledger_do_not_corrupt_it(tmp_path: Path) -> None:
    with ScriptedServer(topic_of, keep_questions=False) as server:
        both = [start(server.url, tmp_path, 300, out=f"{n}.txt") for n in range(3)]
        assert [process.wait(timeout=60) for process in both] == [0, 0, 0], (tmp_path / "stderr.txt").read_text()
    tables = {(tmp_path / f"{n}.txt").read_text() for n in range(3)}
    assert len(tables) == 1
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert (ledger.count(), ledger.damaged) == (600, 0)


def test_fault_37_a_changed_prompt_never_meets_an_old_answer(tmp_path: Path) -> None:
    with ScriptedServer(answer) as server:
        list(ask_all(rows(5), PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()))
        changed = [Ask(a.id, ChatRequest("m-1", "Another prompt", a.request.user)) for a in rows(5)]
        list(ask_all(changed, PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()))
        assert server.answers == 10


def test_fault_38_rows_in_another_order_cost_nothing(tmp_path: Path) -> None:
    with ScriptedServer(answer) as server:
        for order in (rows(50), rows(50)[::-1]):
            list(ask_all(order, PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()))
        assert server.answers == 50


HANDLES = """
import resource, sys
from pathlib import Path
from tests.llm.asking import ask, quick, rows
import topicsmith.llm.dispatch, aiohttp
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
found = ask(sys.argv[1], rows(200), Path(sys.argv[2]), quick(concurrency=100))
print(sum(outcome.failure is None for outcome in found.values()))
"""


def test_fault_39_without_file_handles_it_carries_on_with_fewer_calls(tmp_path: Path) -> None:
    with ScriptedServer(answer, latency_s=0.02) as server:
        command = [sys.executable, "-c", HANDLES, server.url, str(tmp_path / "ledger.sqlite")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout.strip() == "200", done.stderr
        assert server.log.most_at_once < 40


def test_fault_40_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    many = (Ask(str(n), ChatRequest("m-1", "s", f"row {n % 500}")) for n in range(60_000))
    with ScriptedServer(answer, keep_questions=False) as server:
        list(ask_all(rows(0), PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        number = sum(1 for _ in ask_all(many, PlainProvider(server.url), tmp_path / "ledger.sqlite", quick()))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert number == 60_000
    assert after - before < 40 * 1024  # kilobytes; 60,000 tasks would take over 100 MB


def test_fault_41_a_forged_answer_is_data_and_one_without_its_sum_is_none(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    keys = filled(path, number=2)
    database = sqlite3.connect(path)
    database.execute("UPDATE answers SET value = ? WHERE key = ?", (b"\x80\x04cos\nsystem\n", keys[0]))
    database.commit()
    database.close()
    with Ledger(path) as ledger:
        assert set(ledger.find(keys)) == {keys[1]}
        assert ledger.damaged == 1


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
    database.execute("PRAGMA user_version = 2")
    database.close()
    with pytest.raises(UserError, match=r"version 2.*reads version 1"):
        Ledger(path)
