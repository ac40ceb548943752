"""Token counts as services report them."""

import pytest

from topicsmith.llm.providers.counts import Counts


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"p": 10, "o": 2, "t": 3, "all": 15}, (10, 5)),
        ({"p": 10, "t": 3, "all": 13}, (10, 3)),  # zeros are left out
        ({"p": 10, "all": 10}, (10, 0)),
        ({"p": 10}, (10, 0)),
        ({"p": 10, "o": 2, "all": 20}, (10, 10)),  # the total knows of more
        ({"o": 2, "all": 12}, (10, 2)),
        ({"o": 2}, (None, 2)),  # a prompt is never empty
        ({"p": 100.0, "o": 5.0}, (100, 5)),
        ({"p": -4, "o": "many"}, (None, None)),
        ({"p": 10, "o": "many"}, (10, None)),
        ({"p": float("inf")}, (None, None)),
        ({"p": True, "o": 1}, (None, 1)),
        ({"all": 12}, (None, None)),
        (None, (None, None)),
        ([1], (None, None)),
    ],
)
def test_what_is_left_out_beside_other_counts_is_zero(value: object, found: tuple[int | None, int | None]) -> None:
    assert Counts(value, "all").input_and_output("p", ("o", "t")) == found
