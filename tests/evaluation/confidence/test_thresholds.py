import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from topicsmith.evaluation.confidence.thresholds import audited_threshold, guaranteed_threshold, risk_against_coverage


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


def surer_half_right(rng: np.random.Generator, rows: int, wrong: float) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, and whether each answer is right: in the surer half ``wrong`` of them are not, below 40 %."""
    sure = rng.random(rows)
    return sure, rng.random(rows) > np.where(sure > 0.5, wrong, 0.4)


@pytest.mark.slow
def test_an_audit_of_three_hundred_promises_five_in_a_hundred_and_keeps_it() -> None:
    rng = np.random.default_rng(21)
    promised = broken = 0
    for _ in range(400):
        sure, right = surer_half_right(rng, 3000, 0.01)
        audited = rng.choice(3000, 300, replace=False)
        found = audited_threshold(list(sure), audited, right[audited], np.full(300, 10.0), 0.05)
        promised += found.value is not None
        if found.value is not None:
            above = 0.01 if found.value >= 0.5 else (0.5 * 0.01 + (0.5 - found.value) * 0.4) / (1 - found.value)
            broken += above > 0.05
    assert promised / 400 >= 0.6
    assert broken / 400 <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("heavy", [1.0, 4.0])
def test_what_is_just_too_wrong_is_seldom_promised(heavy: float) -> None:
    """With strata audited unlike: the surer rows, that are audited more, stand for fewer each."""
    rng = np.random.default_rng(22)
    broken = 0
    for _ in range(400):
        sure, right = rng.random(3000), rng.random(3000) > 0.055
        chance = np.where(np.arange(3000) % 3 == 0, heavy, 1.0)
        audited = rng.choice(3000, 300, replace=False, p=chance / chance.sum())
        broken += audited_threshold(list(sure), audited, right[audited], 1 / chance[audited], 0.05).value is not None
    assert broken / 400 <= 0.05 + 0.02


def test_nothing_audited_promises_nothing() -> None:
    none = audited_threshold([0.9, None], np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool), np.zeros(0), 0.05)
    assert (none.value, none.to_person) == (None, 1.0)
