"""Shorter ways give what the model gives without them."""

from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from transformers import AutoConfig, AutoModelForCausalLM  # noqa: E402  # torch comes first

from topicsmith.classifiers.causal.lora import RECIPES, add_adapters  # noqa: E402
from topicsmith.classifiers.causal.packing import without_adapters  # noqa: E402
from topicsmith.classifiers.torch_common import cpu_shortcuts  # noqa: E402
from topicsmith.classifiers.torch_common.cpu_shortcuts import Shortcuts, weights_first  # noqa: E402

SMALL = {"vocab_size": 60, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "head_dim": 8, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}  # fmt: skip
OWN = {
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4},
    "qwen3_moe": {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16},
    "deepseek_v2": {"kv_lora_rank": 8, "q_lora_rank": 8, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 8,
                    "n_group": 1, "topk_group": 1, "n_routed_experts": 2, "num_experts_per_tok": 1,
                    "num_key_value_heads": 4, "moe_intermediate_size": 16},
}  # fmt: skip
ARCHITECTURES = ["qwen3", "qwen2", "llama", "mistral", "gemma", "gemma2", "phi3", "olmo2", "gpt2", "qwen3_moe"]


@pytest.fixture(autouse=True)
def _in_use() -> Iterator[None]:
    with torch.inference_mode():
        yield


def small(architecture: str) -> Any:
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(architecture, **(SMALL | OWN.get(architecture, {}))))
    for parameter in model.parameters():  # norms and biases that do something
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_logits_at_the_kept_tokens_are_those_of_the_whole_model(architecture: str) -> None:
    model, ids, keep = small(architecture), torch.arange(3, 24)[None], [20, 4, 11]
    wanted = model(ids, logits_to_keep=torch.tensor(keep)).logits
    with Shortcuts(model).taken(keep):
        found = model(ids, logits_to_keep=torch.tensor(keep)).logits
    assert torch.allclose(found, wanted, atol=1e-5 * float(wanted.abs().max()))
    assert not [part for part in model.modules() if "forward" in vars(part)]


def test_the_last_layer_is_computed_for_the_kept_tokens_alone() -> None:
    model, ids = small("qwen3"), torch.arange(3, 24)[None]
    shapes: dict[str, tuple[int, ...]] = {}
    for name, part in model.named_modules():
        if name.endswith(("act_fn", "k_proj")):
            part.register_forward_hook(lambda _, given, __, name=name: shapes.update({name: tuple(given[0].shape)}))
    with Shortcuts(model).taken([7, 20]):
        model(ids, logits_to_keep=torch.tensor([7, 20]))
    assert shapes == {
        "model.layers.0.self_attn.k_proj": (1, 21, 32),
        "model.layers.0.mlp.act_fn": (1, 21, 48),
        "model.layers.1.self_attn.k_proj": (1, 21, 32),
        "model.layers.1.mlp.act_fn": (1, 2, 48),
    }


def test_a_model_that_looks_at_the_order_in_memory_goes_its_own_way() -> None:
    model = small("deepseek_v2")  # its positions are turned as complex numbers, which lie side by side
    ids = torch.arange(3, 24)[None]
    wanted = model(ids).logits[0, -1]
    with Shortcuts(model).taken([20]):
        found = model(ids).logits[0, -1]
    assert torch.equal(found, wanted)


def test_ways_that_lead_elsewhere_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small("qwen3")
    ids = torch.arange(3, 24)[None]
    wanted = model(ids).logits[0, -1]
    monkeypatch.setattr(cpu_shortcuts, "weights_first", lambda layer, states: 1.1 * weights_first(layer, states))
    with Shortcuts(model).taken([20]):
        found = model(ids).logits[0, -1]
    assert torch.equal(found, wanted)


def test_adapters_stay_in_their_place() -> None:
    model = add_adapters(small("qwen3"), RECIPES["standard"], gradient_checkpointing=False).eval()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    ids = torch.arange(3, 24)[None]
    wanted = model(ids).logits[0, -1]
    with Shortcuts(without_adapters(model)).taken([20]):
        found = model(ids).logits[0, -1]
    assert torch.allclose(found, wanted, atol=1e-5 * float(wanted.abs().max()))


def test_a_rerouted_part_stays_so() -> None:
    model = small("qwen3")
    rerouted = model.model.layers[1].mlp
    rerouted.forward = torch.zeros_like
    with Shortcuts(model).taken([2]):
        assert rerouted.forward is torch.zeros_like
    assert rerouted.forward is torch.zeros_like


def test_after_a_failure_everything_is_as_before() -> None:
    model = small("qwen3")
    with pytest.raises(KeyError), Shortcuts(model).taken([0]):
        raise KeyError
    assert not [part for part in model.modules() if "forward" in vars(part)]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", [(1, 112, 24), (2, 3, 24), (5, 24), (24,)])
def test_the_products_are_those_of_torch(shape: tuple[int, ...], bias: bool) -> None:
    torch.manual_seed(4)
    layer, states = torch.nn.Linear(24, 10, bias=bias), torch.randn(shape)
    found = weights_first(layer, states)
    assert found.shape == (*shape[:-1], 10)
    assert torch.allclose(found, layer(states), atol=1e-6)


def test_a_product_by_hand() -> None:
    layer = torch.nn.Linear(2, 2)
    layer.weight.data, layer.bias.data = torch.tensor([[3.0, 4.0], [5.0, 6.0]]), torch.tensor([0.5, -1.0])
    found = weights_first(layer, torch.tensor([[1.0, 2.0]]))
    assert found.tolist() == [[11.5, 16.0]]  # 3 + 8 + .5 and 5 + 12 - 1
