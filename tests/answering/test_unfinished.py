"""Answers that outlive the process that made them."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from topicsmith.answering.unfinished import unfinished_answers
from topicsmith.errors import StorageError, UserError


class Killed(BaseException):
    """Stands for what ends a process."""


def leave(out: Path, job: object, lines: list[bytes], torn: bytes = b"") -> None:
    with suppress(Killed), unfinished_answers(out, job) as kept:
        kept.add(lines)
        with kept.path.open("ab") as file:
            file.write(torn)
        raise Killed


def test_whole_lines_are_kept_and_a_torn_one_is_cut(tmp_path: Path) -> None:
    out = tmp_path / "new" / "a.jsonl"
    leave(out, {"x": 1}, [b"1", b"2"], torn=b'{"to')
    with unfinished_answers(out, {"x": 1}) as kept:
        assert kept.done == 2
        kept.add([b"3"])
        assert list(kept.lines()) == [b"1\n", b"2\n", b"3\n"]
    assert list(out.parent.iterdir()) == []


def test_those_of_another_job_do_not_count(tmp_path: Path) -> None:
    leave(tmp_path / "a.csv", {"x": 1}, [b"1"])
    leave(tmp_path / "b.csv", {"x": 1}, [b"1"])
    with unfinished_answers(tmp_path / "a.csv", {"x": 2}) as kept:
        assert (kept.done, list(kept.lines())) == (0, [])
    with unfinished_answers(tmp_path / "b.csv", {"x": 1}) as kept:
        assert kept.done == 1


def test_a_kill_before_the_first_line_was_whole(tmp_path: Path) -> None:
    (tmp_path / ".a.csv.unfinished").write_bytes(b'{"x"')
    with unfinished_answers(tmp_path / "a.csv", {"x": 1}) as kept:
        assert kept.done == 0
        kept.add([b"1"])
        assert list(kept.lines()) == [b"1\n"]


def test_one_process_at_a_time(tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    with (
        unfinished_answers(out, 1),
        pytest.raises(UserError, match="another process is writing it"),
        unfinished_answers(out, 1),
    ):
        pass


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(StorageError, match=r"f/a\.csv: cannot be written"), unfinished_answers(tmp_path / "f/a.csv", 1):
        pass


FULL = """
import resource
import signal
import sys
from pathlib import Path
from topicsmith.answering.unfinished import unfinished_answers
from topicsmith.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
out = Path(sys.argv[1])
try:
    with unfinished_answers(out, "x" * int(sys.argv[2])) as kept:
        while True:
            kept.add([b"a" * 90])
except StorageError as error:
    print(error)
"""


@pytest.mark.parametrize(("head", "kept"), [(5, 10), (2000, 0)])
def test_security_k21_a_full_disk_is_told_and_whole_answers_stay(tmp_path: Path, head: int, kept: int) -> None:
    """The limit of the system on the size of files stands in for the disk; closing must not fail once more."""
    out = tmp_path / "a.csv"
    done = subprocess.run([sys.executable, "-c", FULL, out, str(head)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cannot be written: File too large; free space and run again" in done.stdout
    with unfinished_answers(out, "x" * head) as found:
        assert found.done == kept
