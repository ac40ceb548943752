"""Mutated logs through every reader: typed errors only, and none that takes long.

    python -m benchmarks.mutations FOLDER [--count 200000] [--seed 13]

Every log below FOLDER of at most 64 KiB is mutated as bytes (bits turned, stretches removed, repeated, exchanged
between files, brackets and quotes put in) and read as the whole of ``ingest`` reads it, up to the query. Prints how
many were read, how many were refused by a typed error, anything else that was raised, and the slowest. The result is
``results/mutations.json``.
"""

import argparse
import json
import random
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.classifying import MACHINE
from topicsmith.errors import TopicsmithError
from topicsmith.project import TraceSettings
from topicsmith.records import Trace
from topicsmith.traces.files.sources import find_sources
from topicsmith.traces.files.suffixes import SUFFIXES
from topicsmith.traces.prepare import Preparer
from topicsmith.traces.reading import Reader
from topicsmith.traces.token_counts import tokenizer

RESULTS = Path(__file__).parent / "results" / "mutations.json"
LARGEST = 64 * 1024
PUT_IN = [
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b"\\",
    b"\0",
    b"\xff",
    b"null",
    b"NaN",
    b"[" * 200,
    b"\xff\xfe",
]


def mutated(data: bytes, other: bytes, draw: random.Random) -> bytes:
    """``data`` with a few changes, some of them taken from ``other``."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(changed) + 1)
        end = min(len(changed), at + draw.choice([1, 3, 20, 300]))
        kind = draw.randrange(6)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del changed[at:end]
        elif kind == 2:  # the kinds are numbered
            changed[at:at] = changed[at:end] * draw.randint(1, 20)
        elif kind == 3:
            start = draw.randrange(len(other) + 1)
            changed[at:end] = other[start : start + draw.choice([5, 60, 500])]
        elif kind == 4:
            changed[at:at] = draw.choice(PUT_IN)
        else:
            del changed[at:]
    return bytes(changed)


def attack(job: tuple[list[Path], int, int]) -> tuple[Counter[str], float, str, list[str]]:
    """Outcomes of one worker's share, its slowest input in seconds and by name, and what was raised unforeseen."""
    files, count, seed = job
    draw = random.Random(seed)  # to repeat, not to hide
    contents = {path: path.read_bytes() for path in files}
    outcomes: Counter[str] = Counter()
    slowest, which, unforeseen = 0.0, "", list[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for _ in range(count):
            path = draw.choice(files)
            target = folder / f"log{''.join(path.suffixes[-2:])}"
            data = mutated(contents[path], contents[draw.choice(files)], draw)
            target.write_bytes(data)
            started = time.perf_counter()
            try:
                outcomes["read" if _read(folder, target.name) else "nothing in it"] += 1
            except TopicsmithError:
                outcomes["refused"] += 1
            except Exception:  # noqa: BLE001  # what this is to find
                outcomes["unforeseen"] += 1
                unforeseen.append(f"{path.name}: {traceback.format_exc(limit=-2)}"[:2000])
            took = time.perf_counter() - started
            target.unlink()
            if took > slowest:
                slowest, which = took, path.name
    return outcomes, slowest, which, unforeseen[:20]


def _read(folder: Path, name: str) -> int:
    """How many queries come of one file."""
    settings = TraceSettings(path=name)
    preparer = Preparer(settings, tokenizer(settings.tokenizer, folder))
    reader = Reader(find_sources(name, folder, folder), settings)
    return sum(
        not hasattr(preparer.query(trace), "reason")
        for trace in reader.traces(lambda _: None)
        if isinstance(trace, Trace)
    )


def main() -> None:
    """Attack, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=13)
    arguments = parser.parse_args()
    files = sorted(
        path
        for path in arguments.folder.rglob("*")
        if path.is_file() and any(s in SUFFIXES for s in path.suffixes) and 0 < path.stat().st_size <= LARGEST
    )
    jobs = [(files, arguments.count // 20, arguments.seed + number) for number in range(20)]
    outcomes: Counter[str] = Counter()
    slowest, which, unforeseen = 0.0, "", list[str]()
    with ProcessPoolExecutor(2) as workers:
        for found, took, name, raised in workers.map(attack, jobs):
            outcomes += found
            unforeseen += raised
            if took > slowest:
                slowest, which = took, name
            print(dict(outcomes), f"slowest {slowest:.2f} s ({which})", flush=True)
    for each in unforeseen[:10]:
        print(each)
    result = {"files": len(files), **outcomes, "slowest_s": round(slowest, 2), "slowest": which, "machine": MACHINE}
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
