"""Rows as codes."""

import numpy as np

from topicsmith.shares.rows import UNKNOWN, confusion, share_rows

ROWS = share_rows(
    ["a", "b"],
    predicted=["a", "a", None, "b", "other"],
    truth=["a", "b", "b", None, None],
    groups=["g", "g", "h", "i", "i"],
    strata=["s", "t", "s", "s", "s"],
)


def test_names_become_codes_and_no_answer_is_an_output() -> None:
    assert ROWS.predicted.tolist() == [0, 0, 2, 1, 2]
    assert ROWS.truth.tolist() == [0, 1, 1, UNKNOWN, UNKNOWN]
    assert ROWS.counts().tolist() == [2, 1, 2]
    assert ROWS.known.tolist() == [True, True, True, False, False]
    assert len(ROWS) == 5


def test_the_confusion_counts_known_rows_by_truth_and_answer() -> None:
    assert confusion(ROWS).tolist() == [[1, 0, 0], [1, 0, 1]]
    assert ROWS.by_cell()[0].tolist() == [0, 1, 1]
    assert confusion(ROWS.without_truth()).sum() == 0


def test_one_row_of_each_group_and_how_many_strangers_they_are_worth() -> None:
    assert ROWS.first_of_groups().predicted.tolist() == [0, 2, 1]
    assert ROWS.effective == 25 / 9  # 5 rows squared over 2*2 + 1 + 2*2
    assert share_rows(["a"], []).effective == 0
    taken = ROWS.taken(np.array([1, 2]))
    assert taken.strata is not None
    assert taken.strata.tolist() == [1, 0]
