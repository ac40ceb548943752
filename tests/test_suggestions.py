"""The known name that a mistyped one is nearest to."""

import pytest

from topicsmith.suggestions import did_you_mean, nearest


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
