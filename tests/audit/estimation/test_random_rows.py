"""Audits of rows drawn at random within strata, by hand."""

import numpy as np
import pytest

from topicsmith.audit.estimation.random_rows import audited_accuracy, plan_audit, stratified, stratum
from topicsmith.errors import RunStateError
from topicsmith.statistics.intervals import wilson


def test_stratified_estimate_by_hand() -> None:
    # 800 agreed rows of which 9 in 10 audited are right, 200 disagreed of which 1 in 2: .8 * .9 + .2 * .5 = .82
    strata = ["agreed"] * 800 + ["disagreed"] * 200
    audited = {i: i != 0 for i in range(10)} | {800: True, 801: False}
    interval = stratified(strata, audited)
    assert interval.value == pytest.approx(0.82)
    # squared deviations .9 and .5 in the strata, and that of one imagined row: (12 * .82 + 1) / 14 right
    near = (12 * 0.82 + 1) / 14
    agreed = 0.64 * (1 - 10 / 800) * (0.9 + near * (1 - near)) / 10 / 10
    disagreed = 0.04 * (1 - 2 / 200) * (0.5 + near * (1 - near)) / 2 / 2
    variance = agreed + disagreed + 0.82 * 0.18 / 1000
    # ten degrees of freedom: Student's t reaches 2.2281 where the normal distribution reaches 1.9600
    wider = 2 * 0.98706 - 1
    expected = wilson(0.82 * (0.82 * 0.18 / variance), 0.82 * 0.18 / variance, wider)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=2e-4)
    assert interval.n == 1000


def test_auditing_everything_leaves_wilsons_interval() -> None:
    right = {i: i % 4 != 0 for i in range(2000)}
    interval = stratified(["agreed"] * 2000, right)
    plain = wilson(1500, 2000)
    assert (interval.value, interval.low, interval.high) == pytest.approx(
        (plain.value, plain.low, plain.high), abs=1e-4
    )


def test_prediction_powered_estimate_by_hand() -> None:
    """One stratum: mean proxy over all rows times its weight, plus the audited rows' mean residual."""
    proxy = [1.0] * 60 + [0.0] * 40
    audited = {0: True, 1: True, 2: False, 3: True, 96: False, 97: False, 98: True, 99: False}
    interval = stratified(["all"] * 100, audited, proxy)
    right = np.array([1, 1, 0, 1, 0, 0, 1, 0], dtype=float)
    guess = np.array([1, 1, 1, 1, 0, 0, 0, 0], dtype=float)
    weight = np.cov(right, guess)[0, 1] / guess.var(ddof=1)
    assert weight == pytest.approx(0.5)
    assert interval.value == pytest.approx(0.5 * 0.6 + (right - 0.5 * guess).mean())


def test_a_good_proxy_narrows_and_a_useless_one_does_no_harm() -> None:
    rng = np.random.default_rng(1)
    right = rng.random(4000) < 0.8
    audited = {int(i): bool(right[i]) for i in rng.choice(4000, 300, replace=False)}
    one = ["all"] * 4000
    plain = stratified(one, audited)
    good = stratified(one, audited, (right ^ (rng.random(4000) < 0.03)).astype(np.float64))
    useless = stratified(one, audited, rng.random(4000))
    misleading = stratified(one, audited, (~right).astype(np.float64))
    assert good.high - good.low < 0.6 * (plain.high - plain.low)
    assert useless.high - useless.low == pytest.approx(plain.high - plain.low, rel=0.03)
    assert misleading.value == pytest.approx(plain.value)


def test_a_stratum_nobody_looked_at_is_joined_to_a_known_one() -> None:
    strata = ["agreed"] * 90 + ["disagreed"] * 9 + ["abstained"]
    audited = dict.fromkeys(range(20), True) | {90: False, 91: True}
    assert stratified(strata, audited).n == 100
    single = stratified(strata, dict.fromkeys(range(20), True) | {90: False})
    assert 0.85 < single.value < 1.0


def test_a_few_rows_that_are_all_right_do_not_mean_certainty() -> None:
    interval = stratified(["agreed"] * 1000, dict.fromkeys(range(20), True))
    assert interval.value == 1.0
    assert interval.low < 0.88


def test_one_row_is_no_audit() -> None:
    with pytest.raises(RunStateError, match="1 rows were audited; audit at least 2"):
        stratified(["agreed"] * 10, {0: True})


def test_plan_takes_strata_in_proportion() -> None:
    strata = ["agreed"] * 780 + ["disagreed"] * 219 + ["rare"]
    chosen = plan_audit(strata, 100, seed=1)
    assert chosen == plan_audit(strata, 100, seed=1)
    assert sum(row < 780 for row in chosen) == 78
    assert sum(780 <= row < 999 for row in chosen) == 22
    assert 999 in chosen


def test_strata_by_agreement() -> None:
    assert [stratum(each) for each in (["a"], ["a", "a"])] == ["agreed", "agreed"]
    assert [stratum(each) for each in ([None, None], ["a", None], [])] == ["disagreed"] * 3


def test_agreed_only_flatters_and_the_audit_does_not() -> None:
    """On rows the annotators share a mistake about, a candidate that repeats it looks right."""
    truth = ["a"] * 700 + ["b"] * 300
    opinions = [["a", "a"]] * 700 + [["a", "a"]] * 100 + [["a", "b"]] * 200
    answers: list[str | None] = ["a"] * 800 + ["b"] * 100 + [None] * 100
    everything = dict(enumerate(truth))
    found = audited_accuracy(answers, opinions, everything)
    assert found.agreed_only == wilson(800, 800)
    assert found.stratified.value == pytest.approx(0.8)
    assert found.prediction_powered.value == pytest.approx(0.8)
    given = audited_accuracy(answers, opinions, everything, strata=["one"] * 1000)
    assert given.stratified.value == pytest.approx(0.8)
