"""Which stratum a group is in."""

from collections import Counter

import numpy as np
import pytest

from topicsmith.audit.strata import expected_right, stratum_names, sureness


def test_agreement_and_thirds_of_rows_by_how_sure_the_answer_is() -> None:
    agreed = np.array([True] * 90 + [False] * 30)
    sure = np.concatenate([np.linspace(0.1, 0.9, 90), np.linspace(0.1, 0.9, 30)])
    names = stratum_names(agreed, sure, np.ones(120, dtype=np.int64))
    assert Counter(names) == {
        **{f"agreed, {third} confidence": 30 for third in ("low", "middle", "high")},
        **{f"not agreed, {third} confidence": 10 for third in ("low", "middle", "high")},
    }
    assert names[0] == "agreed, low confidence"
    assert names[89] == "agreed, high confidence"


def test_groups_that_are_as_sure_stay_together() -> None:
    agreed = np.ones(60, dtype=bool)
    sure = np.array([0.2] * 10 + [0.8] * 50)
    names = stratum_names(agreed, sure, np.ones(60, dtype=np.int64))
    assert Counter(names) == {"agreed, low confidence": 10, "agreed, middle confidence": 50}


def test_large_groups_fill_a_third_by_their_rows() -> None:
    sizes = np.array([10] * 3 + [1] * 30)
    names = stratum_names(np.ones(33, dtype=bool), np.linspace(0.1, 0.9, 33), sizes)
    assert names[0] == names[1] == "agreed, low confidence"
    assert names[2] == "agreed, middle confidence"


def test_few_groups_and_equal_ones_are_one_stratum() -> None:
    sizes = np.ones(40, dtype=np.int64)
    assert set(stratum_names(np.ones(40, dtype=bool), np.full(40, 0.5), sizes)) == {"agreed"}
    assert set(stratum_names(np.zeros(9, dtype=bool), np.linspace(0, 1, 9), sizes[:9])) == {"not agreed"}
    assert set(stratum_names(np.ones(40, dtype=bool), np.linspace(0, 1, 40), sizes, split=False)) == {"agreed"}


def test_sureness_is_half_confidence_and_half_agreement_and_nothing_is_taken_for_certain() -> None:
    sure = sureness(np.array([0.99, 0.3, np.nan, 0.0]), np.array([1.0, 0.5, 0.5, 0.0]))
    assert sure.tolist() == [0.995, 0.4, 0.5, 0.0]
    assert expected_right(sure).tolist() == pytest.approx([0.85, 0.4, 0.5, 0.15])
