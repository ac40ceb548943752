"""Talk goes to standard error, without what steers a terminal."""

import pytest

from topicsmith.progress import SilentProgress, TerminalProgress, plain, track


def test_fault_71_escapes_of_foreign_text_are_removed() -> None:
    assert plain("a\x1b]0;owned\x07b\x9b31mc\n") == "a]0;ownedb31mc\n"


def test_a_line_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    TerminalProgress().say("label: 3 rows\x1b[2J")
    TerminalProgress(quiet=True).say("nothing")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "label: 3 rows[2J\n")


def test_away_from_a_terminal_no_bar_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track([1, 2], TerminalProgress(), "rows", 2)) == [1, 2]
    assert list(track([1, 2], SilentProgress(), "rows")) == [1, 2]
    assert capsys.readouterr() == ("", "")


def test_a_line_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    progress = TerminalProgress()
    for line in ("a", "b", "a"):
        progress.say(line)
    assert capsys.readouterr().err == "a\nb\n"


def test_without_a_terminal_a_long_task_says_a_line_a_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    with TerminalProgress().task("labelling", 100, "answers") as task:
        for second in (30, 61, 90, 122):
            clock[0] = second
            task.advance(10, usd=0.25)
    assert capsys.readouterr().err == "labelling: 20 of 100 answers, $0.50\nlabelling: 40 of 100 answers, $1.00\n"
    with TerminalProgress(quiet=True).task("labelling", 100) as task:
        clock[0] = 1000.0
        task.advance()
    assert capsys.readouterr().err == ""
