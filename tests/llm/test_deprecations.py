import doctest
from datetime import date

import pytest

from topicsmith.llm import deprecations
from topicsmith.llm.deprecations import endings, model_status

TODAY = date(2026, 11, 23)


def test_the_example_in_the_docstring_holds() -> None:
    assert doctest.testmod(deprecations).failed == 0


@pytest.mark.parametrize(
    ("ref", "retired", "near"),
    [
        ("openai:gpt-4.1-nano", True, False),
        ("openai:ft:gpt-4.1-nano-2025-04-14:org::x", True, False),
        ("openai:gpt-4.1-mini", False, True),  # until 2027-01-14, 52 days
        ("google:gemini-2.5-pro", False, True),
        ("anthropic:claude-sonnet-4-5-20250929", False, True),
        ("anthropic:claude-sonnet-5-5", False, False),
        ("anthropic:claude-3-5-haiku-latest", True, False),
        ("openai:gpt-5-nano", False, True),
        ("together:gpt-4.1-nano", False, False),  # the table speaks of OpenAI's
        ("openai:gpt-6-luna", False, False),
    ],
)
def test_fault_20_how_models_stand_today(ref: str, retired: bool, near: bool) -> None:
    found = model_status(ref, TODAY)
    assert (found.retired, found.near) == (retired, near)
    assert bool(found.message) == (retired or near)


def test_the_last_day_and_the_day_after() -> None:
    assert not model_status("anthropic:claude-sonnet-4-5", date(2026, 11, 29)).retired
    assert model_status("anthropic:claude-sonnet-4-5", date(2026, 11, 30)).retired
    assert model_status("anthropic:claude-sonnet-4-5", date(2026, 8, 31)).message == ""
    assert model_status("anthropic:claude-sonnet-4-5", date(2026, 9, 1)).message == (
        "anthropic:claude-sonnet-4-5 will be shut down on 2026-11-30, in 90 days; use claude-sonnet-5-5"
    )


def test_a_model_that_is_replaced_without_a_word_is_said_to_be() -> None:
    assert "answered by gemini-3.8-flash" in model_status("google:gemini-2.5-pro", date(2026, 12, 2)).message


def test_every_entry_has_a_source_and_no_replacement_is_retired() -> None:
    for ending in endings():
        assert ending.source
        assert not model_status(f"{ending.provider}:{ending.replacement}", TODAY).retired
