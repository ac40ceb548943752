"""Standard streams that are closed, full, or read by somebody who has seen enough: real processes, real devices."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import write_small_project

CLOSED = "topicsmith: standard output is closed, so the answer has nowhere to go; files that were written are kept"
FULL = (
    "topicsmith: standard output cannot be written: the disk is full; send it elsewhere, everything that was finished "
    "is kept"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project that was run."""
    folder = tmp_path_factory.mktemp("streams")
    write_small_project(folder / "small")
    subprocess.run([sys.executable, "-m", "topicsmith", "run", "small", "-q"], cwd=folder, check=True)
    return folder


def ask(place: Path, command: str, shell: str, **variables: str) -> tuple[int, list[str]]:
    """The exit code and the lines of standard error, where they can be seen."""
    line = f"{sys.executable} -m topicsmith {command} {shell}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=place, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, **variables},
    )  # fmt: skip
    return done.returncode, done.stderr.splitlines()


ANSWERS = ("published --json", "--version", "--help", "look small/rows.jsonl", "shares small")
"""Commands that do nothing but answer."""
GONE = "| true; exit ${PIPESTATUS[0]}"


@pytest.mark.slow
@pytest.mark.parametrize("command", [*ANSWERS, "export small --what labels --format csv", "classify small"])
def test_security_k21_an_answer_that_cannot_be_printed_is_an_error_in_one_line(place: Path, command: str) -> None:
    given = "<small/rows.jsonl " if command.startswith("classify") else ""
    for shell, said in ((">&-", CLOSED), (">/dev/full", FULL)):
        code, told = ask(place, command, given + shell)
        assert (code, told[-1]) == (1, said)
        assert not [line for line in told[:-1] if not line.startswith("classify: ")]
    assert ask(place, command, f"{given}2>/dev/full >/dev/full") == (1, [])


@pytest.mark.slow
def test_security_k21_unbuffered_output_is_the_same(place: Path) -> None:
    assert ask(place, "published", ">/dev/full", PYTHONUNBUFFERED="1") == (1, [FULL])
    assert ask(place, "published", ">&-", PYTHONUNBUFFERED="1") == (1, [CLOSED])
    code, told = ask(place, "published", GONE, PYTHONUNBUFFERED="1")
    assert (code, told) == (141, [])


@pytest.mark.slow
@pytest.mark.parametrize("command", ANSWERS[:3])
@pytest.mark.parametrize("shell", ["2>&-", "2>/dev/full", "2>&- >/dev/null"])
def test_security_k21_messages_that_cannot_be_shown_are_no_failure(place: Path, command: str, shell: str) -> None:
    assert ask(place, command, shell) == (0, [])


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize("command", ["run small", "audit small --size 9 --out sheet.csv", "init mine"])
def test_security_k21_what_was_done_counts_whatever_became_of_its_messages(
    place: Path, tmp_path: Path, command: str, shell: str
) -> None:
    asked = command.replace("sheet.csv", str(tmp_path / "sheet.csv")).replace("mine", str(tmp_path / "mine"))
    assert ask(place, asked, shell) == (0, [])
    assert command == "run small" or list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("shell", [">&-", GONE, ">/dev/null"])
def test_security_k21_the_name_of_a_file_that_was_written_may_stay_unheard(
    place: Path, tmp_path: Path, shell: str
) -> None:
    assert ask(place, "run small -q", shell) == (0, [])
    code, told = ask(place, f"init {tmp_path / 'mine'}", shell)
    assert (code, len(told)) == (0, 1)  # the next step, on standard error
    assert (tmp_path / "mine" / "topicsmith.yaml").is_file()


@pytest.mark.slow
def test_security_k21_a_worse_ending_keeps_its_exit_code(place: Path) -> None:
    for shell in (">&-", ">/dev/full", "2>/dev/full", ">&- 2>&-"):
        assert ask(place, "nonsense", shell)[0] == 2
        assert ask(place, "costs nowhere --json", shell)[0] == 2
