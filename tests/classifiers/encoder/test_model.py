from pathlib import Path
from typing import Any

import pytest
import torch

from topicsmith.classifiers.encoder.model import (
    Pooling,
    longest_input,
    mean_states,
    new_model,
    pooling_of,
    read_model_config,
    saved_model,
)  # fmt: skip
from topicsmith.classifiers.encoder.tokenization import load_tokenizer
from topicsmith.classifiers.torch_common.hub import find_model
from topicsmith.errors import ModelFolderError, ProjectError

IDS = torch.tensor([[2, 40, 41, 3], [2, 42, 3, 0]])
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])


def test_the_mean_by_hand() -> None:
    hidden = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [100.0, 100.0]]])
    assert mean_states(hidden, torch.tensor([[1, 1, 0]])).tolist() == [[2.0, 3.0]]


@pytest.mark.parametrize("pooling", ["model", "layer", "mean"])
def test_saved_and_loaded_gives_the_same_logits(tiny: Path, tmp_path: Path, pooling: Pooling) -> None:
    model = new_model(str(tiny), ["a", "b", "c"], pooling, 0.1).eval()
    model.save(tmp_path, tmp_path / "head.safetensors")
    again = saved_model(tmp_path, pooling, 3, tmp_path / "head.safetensors")
    assert torch.equal(model(IDS, MASK), again(IDS, MASK))
    named = {0: "a", 1: "b", 2: "c"} if pooling != "mean" else {0: "LABEL_0", 1: "LABEL_1"}
    assert read_model_config(str(tmp_path)).id2label == named
    assert not [path for path in tmp_path.iterdir() if path.suffix not in {".json", ".safetensors"}]


def test_padding_changes_nothing(tiny: Path) -> None:
    model = new_model(str(tiny), ["a", "b"], "mean", 0.1).eval()
    alone = model(IDS[1:, :3], MASK[1:, :3])
    assert torch.allclose(model(IDS, MASK)[1:], alone, atol=1e-6)


@pytest.mark.parametrize("pooling", ["model", "layer"])
def test_a_head_of_the_model_loads_with_transformers_alone(tiny: Path, tmp_path: Path, pooling: Pooling) -> None:
    from transformers import AutoModelForSequenceClassification

    model = new_model(str(tiny), ["a", "b"], pooling, 0.1).eval()
    model.save(tmp_path, tmp_path / "none")
    plain = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    assert torch.equal(plain(input_ids=IDS, attention_mask=MASK).logits, model(IDS, MASK))


def test_depths_run_from_the_head_down(tiny: Path) -> None:
    for pooling, head in (("mean", "head.weight"), ("model", "network.classifier.weight")):
        model = new_model(str(tiny), ["a", "b"], pooling, 0.1)  # type: ignore[arg-type]  # a literal by its list
        prefix = "network.bert." if pooling == "model" else "network."
        assert model.depth_of(head) == 0
        assert model.depth_of(f"{prefix}encoder.layer.1.output.dense.weight") == 1
        assert model.depth_of(f"{prefix}encoder.layer.0.output.dense.weight") == 2
        assert model.depth_of(f"{prefix}embeddings.word_embeddings.weight") == 3


def test_sentence_encoders_are_pooled_as_they_were_trained(tiny: Path) -> None:
    assert pooling_of(find_model("minilm", Path())) == "layer"
    assert pooling_of(str(tiny)) == "model"
    assert pooling_of("google-bert/bert-base-uncased") == "model"


def test_the_longest_input_is_what_model_and_tokenizer_say(tiny: Path) -> None:
    tokenizer = load_tokenizer(str(tiny))
    assert longest_input(read_model_config(str(tiny)), tokenizer) == 64
    tokenizer.model_max_length = 32
    assert longest_input(read_model_config(str(tiny)), tokenizer) == 32


def test_a_damaged_head_is_named(tiny: Path, tmp_path: Path) -> None:
    new_model(str(tiny), ["a", "b"], "mean", 0.1).save(tmp_path, tmp_path / "head.safetensors")
    (tmp_path / "head.safetensors").write_bytes(b"x")
    with pytest.raises(ModelFolderError, match=r"head\.safetensors: cannot be read"):
        saved_model(tmp_path, "mean", 2, tmp_path / "head.safetensors")


@pytest.mark.parametrize("pooling", ["model", "mean"])
def test_frozen_layers_learn_nothing_and_drop_nothing(tiny: Path, pooling: Pooling) -> None:
    model = new_model(str(tiny), ["a", "b"], pooling, 0.0)
    model.freeze(1)
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    assert frozen
    assert all("embeddings" in name or "layer.0." in name for name in frozen)
    assert all(name in frozen for name, _ in model.named_parameters() if "embeddings" in name or "layer.0." in name)
    model.train()
    assert {module.training for name, module in model.named_modules() if "layer.0" in name} == {False}
    assert {module.training for name, module in model.named_modules() if "layer.1" in name} == {True}
    assert not any(module.training for module in model.eval().modules())
    model.freeze(2)
    learnt = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert learnt
    assert all(name.startswith(("head.", "network.classifier.")) or "pooler" in name for name in learnt)


def test_word_embeddings_can_be_kept_alone(tiny: Path) -> None:
    model = new_model(str(tiny), ["a", "b"], "mean", 0.1)
    model.freeze("none")
    assert all(parameter.requires_grad for parameter in model.parameters())
    model.freeze("word_embeddings")
    kept = [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
    assert kept == ["network.embeddings.word_embeddings.weight"]
    embeddings: Any = model.train().network.embeddings
    assert embeddings.dropout.training


def test_more_layers_than_there_are_cannot_be_kept(tiny: Path) -> None:
    with pytest.raises(ProjectError, match="'freeze: 3' is more than the 2 layers of the encoder; lower it"):
        new_model(str(tiny), ["a", "b"], "mean", 0.1).freeze(3)
