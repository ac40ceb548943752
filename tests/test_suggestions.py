"""The known name that a mistyped one is nearest to."""

import pytest

from topicsmith.suggestions import as_whole_numbers, did_you_mean, nearest


@pytest.mark.parametrize(
    ("typed", "known", "near"),
    [
        ("mesages", ["text", "messages", "id"], "messages"),
        ("linaer", ["linear", "majority"], "linear"),
        ("Labelling", ["labeling", "balance"], "labeling"),
        ("first_user_mesage", ["first_user_message", "id"], "first_user_message"),
        ("minilmm", ["minilm"], "minilm"),
        ("x", ["text"], None),
        ("anything", [], None),
    ],
)
def test_nearest(typed: str, known: list[str], near: str | None) -> None:
    assert nearest(typed, known) == near
    assert did_you_mean(typed, known) == (f"did you mean '{near}'?; " if near else "")


@pytest.mark.parametrize(
    ("values", "found"),
    [(["a", "1.0"], "1.0"), (["-3.00"], "-3.00"), (["1", "1.5", "v1.0", "1.", ".0", "x 1.0", "1.0\n", "1e0"], None)],
)
def test_training_unclear_decimals_that_are_whole_numbers_are_explained(values: list[str], found: str | None) -> None:
    said = as_whole_numbers(values)
    if found is None:
        assert said == ""
        return
    assert said.startswith(f"'{found}' is read as the text it is, not as '{found.partition('.')[0]}'")
    assert "astype('Int64')" in said
