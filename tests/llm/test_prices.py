import doctest
from datetime import date

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import calc_price

from topicsmith.llm import prices
from topicsmith.llm.prices import Price, cost, machine_price, machines, price, training_price
from topicsmith.records import Usage

THEN = date(2025, 12, 5)
TODAY = date(2026, 11, 23)


def known(model_ref: str, on: date) -> Price:
    found = price(model_ref, on)
    assert found is not None
    return found


def test_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(prices).failed == 0


@pytest.mark.parametrize(
    ("ref", "on", "usd"),
    [
        ("google:gemini-2.5-pro", THEN, (1.25, 10.0, 0.125)),
        ("anthropic:claude-sonnet-4-5-20250929", THEN, (3.0, 15.0, 0.3)),
        ("google:gemini-2.5-flash", THEN, (0.3, 2.5, 0.03)),  # the post names $0.30 and $2.50
        ("anthropic:claude-haiku-4-5", THEN, (1.0, 5.0, 0.1)),  # and $1.00 and $5.00
        ("openai:gpt-4.1-nano", THEN, (0.1, 0.4, 0.025)),
        ("together:zai-org/GLM-4.5-Air-FP8", THEN, (0.2, 1.1, None)),
        ("together:Qwen/Qwen3-Next-80B-A3B-Instruct", THEN, (0.15, 1.5, None)),
        ("together:openai/gpt-oss-20b", THEN, (0.05, 0.2, None)),
        ("google:gemini-3.5-flash", TODAY, (1.5, 9.0, 0.15)),
        ("anthropic:claude-sonnet-5-5", TODAY, (2.0, 10.0, 0.1)),
        ("openai:gpt-6-luna", TODAY, (0.1, 0.5, 0.01)),  # only in the packaged library
    ],
)
def test_the_experiments_models_and_todays_have_prices(
    ref: str, on: date, usd: tuple[float, float, float | None]
) -> None:
    found = known(ref, on)
    assert (found.input_usd, found.output_usd, found.cached_usd) == usd
    assert found.source


@pytest.mark.parametrize(
    "ref",
    ["vllm:Qwen/Qwen3-4B", "compatible:gpt-4o", "openai:ft:gpt-4.1-nano:o", "together:Qwen/Qwen3-4B", "openai:gpt-99"],
)  # fmt: skip
def test_fault_20_an_unknown_price_is_unknown_and_never_zero(ref: str) -> None:
    assert price(ref, TODAY) is None
    assert cost(Usage(10, 10), price(ref, TODAY)) is None


@pytest.mark.parametrize("ref", ["google:gemini-2.5-pro", "anthropic:claude-sonnet-4-5", "openai:gpt-4o-mini"])
def test_the_packaged_library_comes_to_the_same(ref: str) -> None:
    provider, model = ref.split(":")
    theirs = calc_price(
        TheirUsage(input_tokens=2000, cache_read_tokens=500, output_tokens=300), model_ref=model, provider_id=provider
    )
    assert cost(Usage(2000, 300, cached_tokens=500), known(ref, TODAY)) == pytest.approx(float(theirs.total_price))


def test_cached_tokens_are_cheaper_and_thoughts_are_output() -> None:
    two = Price("x:y", input_usd=2.0, output_usd=10.0, cached_usd=0.5, batch_share=0.5)
    assert cost(Usage(1_000_000, 0), two) == 2.0
    assert cost(Usage(1_000_000, 0, cached_tokens=1_000_000), two) == 0.5
    assert cost(Usage(0, 1_000_000, reasoning_tokens=900_000), two) == 10.0
    assert cost(Usage(1_000_000, 1_000_000, cached_tokens=500_000), two, batch=True) == (1.0 + 10.0) / 2 + 0.25


@pytest.mark.parametrize("usage", [Usage(), Usage(10, None), Usage(None, 10)])
def test_fault_15_an_unknown_count_makes_the_cost_unknown(usage: Usage) -> None:
    assert cost(usage, known("openai:gpt-6-luna", TODAY)) is None


def test_beyond_its_length_and_without_a_batch_interface_a_price_says_nothing() -> None:
    pro = known("google:gemini-2.5-pro", TODAY)
    assert cost(Usage(200_001, 1), pro) is None
    assert cost(Usage(200_000, 0), pro) == 0.25
    assert cost(Usage(10, 10), known("together:openai/gpt-oss-20b", TODAY), batch=True) is None


def test_training_is_flat_over_the_sizes_that_fit_one_machine() -> None:
    rates = [training_price(f"together:Qwen/Qwen3-{size}", THEN) for size in ("0.6B", "1.7B", "4B", "14B", "32B")]
    assert [rate.usd if rate else None for rate in rates] == [0.55, 0.55, 0.55, 0.55, 1.65]
    assert training_price("together:Qwen/Qwen3-235B-A22B", THEN) is None
    assert training_price("openai:gpt-4.1-nano", THEN) is None
    assert training_price("together:Qwen/Qwen3-14B", date(2020, 1, 1)) is None


def test_machines_have_prices_by_day() -> None:
    endpoint = "together:1x_nvidia_h100_80gb_sxm"
    then, now = machine_price(endpoint, THEN), machine_price(endpoint, TODAY)
    assert then is not None
    assert now is not None
    assert (then.usd, now.usd) == (4.46, 6.49)
    # The experiment's two endpoints agree on it: $0.40 at 3.1 requests a second, and $0.19 at 2.1 times that.
    assert 1000 / 3.1 * then.usd / 3600 == pytest.approx(0.40, rel=0.01)
    assert 1000 / (3.1 * 2.1) * then.usd / 3600 == pytest.approx(0.19, rel=0.01)
    assert machine_price("aws:nothing", TODAY) is None
    assert all(machine_price(name, TODAY) for name in machines())
