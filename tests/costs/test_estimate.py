import doctest
from datetime import date
from pathlib import Path

import pytest

from topicsmith.classifiers.hosted.settings import HostedSettings
from topicsmith.classifiers.prompted.settings import PromptedSettings
from topicsmith.costs import estimate
from topicsmith.costs.estimate import DISAGREED_SHARE, REASONING_TOKENS, Estimator, RunEstimate, Tokens, labelling_usd
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.llm.prices import price, training_price
from topicsmith.llm.prompts import load_prompt
from topicsmith.project import BalanceSettings, CandidateSettings, Project, SplitSettings, TargetSettings, TraceSettings
from topicsmith.taxonomy import Taxonomy

THEN = date(2025, 12, 5)
TODAY = date(2026, 11, 23)


def project(taxonomy: Taxonomy, labeling: LabelingSettings, *candidates: CandidateSettings) -> Project:
    return Project(
        Path(), "p", TraceSettings(path="x"), taxonomy, labeling, SplitSettings(), BalanceSettings(), candidates,
        TargetSettings(),
    )  # fmt: skip


def words(text: str) -> int:
    return len(text.split())


def estimated(checked: Project, on: date = TODAY, rows: int = 8000) -> RunEstimate:
    texts = ["why is the sky blue", "write me a poem about rain and wind"]
    return Estimator(checked, texts, rows, on, words, lambda name: load_prompt(name, Path())).estimate()


def test_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(estimate).failed == 0


@pytest.mark.parametrize("size", ["0.6B", "1.7B", "4B", "14B"])
def test_the_experiments_training_cost(size: str) -> None:
    """Its $19.25 is the price of 35 million billable tokens; the 350 thousand x 10 it names come to a tenth of that."""
    rate = training_price(f"together:Qwen/Qwen3-{size}", THEN)
    assert estimate.training_usd(3_500_000, 10, rate) == 19.25
    assert estimate.training_usd(350_000, 10, rate) == 1.925
    # Its bill, $19.81, agrees with the larger count: 36 million tokens, 10 epochs of 8,000 rows of 450 tokens.
    assert estimate.training_usd(8000 * 450, 10, rate) == pytest.approx(19.81, rel=0.001)


@pytest.mark.parametrize(
    ("model", "answer", "usd"), [("google:gemini-2.5-pro", 12, 4.53), ("anthropic:claude-sonnet-4-5", 89, 21.63)]
)
def test_the_experiments_labelling_cost_within_two_percent(model: str, answer: float, usd: float) -> None:
    """It reports 12 and 89 tokens an answer, and $0.45 and $2.17 per 1,000 rows: so 10,000 rows were labelled, of which
    77.8 % agreed. One length of question explains both bills: 270 tokens.
    """  # noqa: D205
    found = labelling_usd(10_000, Tokens(270, answer), price(model, THEN))
    assert found == pytest.approx(usd, rel=0.02)


def test_labelling_is_counted_on_the_rendered_questions(taxonomy: Taxonomy) -> None:
    labeling = LabelingSettings(annotators=["anthropic:claude-sonnet-5-5", "local:keywords"], prompt="v2")
    found = estimated(project(taxonomy, labeling))
    prompt = load_prompt("v2", Path())
    asked = [" ".join(prompt.render(text, taxonomy, subtopics=True)) for text in
             ("why is the sky blue", "write me a poem about rain and wind")]  # fmt: skip
    question = sum(words(text) for text in asked) / 2
    by_hand = [words('{"topic": "%s", "subtopic": "%s"}' % pair) for pair in (  # noqa: UP031
        ("Technology and programming", "Web"), ("Science", "Physics"), ("Arts & entertainment", "none"),
        ("Economics and business", "none"), ("Personal development", "none"), ("History and culture", "none"),
        ("Other", "none"))]  # fmt: skip
    expected = 8000 * (question * 2.0 + sum(by_hand) / 7 * 10.0) / 1e6
    assert found.lines[0].usd == pytest.approx(expected)
    assert (found.lines[1].usd, found.lines[1].basis) == (0.0, "no model is asked")
    assert found.once_usd == pytest.approx(expected)
    assert found.unknown == ()


def test_a_batch_is_half_price_and_reasoning_is_counted(taxonomy: Taxonomy) -> None:
    online = LabelingSettings(annotators=["google:gemini-3.5-flash"], prompt="v2")
    batch = LabelingSettings(annotators=["google:gemini-3.5-flash"], prompt="v2", mode="batch")
    reasoned = LabelingSettings(annotators=["google:gemini-3.5-flash"], prompt="v3")
    usd = [estimated(project(taxonomy, each)).once_usd for each in (online, batch, reasoned)]
    assert usd[1] == pytest.approx(usd[0] / 2)
    assert usd[2] - usd[0] > 8000 * REASONING_TOKENS * 9.0 / 1e6


def test_fault_20_what_has_no_price_is_said_and_is_in_no_sum(taxonomy: Taxonomy) -> None:
    labeling = LabelingSettings(annotators=["vllm:Qwen/Qwen3-4B", "openai:gpt-99", "google:gemini-3.5-flash"])
    found = estimated(project(taxonomy, labeling))
    assert [line.usd is None for line in found.lines] == [True, True, False]
    assert found.once_usd == found.lines[2].usd
    assert found.unknown == ("labelling by vllm:Qwen/Qwen3-4B", "labelling by openai:gpt-99")
    assert "no known price: labelling by openai:gpt-99; it is not in the sum" in found.warnings


def test_fault_20_models_that_end_and_budgets_that_will_not_do_are_warned_about(taxonomy: Taxonomy) -> None:
    labeling = LabelingSettings(annotators=["google:gemini-2.5-pro", "openai:gpt-4.1-nano"], budget_usd=0.5)
    warnings = estimated(project(taxonomy, labeling)).warnings
    assert any("google:gemini-2.5-pro will be shut down on 2026-12-01, in 8 days" in warning for warning in warnings)
    assert any("openai:gpt-4.1-nano was shut down on 2026-10-23" in warning for warning in warnings)
    assert any("labeling.budget_usd is $0.5" in warning for warning in warnings)


def test_candidates_that_cost(taxonomy: Taxonomy) -> None:
    labeling = LabelingSettings(annotators=["google:gemini-3.5-flash"], adjudicator="anthropic:claude-sonnet-5-5")
    found = estimated(project(
        taxonomy, labeling,
        CandidateSettings(name="tfidf", kind="linear"),
        PromptedSettings(name="glm", kind="prompted", model="together:zai-org/GLM-4.5-Air-FP8"),
        HostedSettings(name="tuned", kind="hosted", model="together:Qwen/Qwen3-14B", prompt="v1", epochs=10),
        HostedSettings(name="nano", kind="hosted", model="openai:gpt-4.1-nano"),
    ))  # fmt: skip
    by = {(line.purpose, line.name): line for line in found.lines}
    assert f"{round(8000 * DISAGREED_SHARE):,} rows" in by["adjudicating", "anthropic:claude-sonnet-5-5"].basis
    evaluating, serving = by["evaluating", "glm"], by["serving", "glm"]
    assert evaluating.usd is not None
    assert serving.usd is not None
    assert evaluating.usd == pytest.approx(serving.usd * 2)  # 2,000 held-out rows against 1,000 texts
    assert (serving.unit, evaluating.unit) == ("per 1,000 texts", "once")
    training, endpoint = by["training", "tuned"], by["serving", "tuned"]
    assert "6,000 rows before balancing) x 10 epochs x $0.55 per million" in training.basis
    assert endpoint.usd == pytest.approx(6.49 * 730)
    assert endpoint.unit == "per month"
    assert by["training", "nano"].usd is None
    assert not any(name == "tfidf" for _, name in by)


def test_thoughts_are_an_upper_bound_beside_the_figure(taxonomy: Taxonomy) -> None:
    labeling = LabelingSettings(annotators=["google:gemini-3.5-flash", "anthropic:claude-sonnet-4-5"])
    thinks, does_not, stands_in = estimated(project(taxonomy, labeling)).lines
    # 8,000 answers with 2,048 tokens of room for thoughts at $9 a million
    assert thinks.basis.endswith(f"; reasoning tokens, if any, up to ${8000 * 2048 * 9 / 1e6:,.2f} more")
    assert "thoughts" not in does_not.basis
    assert (stands_in.name, stands_in.unit) == ("anthropic:claude-sonnet-5-5", "instead")


def test_what_stands_in_for_a_model_that_ends_is_priced_and_in_no_sum(taxonomy: Taxonomy) -> None:
    labeling = LabelingSettings(annotators=["anthropic:claude-sonnet-4-5"])
    found = estimated(project(taxonomy, labeling))
    ends, stands_in = found.lines
    assert stands_in.basis.startswith("anthropic:claude-sonnet-4-5 ends on 2026-11-30; 8,000 rows x (")
    assert ends.usd is not None
    assert stands_in.usd == pytest.approx(ends.usd * 2 / 3)  # $2 and $10 per million instead of $3 and $15
    assert found.once_usd == ends.usd


def test_examples_that_a_prompt_shows_are_counted(taxonomy: Taxonomy) -> None:
    plain, shown = (
        estimated(project(taxonomy, LabelingSettings(), PromptedSettings(
            name="x", kind="prompted", model="together:openai/gpt-oss-20b", examples=examples))).lines[1]
        for examples in (0, 10)
    )  # fmt: skip
    assert plain.usd is not None
    assert shown.usd is not None
    example = 6.5 + shown_answer(taxonomy) + estimate.SHOWN_FRAME_TOKENS  # texts of 5 and 8 words
    assert shown.usd - plain.usd == pytest.approx(1000 * 10 * example * 0.05 / 1e6)


def shown_answer(taxonomy: Taxonomy) -> float:
    prompt = load_prompt("v2", Path())
    return estimate.count_tokens(prompt, taxonomy, ["x"], "json", words).answer


def test_a_model_of_another_name_costs_what_it_costs_by_its_own(taxonomy: Taxonomy) -> None:
    named = {"model": "google:gemini-2.5-flash", "name": "google:flash-east", "base_url": "https://east.example"}
    labeling = LabelingSettings.model_validate({"annotators": ["google:gemini-2.5-flash", named]})
    asked = {
        "name": "asked",
        "kind": "prompted",
        "model": {**named, "model": "google:gemini-2.5-pro", "name": "google:pro"},
    }
    found = estimated(project(taxonomy, labeling, PromptedSettings.model_validate(asked)))
    first, second = found.lines[:2]
    assert (first.name, second.name) == ("google:gemini-2.5-flash", "google:flash-east")
    assert first.usd is not None
    assert (second.usd, second.basis) == (first.usd, first.basis)
    plain = PromptedSettings.model_validate({"name": "asked", "kind": "prompted", "model": "google:gemini-2.5-pro"})
    same = estimated(project(taxonomy, labeling, plain))
    assert [line.usd for line in found.lines] == [line.usd for line in same.lines]
