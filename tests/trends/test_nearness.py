"""Nearness to what is known."""

import numpy as np
import pytest

from topicsmith.trends import nearness
from topicsmith.trends.nearness import known_rows, usual


def test_nearness_is_the_mean_cosine_less_half_of_what_neighbours_have() -> None:
    """Six rows either way on a line through the centre: rows on it have cosine 1 to five, and these to theirs."""
    line = np.array([[1.0, 0.0]] * 6 + [[-1.0, 0.0]] * 6, np.float32)
    found = known_rows(line).nearness(np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 1.0]], np.float32))
    assert found == pytest.approx([1 - 0.5, 0 - 0.5, 0.5**0.5 - 0.5], abs=1e-6)


def test_a_row_is_not_its_own_neighbour() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 30)).astype(np.float32)
    assert known_rows(rows).closeness.max() < 0.9


def test_many_rows_are_drawn_from_and_have_more_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearness, "MOST_KNOWN", 30)
    monkeypatch.setattr(nearness, "MANY", 25)
    known = known_rows(np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32))
    assert (len(known.vectors), known.neighbours) == (30, 10)


def test_far_is_what_one_in_twenty_held_out_rows_are() -> None:
    scale = usual(np.arange(199) / 199)
    assert scale.far(np.arange(199) / 199).sum() == 9
    assert scale.rank(np.array([-1.0, 2.0])).tolist() == [1 / 200, 1.0]


def test_strangeness_goes_from_none_to_full() -> None:
    scale = usual(np.arange(999.0))
    found = scale.strangeness(np.array([-1.0, 8.0, 43.5, 198.0, 500.0]))
    assert found == pytest.approx([1.0, 1.0, np.log(0.2 / 0.045) / np.log(20), 0.0, 0.0], abs=0.01)
