"""Rows side by side in one sequence."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from topicsmith.classifiers.causal.base_model import load_base  # noqa: E402  # torch comes first
from topicsmith.classifiers.causal.lora import RECIPES, add_adapters  # noqa: E402
from topicsmith.classifiers.causal.packing import SHARED, SharedPrompt, check_packing, join, pack, visible  # noqa: E402
from topicsmith.errors import ModelFolderError  # noqa: E402


def test_a_row_sees_the_shared_prompt_and_its_own_past() -> None:
    both = join(pack([[7, 8]], first_owner=SHARED), pack([[1, 2], [3]], first_position=2))
    assert both.positions.tolist() == [0, 1, 2, 3, 2]
    assert visible(both, both).astype(int).tolist() == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 1, 0, 0, 1],
    ]


def test_a_tree_keeps_its_branches_apart() -> None:
    row = pack([[1, 2, 3]])
    nodes = row.__class__(row.tokens, np.array([0, 1, 1]), row.owners, np.array([0, 1, 2]))
    tree = np.array([[True, False, False], [True, True, False], [True, False, True]])
    assert visible(nodes, nodes, tree).astype(int).tolist() == [[1, 0, 0], [1, 1, 0], [1, 0, 1]]


def test_the_kept_prompt_gives_the_logits_of_the_whole_sequence(tiny_causal_base: Path) -> None:
    model = load_base(str(tiny_causal_base)).eval()
    prefix, rows = list(range(20, 320)), [[5, 6, 7], [8, 9], [10, 11, 12, 13]]
    prompt = SharedPrompt(model, prefix)
    for _ in range(2):  # the second time over a rewound buffer
        prompt.forget_rows()
        found = prompt.read(pack(rows, len(prefix)), [2, 4, 8])
        with torch.inference_mode():
            alone = torch.stack([model(input_ids=torch.tensor([[*prefix, *row]])).logits[0, -1] for row in rows])
        assert torch.allclose(found, alone, atol=1e-3)


def test_a_row_may_end_where_learnt_positions_end() -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(2)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=40, n_embd=16, n_layer=2, n_head=2)).eval()
    prefix, row = list(range(1, 21)), list(range(20, 40))  # 20 and 20: what is filled up to 32 tokens has no places
    found = SharedPrompt(model, prefix).read(pack([row], len(prefix)), [19])
    with torch.inference_mode():
        alone = model(input_ids=torch.tensor([[*prefix, *row]])).logits[0, -1]
    assert torch.allclose(found[0], alone, atol=1e-4)


@pytest.mark.parametrize("bias", [False, True])
def test_logits_of_some_tokens_are_those_of_the_whole_vocabulary(tiny_causal_base: Path, bias: bool) -> None:
    model = load_base(str(tiny_causal_base)).eval()
    whole = model.get_output_embeddings()
    if bias:
        whole.bias = torch.nn.Parameter(torch.randn(whole.out_features))
    prompt = SharedPrompt(model, list(range(20, 60)))
    rows = pack([[5, 6, 7], [8, 9]], 40)
    everything = prompt.read(rows, [2, 4])
    for tokens in ([3, 99, 250], [7]):  # another choice of tokens, another layer
        prompt.forget_rows()
        some = prompt.read_for(tokens, rows, [2, 4])
        assert some.shape == (2, len(tokens))
        assert torch.allclose(some, everything[:, tokens], atol=1e-5)
        assert model.get_output_embeddings() is whole


@pytest.mark.filterwarnings("ignore:Model has .tie_word_embeddings=True:UserWarning")  # peft, of this very case
def test_an_output_layer_with_adapters_is_asked_whole(tiny_causal_base: Path) -> None:
    recipe = replace(RECIPES["standard"], rank=2, targets=("lm_head", "q_proj"))
    model = add_adapters(load_base(str(tiny_causal_base)), recipe, gradient_checkpointing=False).eval()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    prompt = SharedPrompt(model, list(range(20, 60)))
    rows = pack([[5, 6, 7]], 40)
    everything = prompt.read(rows, [2])
    prompt.forget_rows()
    assert torch.equal(prompt.read_for([3, 99], rows, [2]), everything[:, [3, 99]])


def test_an_architecture_that_mixes_rows_is_refused(tiny_causal_base: Path) -> None:
    model = load_base(str(tiny_causal_base)).eval()
    check_packing(model, "tiny")
    forward = model.forward

    def blind(*args: Any, **options: Any) -> Any:
        options["attention_mask"] = None
        options["position_ids"] = None
        return forward(*args, **options)

    model.forward = blind
    with pytest.raises(
        ModelFolderError, match=r"\(qwen3\) answers texts in a batch differently from the same texts alone"
    ):
        check_packing(model, "tiny")


@pytest.mark.parametrize("changed", [{}, {"new_decoder_architecture": True}, {"multi_query": False}])
def test_training_k14_falcon_with_alibi_is_refused_in_one_line(changed: dict[str, Any]) -> None:
    from transformers import FalconConfig, FalconForCausalLM

    config = FalconConfig(
        vocab_size=50, hidden_size=32, num_hidden_layers=1, num_attention_heads=4, alibi=True, **changed
    )  # fmt: skip
    with pytest.raises(
        ModelFolderError, match=r"^base: .*architecture \(falcon\).*choose a model with plain attention"
    ):
        check_packing(FalconForCausalLM(config).eval(), "base")
