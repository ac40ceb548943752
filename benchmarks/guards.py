"""Takes each guard against a fault out of a copy of the source and shows that its test then fails.

    python benchmarks/guards.py [--only FAULT ...]

The guards stand in ``guard_table.py``. The result is ``results/guards.json``, in which ``--only`` replaces what it
found of those faults. It ends with 1 when a test holds without its guard.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))

from guard_table import GUARDS, Guard  # noqa: E402  # found through the path above

LONGEST_S = 60


def copied(folder: Path) -> None:
    """Copy what a test needs to ``folder``."""
    for part in ("src", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def outcome(folder: Path, test: str) -> str:
    """What becomes of ``test`` in the copy: it ``holds``, ``fails`` or ``hangs``."""
    path, _, start = test.partition("::")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(folder / "tests" / path)]
    environment = {**os.environ, "PYTHONPATH": f"{folder / 'src'}:{folder}"}
    try:
        done = subprocess.run(
            [*command, "-k", start], cwd=folder, env=environment, capture_output=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "hangs"
    said = done.stdout.decode()
    assert done.returncode in {0, 1}, said[-2000:]
    assert "skipped" not in said.splitlines()[-1], f"{test} cannot run on this machine: {said[-300:]}"
    return "holds" if done.returncode == 0 else "fails"


def without(guard: Guard) -> str:
    """What becomes of the guard's test when the guard is out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder)
        file = folder / "src" / "topicsmith" / guard.file
        text = file.read_text()
        assert guard.guard in text, f"{guard.file} has no {guard.guard!r}"
        file.write_text(text.replace(guard.guard, guard.without, 1))
        return outcome(folder, guard.test)


def main() -> None:
    """Take out the guards, one at a time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=int, action="append", help="the number of a fault")
    options = parser.parse_args()
    chosen = [guard for guard in GUARDS if options.only is None or guard.fault in options.only]
    found = []
    for guard in chosen:
        found.append({**guard._asdict(), "test_then": without(guard)})
        print(json.dumps(found[-1]), flush=True)
    results = HERE / "results" / "guards.json"
    kept = json.loads(results.read_text()) if len(chosen) < len(GUARDS) else []
    entries = [*(entry for entry in kept if entry["fault"] not in options.only), *found]
    results.write_text(json.dumps(sorted(entries, key=lambda entry: entry["fault"]), indent=2) + "\n")
    held = [entry["test"] for entry in found if entry["test_then"] == "holds"]
    if held:
        sys.exit(f"hold without their guards: {', '.join(map(str, held))}")


if __name__ == "__main__":
    main()
