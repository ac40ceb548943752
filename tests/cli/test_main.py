"""The command line as a person meets it: real processes, exit codes, one-line errors."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def topicsmith(*arguments: object, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "topicsmith", *map(str, arguments)]
    environment = {**os.environ, "PYTHONWARNINGS": "error::DeprecationWarning:topicsmith"}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, input=stdin, check=False, env=environment)


def test_help_opens_with_the_first_two_things_to_type() -> None:
    shown = topicsmith("--help").stdout.split("Options:")[0]
    assert [line.split()[:2] for line in shown.splitlines() if line.startswith("    topicsmith")] == [
        ["topicsmith", "demo"],
        ["topicsmith", "init"],
    ]


def test_the_version_is_shown() -> None:
    from topicsmith import __version__

    assert topicsmith("--version").stdout == f"topicsmith {__version__}\n"


@pytest.mark.slow
def test_an_error_is_one_line_and_exit_code_2_and_a_traceback_only_with_debug(tmp_path: Path) -> None:
    done = topicsmith("run", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "topicsmith: topicsmith.yaml: no such file; 'topicsmith init FOLDER' makes a project, "
        "'--project' names another\n"
    )
    assert "Traceback" in topicsmith("--debug", "run", cwd=tmp_path).stderr


@pytest.mark.slow
def test_what_nobody_foresaw_is_one_line_and_exit_code_1(small_project: Path) -> None:
    (small_project / "runs").write_text("a file where a folder should be")
    done = topicsmith("run", "-q", "-p", small_project)
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_fault_32_an_interrupted_run_keeps_everything(small_project: Path, sent: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "topicsmith", "run", "-p", str(small_project)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    with running:
        for line in running.stderr:
            if line.startswith("ingest:"):
                running.send_signal(sent)
                break
        told = running.stderr.read()
    assert running.returncode == code
    assert told.endswith("topicsmith: stopped; what is done is kept, the same command goes on from there\n")
    again = topicsmith("run", "-p", small_project)
    assert again.returncode == 0
    assert "ingest: nothing changed, skipped" in again.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("rows.jsonl", None, "rows.jsonl"),
        ("rows.jsonl", "", "empty"),
        ("rows.jsonl", "not json\n" * 9, "rows.jsonl"),
        (
            "rows.jsonl",
            '{"id": "1", "text": "q", "topic": "Cooking"}\n',
            "the taxonomy lacks topics that 'topic' gives: 'Cooking' (1 rows)",
        ),
    ],
)
def test_bad_input_is_exit_code_2_and_writes_no_table(
    small_project: Path, name: str, content: str | None, says: str
) -> None:
    (small_project / name).unlink()
    if content is not None:
        (small_project / name).write_text(content)
    done = topicsmith("run", "-q", "-p", small_project)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not (small_project / "runs/small/labels.parquet").exists()


@pytest.mark.slow
def test_a_second_run_on_a_folder_in_use_leaves_it_alone(small_project: Path) -> None:
    from topicsmith.runs import open_run

    with open_run(small_project / "runs" / "small"):
        before = sorted(p.name for p in (small_project / "runs/small").iterdir())
        done = topicsmith("run", "-p", small_project)
        assert done.returncode == 2
        assert "in use by another topicsmith" in done.stderr
        assert sorted(p.name for p in (small_project / "runs/small").iterdir()) == before


@pytest.mark.slow
def test_a_run_prints_the_reports_path_then_skips_everything(small_project: Path) -> None:
    first = topicsmith("run", "-p", small_project)
    assert first.returncode == 0, first.stderr
    assert first.stdout.strip().endswith("runs/small/report.html")
    second = topicsmith("run", "-p", small_project)
    assert second.stderr.count("nothing changed, skipped") == 8


def test_every_command_of_the_contract_is_there() -> None:
    shown = topicsmith("--help").stdout
    for name in ["demo", "init", "run", "ingest", "label", "agree", "split", "train", "evaluate", "report", "classify"]:
        assert f"\n  {name} " in shown
