"""Labels 2,000 rows with topicsmith and with others, on the same scripted server, in one run.

    python benchmarks/labelling.py [--python CLIENT=INTERPRETER ...] [--only SITUATION ...]

Situations: ``zero`` (answers at once), ``half`` (500 ms an answer), ``limit`` (20 calls at once, above that 429 and
``Retry-After: 1``), ``moves`` (that limit goes from 20 to 30 and back), ``mix`` (57 hangs, 15 errors, 193 answers with
think tags, 14 cut off), ``killed`` (killed when half is paid, run again). Tools that conflict with this environment
need an interpreter of their own; without one they are reported as absent. The result is ``results/labelling.json``.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

HERE = Path(__file__).parent
ROWS = 2000
CLIENTS = ("topicsmith", "bare", "openai", "instructor", "curator")
SITUATIONS: dict[str, dict[str, object]] = {
    "zero": {},
    "half": {"latency_s": 0.5},
    "limit": {"latency_s": 0.5, "limits": [[0, 20]]},
    "moves": {"latency_s": 0.5, "limits": [[0, 20], [15, 30], [35, 20]]},
    "mix": {"latency_s": 0.1, "mix": True},
    "killed": {"latency_s": 0.5},
}
LONGEST_S = 400


@contextmanager
def serving(settings: dict[str, object]) -> Iterator[str]:
    """A server process; gives its address."""
    command = [sys.executable, str(HERE / "labelling_server.py"), json.dumps(settings)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()


def log_of(url: str) -> dict[str, float]:
    """What the server counted."""
    with urlopen(f"{url}/scripted/log") as response:
        found: dict[str, float] = json.load(response)
        return found


def right_in(folder: Path) -> tuple[int, int]:
    """How many rows have the right topic, and a wrong one."""
    topics = ("Technology", "Science", "Economics", "History", "Travel", "Health", "Other")
    answers = json.loads((folder / "answers.json").read_text())
    right = sum(topic == topics[int(row) * 7919 % len(topics)] for row, topic in answers.items())
    return right, len(answers) - right


def measure(client: str, python: str, situation: str) -> dict[str, object]:
    """One client in one situation."""
    with serving(SITUATIONS[situation]) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [python, str(HERE / "labelling_clients.py"), client, url, str(ROWS), name]
        if situation == "killed":
            _kill_half_way(command, url)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
        except subprocess.TimeoutExpired:
            return {"failed": f"not done after {LONGEST_S} s", **log_of(url)}
        if done.returncode != 0:
            return {"failed": (done.stderr.strip().splitlines() or ["no message"])[-1][:200]}
        took = json.loads(done.stdout.strip().splitlines()[-1])
        log = log_of(url)
        right, wrong = right_in(folder)
        return {
            "right": right,
            "wrong": wrong,
            "lost": ROWS - right - wrong,
            "paid": int(log["answers"]),
            "calls": int(log["calls"]),
            "refused_share": round(log["refused"] / log["calls"], 4),
            "rows_per_s_wall": round((right + wrong) / took["seconds"], 1),
            "answers_per_s_span": round(int(log["answers"]) / log["span_s"], 1),
            "start_s": round(took["start_s"], 2),
            "cpu_ms_per_row": round(took["cpu_s"] * 1000 / ROWS, 3),
            "peak_mb": round(took["peak_mb"]),
        }


def _kill_half_way(command: list[str], url: str) -> None:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while log_of(url)["answers"] < ROWS / 2 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    process.kill()
    process.wait()


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", action="append", default=[], metavar="CLIENT=INTERPRETER")
    parser.add_argument("--only", action="append", choices=list(SITUATIONS))
    parser.add_argument("--clients", nargs="*", default=list(CLIENTS), choices=CLIENTS)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "labelling.json")
    options = parser.parse_args()
    pythons = {name: path for name, _, path in (entry.partition("=") for entry in options.python)}
    found: dict[str, dict[str, object]] = {}
    for situation in options.only or SITUATIONS:
        found[situation] = {}
        for client in options.clients:
            own = client in {"instructor", "curator"}
            if own and client not in pythons:
                found[situation][client] = {"absent": f"give its interpreter with --python {client}=PATH"}
            elif not (client == "bare" and situation == "killed"):
                found[situation][client] = measure(client, pythons.get(client, sys.executable), situation)
                print(situation, client, json.dumps(found[situation][client]), flush=True)
    result = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}, loopback",
        "rows": ROWS,
        "at_once": 50,
        "timeout_s": 3.0,
        "situations": found,
    }
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
