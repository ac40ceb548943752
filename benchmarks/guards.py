"""Takes each guard against a fault out of a copy of the source and shows that its test then fails.

    python benchmarks/guards.py [--only FAULT ...] [--changed]

The guards stand in ``guard_table.py``. The result is ``results/guards.json``: ``--only`` replaces what it found of
those faults, ``--changed`` adds what the table has and it has not. What the table has no more goes. It is written after
every guard, and the command ends with 1 when a test holds without its guard.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from benchmarks._guard import AT_THE_TOP, Guard  # noqa: E402  # found through the path above
from benchmarks.guard_table import GUARDS  # noqa: E402  # found through the path above

LONGEST_S = 180


def copied(folder: Path) -> None:
    """Copy what a test needs to ``folder``."""
    for part in ("src", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "constraints.txt", *AT_THE_TOP):
        shutil.copy(ROOT / name, folder)


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
        file = guard.path(folder)
        text = file.read_text()
        assert guard.guard in text, f"{guard.file} has no {guard.guard!r}"
        file.write_text(text.replace(guard.guard, guard.without, 1))
        return outcome(folder, guard.test)


def page(entries: dict[Guard, str]) -> str:
    """The page that says for each fault what was taken out and what became of the test."""
    counts = Counter(entries.values())
    rows = [
        f"| {guard.fault} | `{guard.file}` | {_cell(guard.guard)} | {_cell(guard.without)} | `{guard.test}` | {then} |"
        for guard, then in sorted(entries.items(), key=lambda item: item[0].fault)
    ]
    return "\n".join(
        [
            "# Mutants", "",
            "What `python benchmarks/guards.py` takes out, and what stands in its place; [faults](faults.md) says what",
            f"each guards against. Of {len(entries)} tests "
            + ", ".join(f"{count} {then}" for then, count in sorted(counts.items()))
            + " without the guard.",
            "", "| fault | file | guard | in its place | test | then |", "|---|---|---|---|---|---|", *rows, "",
        ]
    )  # fmt: skip


def _cell(code: str) -> str:
    """Source in a cell of a table, on one line."""
    text = " ".join(code.split()).replace("|", "\\|")
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}" if text else "nothing"


def known(results: Path) -> dict[Guard, str]:
    """What became of the tests when their guards were taken out last."""
    found = json.loads(results.read_text()) if results.is_file() else []
    return {Guard(**{k: v for k, v in entry.items() if k != "test_then"}): entry["test_then"] for entry in found}


def main() -> None:
    """Take out the guards, one at a time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=int, action="append", help="the number of a fault")
    parser.add_argument("--changed", action="store_true", help="those whose result is not known")
    options = parser.parse_args()
    results = HERE / "results" / "guards.json"
    entries = {guard: then for guard, then in known(results).items() if guard in GUARDS}
    chosen = [
        guard
        for guard in GUARDS
        if (options.only is None or guard.fault in options.only) and not (options.changed and guard in entries)
    ]
    for guard in chosen:
        entries[guard] = without(guard)
        print(json.dumps({**guard._asdict(), "test_then": entries[guard]}), flush=True)
        lines = [{**each._asdict(), "test_then": entries[each]} for each in GUARDS if each in entries]
        results.write_text(json.dumps(sorted(lines, key=lambda line: line["fault"]), indent=2) + "\n")
    if set(entries) == set(GUARDS):
        (ROOT / "docs" / "mutants.md").write_text(page({guard: entries[guard] for guard in GUARDS}))
    held = [guard.test for guard in chosen if entries[guard] == "holds"]
    if held:
        sys.exit(f"hold without their guards: {', '.join(map(str, held))}")


if __name__ == "__main__":
    main()
