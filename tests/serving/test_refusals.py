"""What is said where there is no answer."""

import pytest

from topicsmith.serving.refusals import STATUS, RefusedError


def test_a_refusal_says_when_to_come_again_in_whole_seconds() -> None:
    found = RefusedError("overloaded", "full", 1.2)
    assert found.status == 503
    assert found.headers() == {"Retry-After": "2"}
    assert found.document() == {"error": {"type": "overloaded", "message": "full", "retry_after_s": 2}}


@pytest.mark.parametrize(("seconds", "told"), [(0.0, 1), (0.001, 1), (1e9, 60)])
def test_the_time_to_come_again_is_bounded(seconds: float, told: int) -> None:
    assert RefusedError("overloaded", "full", seconds).retry_after_s == told


def test_other_headers() -> None:
    assert RefusedError("unauthorized", "no key").headers() == {"WWW-Authenticate": "Bearer"}
    assert RefusedError("too_large", "x", close=True).headers() == {"Connection": "close"}
    assert RefusedError("not_json", "x").document() == {"error": {"type": "not_json", "message": "x"}}


def test_every_type_has_a_status_that_is_an_error() -> None:
    assert all(400 <= status < 600 for status in STATUS.values())
