"""Reduced editions of ``benchmarks/simulations.py``; the full ones (1,000 data sets each) are in its results."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def simulations() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "simulations.py"
    spec = importlib.util.spec_from_file_location("simulations", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulations"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_agreed_only_flatters_and_the_estimates_do_not(simulations: ModuleType) -> None:
    result = simulations.agreement(0.8, sets=60, seed=1, rows=2000)
    assert 4 < result.agreed_only_off < 8
    assert abs(result.stratified_off) < 1
    assert abs(result.powered_off) < 1
    assert result.stratified_coverage >= 0.88
    assert result.powered_coverage >= 0.88
    assert result.powered_width < result.stratified_width


def test_equal_candidates_have_no_winner(simulations: ModuleType) -> None:
    result = simulations.equal_candidates(4, 800, 0.5, sets=150, seed=2)
    assert result.single_winner <= 0.03
    assert result.any_told_apart <= 0.09


@pytest.mark.slow
def test_the_threshold_keeps_its_promise(simulations: ModuleType) -> None:
    result = simulations.threshold_promise("calibrated", 1500, 0.02, sets=60, seed=3)
    assert result.holds >= 0.95
    assert result.found > 0.5


def test_the_bootstrap_covers(simulations: ModuleType) -> None:
    assert simulations.bootstrap_coverage(300, 2, sets=60, seed=4).coverage >= 0.86
