"""A reduced edition of ``benchmarks/audit_intervals.py``; the full one (1,000 sets a setting) is in its results."""

from typing import Any

import pytest

from benchmarks.audit_intervals import Cell, cells, measure, table

SETS = 60
LEAST = 0.95 - 3 * (0.05 * 0.95 / SETS) ** 0.5  # three standard errors below the promise


@pytest.mark.slow
@pytest.mark.parametrize("cell", [Cell(100, 0.7, 0.4, "fives", False), Cell(300, 0.7, 0.8, "none", True)])
def test_intervals_hold_the_truth(cell: Cell) -> None:
    result: Any = measure(cell, SETS)
    for figure in result["figures"].values():
        assert figure["like"] >= LEAST
        assert figure["these"] >= LEAST
    accuracy = result["figures"]["accuracy"]
    assert cell.undecided or accuracy["width_points"] < accuracy["random_width_points"]


def test_every_setting_is_measured_once() -> None:
    assert len(cells()) == len(set(cells())) == 42
    assert table([]).startswith("audited agreed corr copies")
