"""The head and its lobes."""

import numpy as np
import pytest

from topicsmith.classifiers.similarity.linear_head import HeadRows, LobedHead, fit_head, lobes


def test_hard_shares_give_what_scikit_learn_gives() -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    classes = np.arange(90) % 3
    vectors = (rng.normal(size=(90, 4)) + np.eye(4)[classes]).astype(np.float32)
    own = fit_head(HeadRows.labelled(vectors, classes, 3), 2.0, np.arange(3))
    theirs = LogisticRegression(C=2.0, max_iter=500, tol=1e-8).fit(vectors, classes).predict_proba(vectors)
    logits = own.logits(vectors)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.abs(shares - theirs).max() < 2e-3


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.5, 0.6]], np.float32)
    classes = np.array([0, 1, 1])
    once = HeadRows.labelled(vectors, classes, 2)
    doubled = HeadRows(once.vectors, once.shares, np.array([1, 1, 2], np.float32))
    twice = once + HeadRows.labelled(vectors[2:], classes[2:], 2)
    found = [fit_head(rows, 1.0, np.arange(2)).weights for rows in (doubled, twice)]
    assert found[0] == pytest.approx(found[1], abs=1e-3)


def test_a_lobe_for_every_hundred_rows_at_least_one() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(320, 3)).astype(np.float32)
    vectors[:100] += [9, 0, 0]
    classes = np.array([0] * 250 + [1] * 70)
    of_rows, owners = lobes(vectors, classes, 2, 13)
    assert owners.tolist() == [0, 0, 1]
    assert set(of_rows[250:].tolist()) == {2}
    assert len(set(of_rows[:100].tolist())) == 1  # what lies together is one lobe


def test_lobes_without_an_owner_are_left_out() -> None:
    head = LobedHead(np.eye(3, dtype=np.float32), np.zeros(3, np.float32), np.array([0, 1, 1]))
    kept = head.owned(np.array([-1, 4, 2]))
    assert kept.owners.tolist() == [4, 2]
    assert kept.logits(np.array([[1, 2, 3]], np.float32)).tolist() == [[2.0, 3.0]]
