"""The table of guards names what is there: benchmarks/guards.py takes them out, which takes minutes; this does not."""

import re
from pathlib import Path

import pytest

from benchmarks._guard import Guard
from benchmarks.guard_table import GUARDS
from benchmarks.guards import known, page

ROOT = Path(__file__).parents[2]


NOT_YET = {72, 73, 82}
"""Of a server and of a page for reviewing."""


def test_every_fault_has_a_guard_that_was_taken_out() -> None:
    assert {guard.fault for guard in GUARDS} == {*range(1, 44), *range(58, 83)} - NOT_YET


def test_what_became_of_every_guard_is_known_and_none_was_missed_by_its_test() -> None:
    found = known(ROOT / "benchmarks" / "results" / "guards.json")
    assert set(found) == set(GUARDS), "run 'python benchmarks/guards.py --changed'"
    assert set(found.values()) <= {"fails", "hangs"}
    assert (ROOT / "docs" / "mutants.md").read_text() == page({guard: found[guard] for guard in GUARDS})


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
