"""The records of the page are values: frozen, and equal when their figures are."""

from dataclasses import FrozenInstanceError

import pytest

from topicsmith.report.parts import Bias, Estimate


def test_parts_are_frozen_and_compare_by_value() -> None:
    estimate = Estimate(0.5, 0.4, 0.6, 100)
    assert estimate == Estimate(0.5, 0.4, 0.6, 100)
    assert Bias(None, None, estimate) != Bias(None, None, None)
    with pytest.raises(FrozenInstanceError):
        estimate.value = 1.0  # type: ignore[misc]  # that it cannot be set is the point
