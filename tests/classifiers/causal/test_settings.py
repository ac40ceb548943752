"""What the settings of a causal candidate say together."""

from pathlib import Path

import pytest

from topicsmith.classifiers.causal.settings import CausalSettings, digest, reasoning_of, recipe_of
from topicsmith.errors import ProjectError
from topicsmith.llm.prompts import load_prompt


def settings(**own: object) -> CausalSettings:
    return CausalSettings.model_validate({"name": "tiny", "kind": "causal", "model": "m", **own})


def test_recipes_and_what_overrides_them() -> None:
    experiment = recipe_of(settings(recipe="experiment"))
    assert (experiment.rank, experiment.alpha, experiment.learning_rate) == (16, 8, 2e-4)
    own = recipe_of(settings(rank=64, targets=["q_proj", "v_proj"]))
    assert (own.rank, own.alpha, own.targets) == (64, 32, ("q_proj", "v_proj"))


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"prompt": "v3"}, "'answer: label' cannot reason before the topic"),
        ({"prompt": "v2", "reasoning": "after"}, "the prompt 'v2' asks for none; use 'prompt: v3'"),
        ({"prompt": "v3", "answer": "head"}, "'answer: head' writes no reasoning; use 'prompt: v2'"),
    ],
)
def test_prompt_and_answer_must_fit_together(own: dict[str, object], message: str, tmp_path: Path) -> None:
    wanted = settings(**own)
    with pytest.raises(ProjectError, match=message):
        reasoning_of(wanted, load_prompt(wanted.prompt, tmp_path))


def test_settings_that_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="'answer: label' writes nothing, so it cannot reason first"):
        settings(reasoning="before")
    with pytest.raises(ValueError, match="'answer: head' gives topics only"):
        settings(answer="head", subtopics=True)


@pytest.mark.parametrize(
    ("prompt", "answer", "own", "wanted"),
    [("v2", "json", None, None), ("v3", "json", None, "before"), ("v3", "label", "after", "after")],
)
def test_where_the_reasoning_stands(
    prompt: str, answer: str, own: str | None, wanted: str | None, tmp_path: Path
) -> None:
    chosen = settings(prompt=prompt, answer=answer, reasoning=own)
    assert reasoning_of(chosen, load_prompt(prompt, tmp_path)) == wanted


def test_a_digest_follows_values_and_not_their_order() -> None:
    assert digest({"a": 1, "b": "é"}) == digest({"b": "é", "a": 1}) != digest({"a": 1, "b": "e"})
