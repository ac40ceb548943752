import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from topicsmith.evaluation.confidence.calibration import (
    Temperature,
    fit_isotonic,
    fit_platt,
    fit_temperature,
    reliability,
)


def test_calibration_error_by_hand() -> None:
    # bins of a fifth: (.8, 1] holds .9 right, .9 right, 1.0 wrong: sure .9333, right .6667; (.4, .6] holds .6 right
    result = reliability([0.9, 0.9, 1.0, 0.6], np.array([True, True, False, True]), bins=5)
    assert [(b.low, b.high, b.n) for b in result.bins] == [(0.4, 0.6, 1), (0.8, 1.0, 3)]
    assert result.plain == pytest.approx((3 * abs(2 / 3 - 2.8 / 3) + 1 * 0.4) / 4)


def test_calibration_error_equals_mapie() -> None:
    from mapie.metrics.calibration import top_label_ece

    rng = np.random.default_rng(2)
    probabilities = rng.dirichlet([0.3] * 2, 4000)
    said = probabilities.argmax(axis=1)
    truth = np.where(rng.random(4000) < probabilities.max(axis=1) ** 2, said, 1 - said)
    ours = [reliability(probabilities[said == k].max(axis=1), truth[said == k] == k, bins=50) for k in (0, 1)]
    # mapie averages the error of each predicted topic, with bins of its own edges
    assert np.mean([r.plain for r in ours]) == pytest.approx(top_label_ece(truth, probabilities, num_bins=50), abs=0.01)


def test_bins_equal_scikit_learns_reliability_curve() -> None:
    rng = np.random.default_rng(3)
    stated = np.concatenate([rng.random(2000), np.arange(1, 11) / 10])  # edges of bins too
    right = rng.random(2010) < stated
    shares, means = calibration_curve(right, stated, n_bins=10, strategy="uniform")
    bins = reliability(stated, right, bins=10).bins
    assert [b.accuracy.value for b in bins] == pytest.approx(list(shares))
    assert [b.confidence for b in bins] == pytest.approx(list(means))


def test_nothing_to_measure() -> None:
    assert reliability([], np.zeros(0, dtype=bool)).ece.value == 0.0


@pytest.mark.parametrize("sharpness", [0.4, 1.0, 3.0])
def test_temperature_equals_scikit_learn(sharpness: float) -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 4, 1500)
    features = np.eye(4)[truth] + rng.normal(0, 0.7, (1500, 4))
    model = LogisticRegression(C=100.0).fit(features[:300], truth[:300])
    model.coef_ *= sharpness
    model.intercept_ *= sharpness
    oracle = CalibratedClassifierCV(FrozenEstimator(model), method="temperature").fit(features, truth)
    ours = fit_temperature(model.predict_proba(features), truth)
    assert ours.apply(model.predict_proba(features)) == pytest.approx(oracle.predict_proba(features), abs=2e-3)


def test_temperature_keeps_the_topics_and_undoes_overconfidence() -> None:
    rng = np.random.default_rng(6)
    honest = rng.dirichlet([0.5] * 3, 5000)
    truth = np.array([rng.choice(3, p=row) for row in honest])
    boasting = Temperature(0.5).apply(honest)
    fitted = fit_temperature(boasting, truth)
    assert fitted.value == pytest.approx(2.0, rel=0.08)
    mended = fitted.apply(boasting)
    assert (mended.argmax(axis=1) == boasting.argmax(axis=1)).all()
    assert np.allclose(mended.sum(axis=1), 1)


def test_all_right_does_not_run_off() -> None:
    fitted = fit_temperature(np.array([[0.9, 0.1]] * 50), np.zeros(50, dtype=np.int64))
    assert 0.05 <= fitted.value < 0.1


def test_confidence_alone_can_be_mended() -> None:
    rng = np.random.default_rng(8)
    honest = rng.uniform(0.5, 1.0, 8000)
    right = rng.random(8000) < honest
    stated = Temperature(0.5).apply_to_confidence(honest)
    mended = fit_platt(stated, right).apply(stated)
    assert reliability(stated, right).ece.value > 0.08
    assert reliability(mended, right).ece.value < 0.02


def test_small_confidences_of_many_topics_are_lifted_across_one_half() -> None:
    rng = np.random.default_rng(12)
    stated = rng.uniform(0.03, 0.11, 200)
    right = rng.random(200) < 0.93
    mended = fit_platt(stated, right).apply(stated)
    assert mended.mean() == pytest.approx(right.mean(), abs=0.01)
    assert reliability(mended, right).ece.value < 0.03


def test_platts_line_equals_logistic_regression() -> None:
    rng = np.random.default_rng(13)
    stated = rng.uniform(0.05, 0.95, 4000)
    right = rng.random(4000) < stated**2
    odds = np.log(stated / (1 - stated))[:, None]
    oracle = LogisticRegression(C=np.inf).fit(odds, right)
    found = fit_platt(stated, right)
    assert (found.slope, found.intercept) == pytest.approx((oracle.coef_[0, 0], oracle.intercept_[0]), abs=0.01)


def test_rows_that_are_all_right_prove_no_certainty() -> None:
    # ten right rows stand for 11/12 each
    assert fit_platt([0.6] * 10, np.ones(10, dtype=bool)).apply([0.6]) == pytest.approx([11 / 12], abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "held"), [(200, 0.75), (1000, 0.85)])
def test_the_gap_is_not_made_larger_by_few_rows(rows: int, held: float) -> None:
    rng = np.random.default_rng(14)
    found = []
    for _ in range(150):
        stated = rng.random(rows)
        found.append(reliability(stated, rng.random(rows) < stated))
    plain = np.mean([each.plain for each in found])
    assert np.mean([each.if_calibrated for each in found]) == pytest.approx(plain, rel=0.05)
    assert np.mean([each.ece.value for each in found]) < 0.4 * plain
    assert np.mean([each.ece.low == 0 for each in found]) > 0.93
    off = [reliability(stated, rng.random(rows) < stated**2) for stated in rng.random((150, rows))]
    assert np.mean([each.ece.value for each in off]) == pytest.approx(1 / 6, abs=0.025)
    assert np.mean([each.ece.low <= 1 / 6 <= each.ece.high for each in off]) > held


def test_isotonic_equals_scikit_learn() -> None:
    rng = np.random.default_rng(9)
    stated = rng.random(500)
    right = rng.random(500) < stated**2
    oracle = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(stated, right)
    grid = np.linspace(0, 1, 101)
    assert fit_isotonic(stated, right).apply(grid) == pytest.approx(oracle.predict(grid))
