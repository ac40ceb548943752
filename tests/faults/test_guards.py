"""The table of guards names what is there: benchmarks/guards.py takes them out, which takes minutes; this does not."""

import re
from pathlib import Path

import pytest

from benchmarks.guard_table import GUARDS, Guard

ROOT = Path(__file__).parents[2]


def test_every_fault_from_1_to_43_has_a_guard() -> None:
    assert set(range(1, 44)) <= {guard.fault for guard in GUARDS}


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: f"{guard.fault}-{guard.file}")
def test_a_guard_and_its_test_are_where_the_table_says(guard: Guard) -> None:
    assert guard.guard in guard.path(ROOT).read_text()
    file, _, start = guard.test.partition("::")
    assert re.search(rf"^def {start}", (ROOT / "tests" / file).read_text(), re.MULTILINE)


def test_the_page_about_faults_names_every_test_of_the_table() -> None:
    page = (ROOT / "docs" / "faults.md").read_text()
    found = [(match[1], line) for line in page.splitlines() if (match := re.match(r"\| ([\d, ]+) \|", line))]
    rows = {int(number): line for numbers, line in found for number in numbers.split(", ")}
    for guard in GUARDS:
        name = Path(guard.test.partition("::")[0]).stem
        assert f"`{guard.file}`" in rows[guard.fault], guard
        assert name in rows[guard.fault], guard
