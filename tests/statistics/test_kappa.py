"""The coefficients of agreement against worked examples, scikit-learn and statsmodels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

from topicsmith.statistics.kappa import Ratings, cohen, fleiss, gwet, krippendorff

# Fleiss 1971 as on the page "Fleiss' kappa" of Wikipedia: 10 rows, 14 annotators, 5 topics, kappa .210
_FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip

# Krippendorff 2011, section C: four annotators, twelve rows, missing answers, alpha for names .743
_KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]  # fmt: skip


def _value(estimate: object) -> float:
    return float(getattr(estimate, "value", np.nan))


def test_fleiss_of_the_published_example() -> None:
    rows = np.array([np.repeat(np.arange(5), counts) for counts in _FLEISS])
    assert _value(fleiss(rows, 5)) == pytest.approx(0.210, abs=5e-4)
    assert _value(fleiss(rows, 5)) == pytest.approx(fleiss_kappa(np.array(_FLEISS)), abs=1e-12)


def test_krippendorff_of_the_published_example() -> None:
    ratings = np.array(_KRIPPENDORFF).T - 1
    assert _value(krippendorff(ratings, 5)) == pytest.approx(0.743, abs=5e-4)


def test_gwet_by_hand() -> None:
    # 118 yes-yes, 5 yes-no, 2 no-yes, 0 no-no: shares of yes .984 and .96, so chance is 2 x .972 x .028 = .054432,
    # observed .944, AC1 = .889568 / .945568; kappa is below 0 on the same rows.
    ratings = np.array([[0, 0]] * 118 + [[0, 1]] * 5 + [[1, 0]] * 2)
    assert _value(gwet(ratings, 2)) == pytest.approx(0.889568 / 0.945568, abs=1e-9)
    assert _value(cohen(ratings, 2)) < 0


@given(arrays(np.int64, st.tuples(st.integers(2, 40), st.just(2)), elements=st.integers(-1, 3)))
def test_cohen_equals_scikit_learn(ratings: Ratings) -> None:
    both = ratings[(ratings >= 0).all(axis=1)]
    found = cohen(ratings, 4)
    if len(np.unique(both)) < 2:
        assert found is None
    else:
        assert _value(found) == pytest.approx(cohen_kappa_score(both[:, 0], both[:, 1]), abs=1e-9)
        assert found is not None
        assert found.n == len(both)
        assert -1 <= found.low <= found.value <= found.high <= 1


@given(arrays(np.int64, st.tuples(st.integers(2, 40), st.integers(2, 5)), elements=st.integers(0, 3)))
def test_fleiss_equals_statsmodels(ratings: Ratings) -> None:
    found = fleiss(ratings, 4)
    if len(np.unique(ratings)) < 2:
        assert found is None
    else:
        assert _value(found) == pytest.approx(fleiss_kappa(aggregate_raters(ratings)[0]), abs=1e-9)


def test_cohens_interval_is_near_the_asymptotic_one() -> None:
    rng = np.random.default_rng(5)
    first = rng.integers(0, 5, 800)
    second = np.where(rng.random(800) < 0.7, first, rng.integers(0, 5, 800))
    found = cohen(np.column_stack([first, second]), 5)
    counts = np.zeros((5, 5))
    np.add.at(counts, (first, second), 1)
    published = cohens_kappa(counts)
    assert found is not None
    assert found.low == pytest.approx(published.kappa_low, abs=3e-3)
    assert found.high == pytest.approx(published.kappa_upp, abs=3e-3)


def test_nothing_to_measure_gives_nothing() -> None:
    nobody = np.full((3, 2), -1)
    assert [cohen(nobody, 3), fleiss(nobody, 3), krippendorff(nobody, 3), gwet(nobody, 3)] == [None] * 4
    assert cohen(np.zeros((0, 2), dtype=np.int64), 3) is None
