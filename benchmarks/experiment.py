"""The reference experiment's own failure at full size: 8,000 rows, 3.4 % of calls time out, 10 % of answers have tags.

    python benchmarks/experiment.py

The result is ``results/experiment_failure.json``.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.faults.experiment import label_badly_served  # noqa: E402  # the tests' harness, found through the path above

if __name__ == "__main__":
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        result = label_badly_served(Path(folder), rows=8000, total_s=3.0)
    shown = {
        "rows_in": 8000,
        "rows_in_the_table": result.rows,
        "statuses": dict(result.statuses),
        "right": result.right,
        "calls": result.calls,
        "calls_timed_out": result.hangs,
        "answers_with_tags": result.tagged,
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(shown))
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "experiment_failure.json").write_text(json.dumps(shown, indent=2) + "\n")
