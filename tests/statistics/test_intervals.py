import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from topicsmith.statistics.intervals import Resamples, bootstrap, percentile_interval, proportion, wilson


def test_wilson_gives_newcombes_published_values() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29
    for right, n, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        interval = wilson(right, n)
        assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize(("right", "n"), [(0, 1), (1, 1), (1079, 1155), (1, 10_000), (5500, 5500)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilson_equals_statsmodels(right: int, n: int, level: float) -> None:
    low, high = proportion_confint(right, n, alpha=1 - level, method="wilson")
    interval = wilson(right, n, level)
    assert interval.low == pytest.approx(low, abs=1e-12)
    assert interval.high == pytest.approx(high, abs=1e-12)


def test_wilson_of_none_and_of_all_ends_exactly() -> None:
    assert wilson(0, 1000).low == 0.0
    assert wilson(1000, 1000).high == 1.0


def test_wilson_of_no_rows_knows_nothing() -> None:
    interval = wilson(0, 0)
    assert np.isnan(interval.value)
    assert (interval.low, interval.high, interval.n) == (0.0, 1.0, 0)


def test_totals_are_sums_over_whole_groups() -> None:
    columns = np.array([[1, 0], [0, 10], [0, 100]])
    totals = Resamples(["x", "x", "y"], draws=400, seed=1).totals(columns)
    # two groups drawn twice: x and x, x and y (twice as often), y and y
    assert {tuple(row) for row in totals.tolist()} == {(2, 20), (1, 110), (0, 200)}


def test_totals_do_not_depend_on_block_size(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = np.arange(20).reshape(10, 2)
    whole = Resamples([str(i) for i in range(10)], draws=50, seed=7).totals(columns)
    monkeypatch.setattr("topicsmith.statistics.intervals._CELLS", 30)
    assert np.array_equal(Resamples([str(i) for i in range(10)], draws=50, seed=7).totals(columns), whole)


def test_bootstrap_of_a_share_is_close_to_the_normal_interval() -> None:
    columns = np.array([[1.0]] * 800 + [[0.0]] * 200)
    interval = bootstrap(columns, lambda sums: sums[:, 0] / 1000, Resamples([str(i) for i in range(1000)]))
    half = 1.96 * np.sqrt(0.8 * 0.2 / 1000)
    assert interval.value == 0.8
    assert interval.low == pytest.approx(0.8 - half, abs=0.003)
    assert interval.high == pytest.approx(0.8 + half, abs=0.003)


def test_copies_of_every_row_do_not_narrow_the_interval() -> None:
    columns = np.array([[1.0]] * 80 + [[0.0]] * 20)
    once = bootstrap(columns, lambda s: s[:, 0] / 100, Resamples([str(i) for i in range(100)]))
    copied = np.repeat(columns, 5, axis=0)
    groups = [str(i) for i in range(100) for _ in range(5)]
    as_groups = bootstrap(copied, lambda s: s[:, 0] / 500, Resamples(groups))
    as_rows = bootstrap(copied, lambda s: s[:, 0] / 500, Resamples([str(i) for i in range(500)]))
    assert (as_groups.low, as_groups.high) == pytest.approx((once.low, once.high), abs=1e-9)
    assert as_rows.high - as_rows.low < 0.6 * (once.high - once.low)


def test_bootstrap_of_no_rows_knows_nothing() -> None:
    interval = bootstrap(np.zeros((0, 3)), lambda s: s[:, 0], Resamples([]))
    assert np.isnan([interval.value, interval.low, interval.high]).all()


def test_draws_that_are_not_a_number_are_left_out() -> None:
    interval = percentile_interval(0.5, np.array([0.2, np.nan, 0.4]), 3, 0.95, "m")
    assert interval.low == pytest.approx(0.205)
    assert np.isnan(percentile_interval(0.5, np.array([np.nan]), 3, 0.95, "m").low)


def test_the_bootstrap_covers_the_true_mean_of_clustered_rows() -> None:
    """Of 400 data sets of 60 groups of 4 equal rows, the 95 % interval holds the true share in 91 to 99 %."""
    rng = np.random.default_rng(5)
    groups = [str(i) for i in range(60) for _ in range(4)]
    held = 0
    for seed in range(400):
        rows = np.repeat(rng.random(60) < 0.7, 4).astype(float)[:, None]
        interval = bootstrap(rows, lambda s: s[:, 0] / 240, Resamples(groups, draws=500, seed=seed))
        held += interval.low <= 0.7 <= interval.high
    assert 0.91 <= held / 400 <= 0.99


def test_a_proportion_of_no_rows_is_nothing() -> None:
    assert proportion(0, 0) is None
    assert proportion(8, 10) == wilson(8, 10)
