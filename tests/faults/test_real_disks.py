"""Commands on real disks that are full or read-only: file systems in memory, mounted for one test alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import write_small_project
from tests.faults.small_disk import mounting

TOPICSMITH = f"{sys.executable} -m topicsmith"


def alone(folder: Path, script: str) -> list[str]:
    """Run ``script`` where it may mount at ``folder``/disk; gives the lines it writes."""
    (folder / "disk").mkdir()
    try:
        command = mounting(folder / "disk")
    except OSError as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    done = subprocess.run(
        [*command, "bash", "-c", f"cd {folder}\n{script}"], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("size", ["28k", "48k", "100k", "200k"])
def test_security_k21_a_run_on_a_small_disk_stops_in_a_line_and_goes_on_with_space(tmp_path: Path, size: str) -> None:
    write_small_project(tmp_path / "small")
    told = alone(
        tmp_path,
        f"""
        mount -t tmpfs -o size={size} tmpfs disk && cp -r small disk/small || exit 1
        {TOPICSMITH} run disk/small -q 2>&1 >/dev/null; echo "code $?"
        mount -o remount,size=40m disk || exit 1
        {TOPICSMITH} run disk/small -q 2>&1; echo "code $?"
        """,
    )
    first, code, page, second = told
    assert code == "code 1"
    assert first.startswith("topicsmith: disk/small/runs") or "/disk/small/runs" in first
    assert "free space" in first or "the disk is full" in first
    assert (page.endswith("report.html"), second) == (True, "code 0")


@pytest.mark.slow
def test_security_k21_on_a_read_only_disk_what_only_reads_works_and_what_writes_says_so(tmp_path: Path) -> None:
    write_small_project(tmp_path / "small")
    told = alone(
        tmp_path,
        f"""
        mount -t tmpfs -o size=40m tmpfs disk && cp -r small disk/small || exit 1
        {TOPICSMITH} run disk/small -q >/dev/null || exit 1
        mount -o remount,ro disk || exit 1
        for asked in "run disk/small -q" "audit disk/small" "export disk/small -o disk/x.jsonl" "init disk/new" \\
                "classify disk/small -i small/rows.jsonl -o disk/a.csv" "demo disk/demo"; do
            {TOPICSMITH} $asked 2>&1 >/dev/null | tail -1; echo "code ${{PIPESTATUS[0]}}"
        done
        {TOPICSMITH} shares disk/small >/dev/null; echo "code $?"
        """,
    )
    assert told[1::2] == ["code 1"] * 6
    assert told[-1] == "code 0"
    for line in told[:-1:2]:
        assert line.startswith("topicsmith: ")
        assert "Read-only file system; make the folder writable, or use another one" in line
