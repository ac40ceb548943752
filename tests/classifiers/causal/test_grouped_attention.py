"""Grouped attention against transformers' own."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from transformers.integrations.sdpa_attention import sdpa_attention_forward  # noqa: E402  # torch comes first

from topicsmith.classifiers.causal.base_model import load_base  # noqa: E402
from topicsmith.classifiers.causal.grouped_attention import grouped_attention  # noqa: E402


@pytest.mark.parametrize(("heads", "groups", "queries"), [(6, 2, 5), (4, 1, 3), (4, 4, 3), (4, 2, 1)])
def test_the_results_are_those_of_repeated_keys(heads: int, groups: int, queries: int) -> None:
    torch.manual_seed(5)
    query = torch.randn(2, heads, queries, 8)
    key, value = torch.randn(2, groups, 9, 8), torch.randn(2, groups, 9, 4 if heads != groups else 8)
    mask = torch.rand(2, 1, queries, 9) < 0.6
    mask[..., 0] = True
    module = SimpleNamespace(num_key_value_groups=heads // groups, is_causal=True)
    wanted = sdpa_attention_forward(module, query, key, value, mask, scaling=0.3)[0]
    found = grouped_attention(module, query, key, value, mask, scaling=0.3)[0]
    assert found.shape == (2, queries, heads, value.shape[-1])
    assert torch.allclose(found, wanted, atol=1e-6)


def test_training_keeps_no_mask_of_a_group() -> None:
    torch.manual_seed(6)
    module, mask = SimpleNamespace(num_key_value_groups=2, is_causal=True), torch.ones(1, 1, 3, 3).tril().bool()
    query, key, value = (torch.randn(1, heads, 3, 8, requires_grad=True) for heads in (4, 2, 2))
    kept: list[tuple[int, ...]] = []

    def keep(tensor: Any) -> Any:
        kept.append(tuple(tensor.shape))
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        grouped_attention(module, query, key, value, mask)
    assert (1, 1, 6, 3) not in kept
    assert any(shape[-2:] == (3, 3) for shape in kept)


def test_what_it_does_not_know_goes_to_transformers() -> None:
    query, key = torch.randn(1, 4, 3, 8), torch.randn(1, 2, 3, 8)
    module = SimpleNamespace(num_key_value_groups=2, is_causal=True)
    mask = torch.ones(1, 1, 3, 3).tril().bool()
    bias = torch.randn(1, 4, 3, 3)
    wanted = sdpa_attention_forward(module, query, key, key, mask, position_bias=bias)[0]
    assert torch.equal(grouped_attention(module, query, key, key, mask, position_bias=bias)[0], wanted)
    assert torch.equal(
        grouped_attention(module, query, key, key, None)[0], sdpa_attention_forward(module, query, key, key, None)[0]
    )
    with pytest.raises(ValueError, match="softcap"):
        grouped_attention(module, query, key, key, mask, softcap=5.0)


def test_loaded_models_use_it_and_do_not_write_it_down(tiny_causal_base: Path, tmp_path: Path) -> None:
    model = load_base(str(tiny_causal_base))
    assert model.config._attn_implementation == "topicsmith_grouped"
    model.save_pretrained(tmp_path)
    assert "topicsmith_grouped" not in (tmp_path / "config.json").read_text()
