import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from topicsmith.evaluation.selective import guaranteed_threshold, risk_against_coverage


def test_risk_against_coverage_by_hand() -> None:
    confidences = [0.9, None, 0.8, 0.8, 0.5]
    right = np.array([True, False, True, False, False])
    points = risk_against_coverage(confidences, right)
    assert [(p.coverage, p.threshold, p.risk.value) for p in points] == [
        (1 / 5, 0.9, 0.0),
        (3 / 5, 0.8, 1 / 3),  # rows of equal confidence come in together
        (4 / 5, 0.5, 2 / 4),
    ]
    assert risk_against_coverage([None], np.array([False])) == ()


def test_a_perfect_classifier_is_accepted_whole_once_there_is_evidence() -> None:
    # no error in n rows proves less than 2 % wrong, at a doubt of .05 / 4, from ln(.0125) / ln(.98) = 216.9 rows on
    for n, accepted in [(216, 0.0), (217, 1.0)]:
        confidences = [1 - i / 1000 for i in range(n)]
        threshold = guaranteed_threshold(confidences, np.ones(n, dtype=bool), 0.02)
        assert threshold.coverage == accepted
    assert threshold.value == confidences[-1]


def test_the_bound_behind_a_threshold_is_clopper_and_pearsons() -> None:
    rng = np.random.default_rng(1)
    confidences = rng.random(3000)
    right = rng.random(3000) > 0.3 * (1 - confidences)
    threshold = guaranteed_threshold([float(c) for c in confidences], right, 0.05)
    assert threshold.value is not None
    accepted = confidences >= threshold.value
    wrong = int((~right[accepted]).sum())
    assert threshold.coverage == pytest.approx(accepted.mean())
    assert threshold.error.value == pytest.approx(wrong / accepted.sum())
    upper = proportion_confint(wrong, int(accepted.sum()), alpha=2 * 0.05 / 4, method="beta")[1]
    assert upper <= 0.05


def test_hopeless_confidences_give_no_threshold() -> None:
    rng = np.random.default_rng(2)
    threshold = guaranteed_threshold([float(c) for c in rng.random(2000)], rng.random(2000) > 0.3, 0.02)
    assert threshold.value is None
    assert threshold.to_person == 1.0


def test_equal_confidences_are_accepted_together() -> None:
    confidences = [0.9] * 500 + [0.2] * 500
    threshold = guaranteed_threshold(confidences, np.array([True] * 500 + [False] * 500), 0.02)
    assert (threshold.value, threshold.coverage) == (0.9, 0.5)


def test_copies_are_not_evidence() -> None:
    n = 1000
    groups = [f"g{i // 10}" for i in range(n)]
    confidences = [1 - (i // 10) / 1000 for i in range(n)]
    assert guaranteed_threshold(confidences, np.ones(n, dtype=bool), 0.02).value is not None
    assert guaranteed_threshold(confidences, np.ones(n, dtype=bool), 0.02, groups=groups).value is None


def test_rows_without_confidence_go_to_a_person() -> None:
    confidences: list[float | None] = [0.9 - i / 10_000 for i in range(600)]
    threshold = guaranteed_threshold([*confidences, *[None] * 200], np.array([True] * 600 + [False] * 200), 0.02)
    assert threshold.coverage == 0.75
    assert threshold.to_person == 0.25
