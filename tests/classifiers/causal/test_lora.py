"""Recipes, and adapters that come back as they were."""

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from topicsmith.classifiers.causal.base_model import load_base  # noqa: E402  # torch comes first
from topicsmith.classifiers.causal.lora import RECIPES, add_adapters, load_adapters, merged, save_adapters  # noqa: E402
from topicsmith.errors import ModelFolderError, ProjectError  # noqa: E402


def test_the_experiments_recipe_is_the_published_one() -> None:
    own = RECIPES["experiment"]
    assert (own.rank, own.alpha, own.learning_rate) == (16, 8, 2e-4)


def test_saved_loaded_and_merged_give_the_same_logits(tiny_causal_base: Path, tmp_path: Path) -> None:
    ids = torch.tensor([[5, 6, 7, 8]])
    model = add_adapters(load_base(str(tiny_causal_base)), RECIPES["standard"], gradient_checkpointing=False).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.05)
        before = model(input_ids=ids).logits
        plain = load_base(str(tiny_causal_base))(input_ids=ids).logits
        assert not torch.allclose(before, plain, atol=1e-2)
        save_adapters(model, tmp_path / "adapters", "base")
        again = load_adapters(load_base(str(tiny_causal_base)), tmp_path / "adapters").eval()
        assert torch.allclose(again(input_ids=ids).logits, before, atol=1e-5)
        assert torch.allclose(merged(model)(input_ids=ids).logits, before, atol=1e-3)
    assert {path.suffix for path in (tmp_path / "adapters").iterdir()} == {".json", ".safetensors"}


def test_no_adapters_in_the_folder(tiny_causal_base: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"has no adapter_model.safetensors; train the candidate again"):
        load_adapters(load_base(str(tiny_causal_base)), tmp_path)


@pytest.mark.parametrize(
    ("targets", "named", "other"),
    [
        (("q_proj", "lm_head"), "lm_head", "model.embed_tokens"),
        (("q_proj", "embed_tokens"), "model.embed_tokens", "lm_head"),
        ("q_proj|.*lm_head", "lm_head", "model.embed_tokens"),
    ],
)
@pytest.mark.filterwarnings("ignore:Model has .tie_word_embeddings=True:UserWarning")  # peft, of this very case
def test_training_k01_an_adapter_on_tied_weights_is_refused(
    tiny_causal_base: Path, targets: str | tuple[str, ...], named: str, other: str
) -> None:
    recipe = replace(RECIPES["standard"], targets=targets)
    with pytest.raises(
        ProjectError, match=rf"names '{named}', whose weights are also those of '{other}'.*leave it out"
    ):
        add_adapters(load_base(str(tiny_causal_base)), recipe, gradient_checkpointing=False)


def test_training_k01_two_layers_of_one_matrix_are_refused_whatever_the_configuration_says(
    tiny_causal_base: Path,
) -> None:
    base = load_base(str(tiny_causal_base))
    base.model.layers[1].self_attn.q_proj.weight = base.model.layers[0].self_attn.q_proj.weight
    with pytest.raises(ProjectError, match=r"are also those of 'model.layers.1.self_attn.q_proj'"):
        add_adapters(base, replace(RECIPES["standard"], targets=("q_proj",)), gradient_checkpointing=False)
