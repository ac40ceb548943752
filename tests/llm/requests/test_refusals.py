"""Whose fault a refusal is."""

import pytest

from topicsmith.llm.errors import AuthRefused, BadRequest, QuotaExhausted
from topicsmith.llm.requests.refusals import IN_A_ROW, Refusals, cure

NO_KEY = AuthRefused("401", status=401)
FORBIDDEN = AuthRefused("403", status=403)
BAD = BadRequest("400", status=400)


def test_a_key_that_never_worked_is_everybodys_at_once() -> None:
    assert Refusals().refused(1, 1, NO_KEY)
    assert Refusals().refused(1, 1, QuotaExhausted("402", status=402))


def test_a_forbidden_text_is_not_believed_before_two_others_are_refused() -> None:
    refusals = Refusals()
    assert [refusals.refused(call, call, FORBIDDEN) for call in (1, 2, 3)] == [False, False, True]


def test_after_an_answer_it_takes_five_waves() -> None:
    refusals = Refusals()
    refusals.accepted()
    assert [refusals.refused(call, call, NO_KEY) for call in range(1, 6)] == [False] * 4 + [True]


def test_calls_that_were_open_together_are_one_wave() -> None:
    refusals = Refusals()
    refusals.accepted()
    assert not any(refusals.refused(call, 50, NO_KEY) for call in range(1, 51))


def test_one_answer_clears_the_others() -> None:
    refusals = Refusals()
    for call in range(100):
        refusals.accepted()
        assert not refusals.refused(call, call, BAD)


def test_refusals_in_a_row_are_everybodys_whatever_they_say() -> None:
    """llm_k01: a spending stop in words that nobody listed."""
    refusals = Refusals()
    refusals.accepted()
    told = [refusals.refused(call, call, BAD) for call in range(1, IN_A_ROW + 1)]
    assert told == [False] * (IN_A_ROW - 1) + [True]


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("openai: This response_format type is unavailable now (400)", "answer: xml"),
        ("google: The schema has too many states (400)", "answer: xml"),
        ("openai: Enum exceeded total string length (400)", "answer: xml"),
        ("openai: 'temperature' does not support 0 (400)", "'body'"),
        ("openai: Unsupported parameter: 'max_tokens' (400)", "'body'"),
        ("openai: no such deployment (404)", ""),
    ],
)
def test_a_refusal_that_speaks_of_the_form_names_the_cure(said: str, part: str) -> None:
    found = cure(said)
    assert part in found
    assert bool(found) == bool(part)
