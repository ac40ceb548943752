"""Classifies a million mixed lines from file to file, killed twice on the way, and looks at answers and memory.

    python -m benchmarks.classify_kills MODEL [--lines 1000000] [--out NAME.jsonl]

``MODEL`` is a model folder or a run. One line in a hundred is blank, broken JSON, an object without a text, or 200,000
characters long. Prints one JSON object: answers against lines, those that differ from an unbroken run over a part of
the lines, doubles by id, and the peak memory of each process in MiB.
"""

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ODD = (
    "",
    '{"text": "cut off',
    '{"id": "odd", "other": 1}',
    json.dumps({"id": "huge", "text": "find me a flight " * 12_000}),
)
_TEXT = "find me a cheap flight hotel song movie bus ride bank weather tomorrow please near the station tonight"
WORDS = tuple(_TEXT.split())
_CHECKED = 20_000


def lines(count: int) -> Iterator[str]:
    """The lines; each tenth is plain text."""
    for number in range(count):
        if number % 100 == 99:
            yield ODD[number // 100 % len(ODD)]
            continue
        digest = hashlib.sha256(str(number).encode()).digest()
        text = " ".join(WORDS[byte % len(WORDS)] for byte in digest[:8])
        yield text if number % 10 == 0 else json.dumps({"id": f"r{number}", "text": text})


def command(model: str, source: Path, out: Path) -> list[str]:
    """What a person would type."""
    return [sys.executable, "-m", "topicsmith", "classify", model, "-i", str(source), "-o", str(out)]


def killed(arguments: list[str], unfinished: Path, size: int) -> float:
    """Start, and kill when so many bytes of answers are there; the peak memory so far in MiB."""
    process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL)
    while not unfinished.exists() or unfinished.stat().st_size < size:
        if process.poll() is not None:
            raise SystemExit("it ended before it could be killed; ask for more lines")
        time.sleep(0.01)
    peak = peak_mib(process.pid)
    process.kill()
    process.wait()
    return peak


def peak_mib(pid: int) -> float:
    """The most memory that a process has held."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def main() -> None:
    """Write the lines, classify them with two kills, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--lines", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, out = folder / "in.txt", folder / "out.jsonl"
        with source.open("w") as file:
            file.writelines(f"{line}\n" for line in lines(arguments.lines))
        unfinished = folder / ".out.jsonl.unfinished"
        typed = command(arguments.model, source, out)
        each = 60 * arguments.lines // 3
        peaks = [killed(typed, unfinished, each), killed(typed, unfinished, 2 * each)]
        started = time.perf_counter()
        subprocess.run(typed, check=True)
        seconds = time.perf_counter() - started
        peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
        part, whole = folder / "part.txt", folder / "part.jsonl"
        with part.open("w") as file:
            file.writelines(f"{line}\n" for line in lines(min(_CHECKED, arguments.lines)))
        subprocess.run(command(arguments.model, part, whole), check=True)
        answers = 0
        ids: Counter[str] = Counter()
        statuses: Counter[str] = Counter()
        expected = whole.read_text().splitlines()
        different = 0
        with out.open() as file:
            for number, line in enumerate(file):
                answers += 1
                answer = json.loads(line)
                statuses[answer["status"]] += 1
                if str(answer.get("id", "")).startswith("r"):
                    ids[answer["id"]] += 1
                different += number < len(expected) and line.rstrip("\n") != expected[number]
        found = {
            "lines": arguments.lines,
            "input_bytes": source.stat().st_size,
            "answers": answers,
            "statuses": dict(statuses),
            "doubles": sum(count > 1 for count in ids.values()),
            "different_from_an_unbroken_run": different,
            "peak_mib": [round(peak) for peak in peaks],
            "last_process_s": round(seconds, 1),
        }
        sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
