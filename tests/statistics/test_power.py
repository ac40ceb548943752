from math import comb

import numpy as np
import pytest

from topicsmith.statistics.paired import mcnemar_exact
from topicsmith.statistics.power import PairPower, discordance, mcnemar_power, power_text, usual_power


def test_power_by_hand() -> None:
    # six rows, all discordant: only 0 against 6 has p = 2/64 <= .05; with the better one right in 5 of 6
    better = (1 + 2 / 3) / 2
    assert mcnemar_power(6, 1.0, 2 / 3) == pytest.approx(better**6 + (1 - better) ** 6)
    # five rows can never tell: 0 against 5 has p = .0625
    assert mcnemar_power(5, 1.0, 1.0) == 0.0
    assert mcnemar_power(0, 0.1, 0.05) == mcnemar_power(100, 0.0, 0.0) == 0.0


@pytest.mark.parametrize(("rows", "apart", "difference"), [(12, 0.6, 0.4), (40, 0.3, 0.2), (25, 0.5, 0.0)])
def test_power_equals_the_sum_over_every_outcome(rows: int, apart: float, difference: float) -> None:
    first, second = (apart + difference) / 2, (apart - difference) / 2
    total = sum(
        comb(rows, a) * comb(rows - a, b) * first**a * second**b * (1 - apart) ** (rows - a - b)
        for a in range(rows + 1)
        for b in range(rows + 1 - a)
        if mcnemar_exact(a, b) <= 0.05
    )
    assert mcnemar_power(rows, apart, difference) == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize(("rows", "apart", "difference"), [(300, 0.13, 0.03), (3000, 0.2, 0.02)])
def test_power_equals_simulation(rows: int, apart: float, difference: float) -> None:
    rng = np.random.default_rng(5)
    counts = rng.multinomial(rows, [(apart + difference) / 2, (apart - difference) / 2, 1 - apart], size=4000)
    tests = {pair: mcnemar_exact(*pair) <= 0.05 for pair in {(int(a), int(b)) for a, b, _ in counts}}
    told = float(np.mean([tests[int(a), int(b)] for a, b, _ in counts]))
    assert mcnemar_power(rows, apart, difference) == pytest.approx(told, abs=0.025)  # three standard errors


def test_power_is_at_most_the_level_where_there_is_no_difference() -> None:
    assert 0.02 < mcnemar_power(2000, 0.2, 0.0) <= 0.05
    assert mcnemar_power(2000, 0.2, 0.0, level=0.01) <= 0.01


def test_many_rows_are_no_trouble() -> None:
    assert mcnemar_power(1_000_000, 0.1, 0.03) == pytest.approx(1.0)


def test_what_cannot_differ_so_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a difference of 0\.2 with 0\.1 of rows discordant cannot be"):
        mcnemar_power(100, 0.1, 0.2)


def test_discordance_by_hand_and_by_simulation() -> None:
    # errors of 15 % each, correlation .5: both wrong .0225 + .5 x .1275 = .08625; .3 - .1725 = .1275
    assert discordance(0.85, 0.0, 0.5) == pytest.approx(0.1275)
    assert discordance(0.85, 0.0, 1.0) == pytest.approx(0.0)
    assert discordance(0.85, 0.1, 1.0) == pytest.approx(0.1)  # as alike as they can be, they differ by the difference
    assert discordance(0.8, 0.0, 0.0) == pytest.approx(2 * 0.2 * 0.8)


def test_the_usual_pair_in_words() -> None:
    found = [usual_power(300, difference) for difference in (0.02, 0.03)]
    assert found[1].discordant == pytest.approx(0.1286, abs=1e-4)
    assert power_text(found, "supposed") == (
        "with 300 unrelated test rows two candidates 2 and 3 points apart are told apart in "
        f"{100 * found[0].power:.0f} and {100 * found[1].power:.0f} % of cases (McNemar's exact test at 5 %; supposed)"
    )
    assert power_text([PairPower(1300, 0.05, 0.1, 0.05, 0.412)], "x").startswith(
        "with 1,300 unrelated test rows two candidates 5 points apart are told apart in 41 % of cases"
    )
