import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_recall_fscore_support, precision_score

from topicsmith.errors import RunStateError
from topicsmith.evaluation import metrics


def test_scores_worked_out_by_hand() -> None:
    # truth a a a b b c; answers a a b b - a
    truth, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 3, 0])
    assert metrics.confusion_matrix(truth, predicted, 3).tolist() == [[2, 1, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0]]
    counts = metrics.counts_by_row(truth, predicted, 3).sum(axis=0, dtype=np.int64)
    assert counts.tolist() == [3, 2, 1, 3, 2, 0, 2, 1, 0]
    a, b, c = metrics.topic_scores(counts, ["a", "b", "c"])
    assert (a.precision, a.recall, a.f1) == (2 / 3, 2 / 3, 2 / 3)
    assert (b.precision, b.recall, b.f1) == (1 / 2, 1 / 2, 1 / 2)
    assert (c.precision, c.recall, c.f1) == (None, 0.0, 0.0)
    sums = counts[None, :].astype(float)
    assert metrics.macro_f1(sums)[0] == pytest.approx((2 / 3 + 1 / 2) / 3)
    assert metrics.balanced_accuracy(sums)[0] == pytest.approx((2 / 3 + 1 / 2) / 3)
    assert metrics.macro_precision(sums)[0] == pytest.approx((2 / 3 + 1 / 2) / 3)


def test_a_topic_without_rows_is_left_out_of_the_means() -> None:
    truth, predicted = np.array([0, 0, 1]), np.array([0, 2, 1])
    sums = metrics.counts_by_row(truth, predicted, 3).sum(axis=0, dtype=float)[None, :]
    assert metrics.balanced_accuracy(sums)[0] == pytest.approx((1 / 2 + 1) / 2)
    assert metrics.macro_f1(sums)[0] == pytest.approx((2 / 3 + 1) / 2)
    scores = metrics.f1_by_topic(sums)[0]
    assert scores[2] == 0.0  # predicted, never true
    unseen = metrics.f1_by_topic(np.zeros((1, 6)))
    assert np.isnan(unseen).all()


@pytest.mark.parametrize("seed", range(5))
def test_scores_equal_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.concatenate([np.arange(7), rng.integers(0, 7, 300)])
    predicted = np.where(rng.random(307) < 0.6, truth, rng.integers(0, 8, 307))  # 7 stands for a failure
    counts = metrics.counts_by_row(truth, predicted, 7).sum(axis=0, dtype=np.int64)
    sums = counts[None, :].astype(float)
    labels = list(range(7))
    with np.errstate(all="ignore"):
        precision, recall, f1, support = precision_recall_fscore_support(
            truth, predicted, labels=labels, zero_division=0
        )
    for index, score in enumerate(metrics.topic_scores(counts, [str(i) for i in labels])):
        assert (score.precision or 0.0) == pytest.approx(precision[index])
        assert (score.recall, score.f1, score.support) == pytest.approx((recall[index], f1[index], support[index]))
    assert metrics.macro_f1(sums)[0] == pytest.approx(f1_score(truth, predicted, labels=labels, average="macro"))
    assert metrics.macro_precision(sums)[0] == pytest.approx(
        precision_score(truth, predicted, labels=labels, average="macro", zero_division=0)
    )
    answered = predicted < 7
    if answered.all():
        assert metrics.balanced_accuracy(sums)[0] == pytest.approx(balanced_accuracy_score(truth, predicted))
    else:
        assert metrics.balanced_accuracy(sums)[0] == pytest.approx(recall.mean())


def test_codes_put_what_is_unknown_last() -> None:
    assert metrics.codes(["b", None, "z", "a"], ["a", "b"]).tolist() == [1, 2, 2, 0]


def test_a_true_topic_outside_the_taxonomy_is_an_error() -> None:
    with pytest.raises(RunStateError, match=r"2 rows .* such as 'z'"):
        metrics.truth_codes(["a", "z", "y"], ["a", "b"])
