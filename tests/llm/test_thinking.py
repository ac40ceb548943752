"""The least thinking of each model."""

import pytest

from topicsmith.llm.thinking import thinking


@pytest.mark.parametrize(
    ("provider", "model", "least", "room"),
    [
        ("openai", "gpt-6-luna", {"reasoning_effort": "none"}, 2048),
        ("openai", "ft:gpt-6-luna:acme::1", {"reasoning_effort": "none"}, 2048),
        ("openai", "gpt-5-mini", {"reasoning_effort": "minimal"}, 2048),
        ("openai", "gpt-5.1", {"reasoning_effort": "none"}, 2048),
        ("openai", "o4-mini", {"reasoning_effort": "low"}, 2048),
        ("openai", "gpt-5-pro", {}, 8192),
        ("openai", "gpt-4.1-nano", {}, 0),
        ("anthropic", "claude-haiku-5-5", {"output_config": {"effort": "low"}}, 1024),
        ("anthropic", "claude-sonnet-4-5", {}, 0),
        ("google", "gemini-3.5-flash", {"thinkingConfig": {"thinkingLevel": "MINIMAL"}}, 2048),
        ("google", "models/gemini-3-pro", {"thinkingConfig": {"thinkingLevel": "LOW"}}, 2048),
        ("google", "gemini-2.5-flash", {"thinkingConfig": {"thinkingBudget": 0}}, 0),
        ("open", "openai/gpt-oss-20b", {}, 2048),
        ("open", "deepseek-reasoner", {}, 4096),
        ("open", "Qwen/Qwen3-4B", {}, 0),
    ],
)
def test_the_longest_name_that_fits_counts(provider: str, model: str, least: dict[str, object], room: int) -> None:
    found = thinking(provider, model)
    assert (found.least, found.room) == (least, room)


def test_a_temperature_is_left_out_where_a_model_takes_none_or_should_not_get_one() -> None:
    asked = [
        ("openai", "gpt-6-luna"),
        ("google", "gemini-3.5-flash"),
        ("openai", "gpt-4.1"),
        ("google", "gemini-2.5-pro"),
    ]
    assert [thinking(*each).temperature for each in asked] == [False, False, True, True]
