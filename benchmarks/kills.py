"""Kills a labelling of 2,000 rows by two annotators at random moments, again and again, and counts what it cost.

    python benchmarks/kills.py [--kills 200]

Each labelling is killed ten times (SIGKILL) and then let finish; its table must equal an undisturbed one's. The result
is ``results/kills.json``.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.faults.killing import label_with_kills  # noqa: E402  # the tests' harness, found through the path above

ROWS = 2000
EACH = 10


def main() -> None:
    """Kill, count, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "kills.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calm = label_with_kills(Path(folder), ROWS, 0, 0, latency_s=0.05).table
    again: list[int] = []
    equal = labellings = paid_twice = 0
    while len(again) < options.kills:
        with tempfile.TemporaryDirectory() as folder:
            done = label_with_kills(
                Path(folder), ROWS, min(EACH, options.kills - len(again)), labellings, latency_s=0.05
            )
        again += done.again
        equal += done.table == calm
        paid_twice += done.paid - 2 * ROWS - sum(done.again)
        labellings += 1
        result = {
            "date": time.strftime("%Y-%m-%d"),
            "rows": ROWS,
            "annotators": 2,
            "at_once": 50,
            "kills": len(again),
            "labellings": labellings,
            "tables_equal": equal,
            "durable_answers_paid_again": paid_twice,
            "in_flight_answers_paid_again": sum(again),
            "in_flight_most_in_one_kill": max(again),
            "in_flight_mean_per_kill": round(sum(again) / len(again), 1),
        }
        print(json.dumps(result), flush=True)
        options.out.parent.mkdir(exist_ok=True)
        options.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
