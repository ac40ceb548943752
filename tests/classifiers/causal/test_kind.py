"""The causal kind from settings to predictions, in every way of answering."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from topicsmith.classifiers.base import FitContext, FittedModel
from topicsmith.classifiers.causal.kind import KIND, usable_rows
from topicsmith.classifiers.causal.settings import CausalSettings
from topicsmith.classifiers.model_folder import load_classifier, save_classifier
from topicsmith.errors import ProjectError, TaxonomyError, TrainingError
from topicsmith.llm.prompts import load_prompt
from topicsmith.records import Example, TrainSet, ValidationSet

Context = Callable[..., FitContext]


def settings(base: Path, **own: object) -> CausalSettings:
    return CausalSettings.model_validate(
        {"name": "tiny", "kind": "causal", "model": str(base), "epochs": 1, "batch_size": 10, **own}
    )


@pytest.fixture
def fitted(
    tiny_causal_base: Path, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> FittedModel:
    own = settings(tiny_causal_base, learning_rate=1e-3, epochs=2)
    return KIND.fit(own, train_set, validation_set, context)


@pytest.mark.slow
def test_label_is_right_and_what_constrained_json_writes(
    fitted: FittedModel, unseen: tuple[Example, ...], context: FitContext, tmp_path: Path
) -> None:
    from topicsmith.classifiers.causal.model import CausalClassifier

    texts = [row.text for row in unseen]
    by_label = fitted.predict(texts)
    assert sum(item.topic == row.topic for item, row in zip(by_label, unseen, strict=True)) >= 22
    assert by_label.probabilities is not None
    assert by_label.probabilities.sum(axis=1) == pytest.approx([1.0] * len(texts))
    assert isinstance(fitted, CausalClassifier)
    writing = CausalClassifier(fitted._model, replace(fitted.rendering, answer="json"), "base")
    by_json = writing.predict(texts)
    assert by_json.topics == by_label.topics
    assert by_json.confidences == pytest.approx(by_label.confidences, abs=1e-4)
    assert all((item.output_tokens or 0) > 1 for item in by_json)


@pytest.mark.slow
def test_a_text_is_answered_the_same_alone_and_among_others(fitted: FittedModel, unseen: tuple[Example, ...]) -> None:
    texts = [row.text for row in unseen]
    together = fitted.predict(texts).probabilities
    assert together is not None
    for i in (0, 7, 29):
        alone = fitted.predict([texts[i]]).probabilities
        assert alone is not None
        assert together[i] == pytest.approx(alone[0], abs=1e-5)


@pytest.mark.slow
def test_saved_and_loaded_alone_merged_and_as_adapters_it_answers_the_same(
    fitted: FittedModel, unseen: tuple[Example, ...], tmp_path: Path
) -> None:
    from topicsmith.classifiers.causal.model import CausalClassifier

    texts = [row.text for row in unseen]
    assert isinstance(fitted, CausalClassifier)
    before = fitted.predict(texts).probabilities
    fitted.adapters_only()
    save_classifier(fitted, "causal", tmp_path / "adapters", "# card\n", {})
    assert not list((tmp_path / "adapters").glob("*.safetensors"))
    fitted._save_merged = True
    save_classifier(fitted, "causal", tmp_path / "merged", "# card\n", {})
    for folder in ("adapters", "merged"):
        after = load_classifier(tmp_path / folder).predict(texts).probabilities
        assert after == pytest.approx(before, abs=1e-4)
    assert fitted.predict(texts).probabilities == pytest.approx(before, abs=1e-4)


def test_only_adapter_weights_change(
    tiny_causal_base: Path, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    import torch
    from safetensors.torch import load_file

    from topicsmith.classifiers.causal.model import CausalClassifier

    original = load_file(tiny_causal_base / "model.safetensors")
    fitted = KIND.fit(settings(tiny_causal_base, learning_rate=1e-2), train_set, validation_set, context)
    assert isinstance(fitted, CausalClassifier)
    inner = "base_model.model."
    found = {name.replace(".base_layer", ""): value for name, value in fitted._model.state_dict().items()}
    for name, weights in original.items():
        assert torch.equal(found[inner + name], weights), name
    moved = [name for name, value in found.items() if "lora_B" in name and bool(value.abs().max() > 0)]
    assert moved


@pytest.mark.slow
@pytest.mark.parametrize(
    ("own", "has_probabilities"),
    [
        ({"answer": "json", "prompt": "v1"}, False),
        ({"answer": "json", "prompt": "v3", "max_reasoning_tokens": 8}, False),
        ({"answer": "json", "prompt": "v3", "reasoning": "after"}, False),
        ({"answer": "label", "prompt": "v3", "reasoning": "after"}, True),
        ({"answer": "head", "learning_rate": 1e-2}, True),
    ],
)
def test_every_prompt_and_way_of_answering_trains_saves_and_answers_with_a_topic(
    own: dict[str, object],
    has_probabilities: bool,
    tiny_causal_base: Path,
    train_set: TrainSet,
    validation_set: ValidationSet,
    unseen: tuple[Example, ...],
    context: FitContext,
    tmp_path: Path,
) -> None:
    reasoned = TrainSet(tuple(replace(row, reasoning=f"It is about {row.topic}.") for row in train_set))
    fitted = KIND.fit(settings(tiny_causal_base, **own), reasoned, validation_set, context)
    save_classifier(fitted, "causal", tmp_path / "model", "# card\n", {})
    found = load_classifier(tmp_path / "model").predict([row.text for row in unseen])
    assert set(found.topics) <= set(fitted.topics)
    assert found.topics == fitted.predict([row.text for row in unseen]).topics
    assert (found.probabilities is not None) == has_probabilities


def test_reasoning_after_needs_no_more_tokens_than_none(tiny_causal_base: Path, context: FitContext) -> None:
    from topicsmith.classifiers.causal.answer_format import AnswerForm, answer_trie
    from topicsmith.classifiers.causal.answer_trie import Node
    from topicsmith.classifiers.causal.base_model import load_tokenizer
    from topicsmith.classifiers.causal.chat_template import ChatLayout

    def depths(node: Node, depth: int = 0) -> dict[int, int]:
        if node.answer is not None:
            return {node.answer: depth}
        return {a: d for child in node.children.values() for a, d in depths(child, depth + 1).items()}

    layout = ChatLayout(load_tokenizer(str(tiny_causal_base)))
    plain = depths(answer_trie(layout, AnswerForm(load_prompt("v2", context.work), context.taxonomy, False, None)))
    after = depths(answer_trie(layout, AnswerForm(load_prompt("v3", context.work), context.taxonomy, False, "after")))
    assert set(plain) == set(after) == {0, 1, 2}
    assert all(after[answer] <= plain[answer] for answer in plain)


def test_bad_rows(tiny_causal_base: Path, train_set: TrainSet, context: FitContext) -> None:
    none = ValidationSet(())
    one_topic = TrainSet(tuple(row for row in train_set if row.topic == "Music"))
    with pytest.raises(TrainingError, match="1 of 3 topics have training rows, at least 2 are needed"):
        KIND.fit(settings(tiny_causal_base), one_topic, none, context)
    strange = TrainSet((*train_set.examples, Example("x", "text", "Sport")))
    with pytest.raises(TaxonomyError, match="have the topic 'Sport', which is not in the taxonomy"):
        KIND.fit(settings(tiny_causal_base), strange, none, context)
    with pytest.raises(ProjectError, match="is to learn reasoning, but no training row has any"):
        KIND.fit(settings(tiny_causal_base, prompt="v3", answer="json"), train_set, none, context)


def test_a_taxonomy_too_long_for_the_context(tiny_causal_base: Path, train_set: TrainSet, context: FitContext) -> None:
    with pytest.raises(ProjectError, match=r"too long for the 100 that .*; shorten descriptions"):
        KIND.fit(settings(tiny_causal_base, max_tokens=100), train_set, ValidationSet(()), context)


def test_targets_that_name_no_module(tiny_causal_base: Path, train_set: TrainSet, context: FitContext) -> None:
    with pytest.raises(ProjectError, match="fits no module of the model"):
        KIND.fit(settings(tiny_causal_base, targets=["nothing"]), train_set, ValidationSet(()), context)


def test_weighted_rows_are_refused_with_the_cure(context: FitContext) -> None:
    rows = TrainSet((Example("0", "x", "Music", weight=0.5), Example("1", "y", "Cooking")))
    with pytest.raises(ProjectError, match="'tiny' learns from whole rows; write 'method: copies' under 'balance'"):
        usable_rows(rows, None, "tiny", context)
