import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.encoder.fit import fit_encoder, make_recipe, training_rows
from topicsmith.classifiers.encoder.sentence_encoder import SentenceEncoder
from topicsmith.classifiers.encoder.settings import EncoderSettings
from topicsmith.classifiers.encoder.tokenization import TextEncoder, load_tokenizer
from topicsmith.classifiers.training_targets import Targets
from topicsmith.errors import ModelFolderError, ProjectError

TARGETS = Targets(("a", "b"), ["soup", "song", "drum " * 20], np.array([0, 1, 1]), np.array([3, 1, 2]))


def _settings(**more: object) -> EncoderSettings:
    return EncoderSettings.model_validate({"name": "s", "kind": "encoder", **more})


def test_rates_follow_the_width_of_the_model() -> None:
    assert make_recipe(_settings(), 768, "fp32", 1).learning_rate == 5e-5
    small = make_recipe(_settings(), 384, "fp32", 1)
    assert small.learning_rate == 2e-4
    assert small.head_learning_rate == pytest.approx(2e-3)
    given = make_recipe(_settings(learning_rate=1e-5, head_learning_rate=1e-4), 384, "fp32", 1)
    assert (given.learning_rate, given.head_learning_rate) == (1e-5, 1e-4)


def test_the_three_weightings(tiny: Path) -> None:
    encoder = TextEncoder(load_tokenizer(str(tiny)), 12, "windows")  # the third text needs 20 tokens: 3 windows of 10
    copies = training_rows(encoder, TARGETS, "copies")
    assert copies.order.tolist() == [0, 0, 0, 1, 2, 2, 3, 3, 4, 4][: len(copies.order)]
    assert copies.piece_weights[:2].tolist() == [1.0, 1.0]
    pieces = len(copies.encoded.pieces) - 2
    assert copies.piece_weights[2:].tolist() == pytest.approx([1 / pieces] * pieces)
    loss = training_rows(encoder, TARGETS, "loss")
    assert loss.order.tolist() == list(range(2 + pieces))
    assert loss.weights.tolist() == [3.0, 1.0, 2.0]
    # 3 rows, 2 topics: the single row of a weighs 3 / (2 × 1), each row of b 3 / (2 × 2)
    assert training_rows(encoder, TARGETS, "balanced").weights.tolist() == [1.5, 0.75, 0.75]
    scaled = replace(TARGETS, scale=np.array([0.5, 1.0, 2.0]))
    assert training_rows(encoder, scaled, "copies").weights.tolist() == [0.5, 1.0, 2.0]
    assert training_rows(encoder, scaled, "loss").weights.tolist() == (TARGETS.copies * [0.5, 1.0, 2.0]).tolist()


def test_more_tokens_than_the_model_reads(tiny: Path, context: FitContext) -> None:
    with pytest.raises(ProjectError, match="'max_tokens: 65' is more than the 64 tokens"):
        fit_encoder(_settings(model=str(tiny), max_tokens=65), TARGETS, TARGETS, context)


def test_notes_count_the_texts_beyond(tiny: Path, context: FitContext) -> None:
    settings = _settings(model=str(tiny), max_tokens=12, epochs=1, freeze="word_embeddings", device="cpu")
    _, encoder, notes = fit_encoder(settings, TARGETS, TARGETS, context)
    assert encoder.max_tokens == 12
    assert notes["training texts beyond max tokens"] == 1
    assert notes["best epoch"] == 1


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("tokenizer_config.json", {"model_max_length": "64"}),
        ("tokenizer_config.json", {"model_max_length": None}),
        ("config.json", {"max_position_embeddings": [64]}),
        ("config.json", {"hidden_size": 1e300}),
        ("config.json", {"num_attention_heads": 0}),
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": 1, "x": "[" * 10}),
        ("1_Pooling/config.json", []),
    ],
)
def test_a_base_with_values_of_another_kind_is_used_or_refused_in_one_line(
    name: str, change: object, tiny: Path, tmp_path: Path, context: FitContext
) -> None:
    base = tmp_path / "base"
    shutil.copytree(tiny, base)
    (base / "1_Pooling").mkdir(exist_ok=True)
    before = json.loads((base / name).read_text()) if (base / name).exists() else {}
    (base / name).write_text(json.dumps({**before, **change} if isinstance(change, dict) else change))
    for kind in ("encoder", "embedding"):
        try:
            if kind == "encoder":
                fit_encoder(_settings(model=str(base), epochs=1, device="cpu"), TARGETS, TARGETS, context)
            else:
                SentenceEncoder(str(base))
        except ModelFolderError as refused:
            if "\n" in str(refused) or "base" not in str(refused):
                raise


def test_a_length_that_is_no_number_names_the_model(tiny: Path, tmp_path: Path, context: FitContext) -> None:
    base = tmp_path / "base"
    shutil.copytree(tiny, base)
    document = json.loads((base / "tokenizer_config.json").read_text())
    (base / "tokenizer_config.json").write_text(json.dumps({**document, "model_max_length": "64"}))
    with pytest.raises(ModelFolderError, match=r"base.*: cannot be used \(TypeError.*choose another base model"):
        fit_encoder(_settings(model=str(base)), TARGETS, TARGETS, context)
    with pytest.raises(ModelFolderError, match=r"base.*: cannot be used \(TypeError.*choose another base model"):
        SentenceEncoder(str(base))


@pytest.mark.filterwarnings("error")
def test_a_tokenizer_that_makes_no_tokens_is_refused_without_a_warning(
    tiny: Path, tmp_path: Path, context: FitContext
) -> None:
    base = tmp_path / "base"
    shutil.copytree(tiny, base)
    document = json.loads((base / "tokenizer.json").read_text())
    document["normalizer"] = {"type": "Replace", "pattern": {"Regex": "."}, "content": ""}
    (base / "tokenizer.json").write_text(json.dumps(document))
    with pytest.raises(ModelFolderError, match="tokenizer"):
        fit_encoder(_settings(model=str(base), device="cpu"), TARGETS, TARGETS, context)
