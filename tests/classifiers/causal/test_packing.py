"""Rows side by side in one sequence."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from topicsmith.classifiers.causal.base_model import context_length, load_base  # noqa: E402  # torch comes first
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


def test_an_output_layer_with_adapters_is_asked_whole(tiny_causal_base: Path) -> None:
    recipe = replace(RECIPES["standard"], rank=2, targets=("lm_head", "q_proj"))
    base = load_base(str(tiny_causal_base))
    base.config.tie_word_embeddings = False
    base.lm_head.weight = torch.nn.Parameter(base.lm_head.weight.detach().clone())
    model = add_adapters(base, recipe, gradient_checkpointing=False).eval()
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
    with pytest.raises(ModelFolderError, match=r"\(qwen3\) answers the one of 7 otherwise alone than when trained"):
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


SIZES = {"vocab_size": 200, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
MORE = {"intermediate_size": 64, "max_position_embeddings": 512, "num_key_value_heads": 2, "pad_token_id": 0}


def made(architecture: str, **config: Any) -> Any:
    import transformers

    chosen = getattr(transformers, f"{architecture}Config")(**{**SIZES, **config})
    torch.manual_seed(3)
    found = getattr(transformers, f"{architecture.removesuffix('Text')}ForCausalLM")
    return found._from_config(chosen, attn_implementation="sdpa").eval()


WINDOWS = {"Mistral": {}, "Phi3": {}, "Starcoder2": {}, "Mixtral": {"num_local_experts": 2}}


@pytest.mark.slow
@pytest.mark.parametrize("architecture", WINDOWS)
def test_training_k07_a_window_shortens_the_context(architecture: str) -> None:
    model = made(architecture, **MORE, **WINDOWS[architecture], sliding_window=64)
    assert context_length(model) == 64
    check_packing(model, "base", 64)
    with pytest.raises(ModelFolderError, match=r"answers the one of 315 otherwise alone than when trained beside"):
        check_packing(model, "base", 512)  # what is read beyond the window would be another answer


@pytest.mark.parametrize(
    ("architecture", "config", "length"),
    [
        ("Qwen2", {"use_sliding_window": False, "sliding_window": 64}, 512),
        ("Qwen2", {"use_sliding_window": True, "sliding_window": 64, "max_window_layers": 1}, 64),
        ("Gemma3Text", {"sliding_window": 64, "head_dim": 8}, 64),
        ("Mistral", {"sliding_window": None}, 512),
    ],
)
def test_training_k07_only_a_window_in_use_counts(architecture: str, config: dict[str, Any], length: int) -> None:
    assert context_length(made(architecture, **MORE, **config)) == length


def test_training_k14_distances_counted_by_place_in_the_batch_are_refused() -> None:
    from transformers import MptConfig, MptForCausalLM

    model = MptForCausalLM(MptConfig(vocab_size=200, d_model=32, n_layers=2, n_heads=4, max_seq_len=2048)).eval()
    with pytest.raises(ModelFolderError, match=r"architecture \(mpt\) answers the one of \d+ otherwise alone"):
        check_packing(model, "base", 128)


def test_training_k14_a_table_of_the_contexts_size_is_too_small_for_a_pack(tmp_path: Path) -> None:
    from transformers import GPTNeoConfig, GPTNeoForCausalLM

    sizes = {"vocab_size": 200, "hidden_size": 32, "num_layers": 1, "num_heads": 4, "max_position_embeddings": 64}
    kinds = [[["global"], 1]]
    GPTNeoForCausalLM(GPTNeoConfig(**sizes, attention_types=kinds)).save_pretrained(tmp_path)
    with pytest.raises(ModelFolderError, match=r"architecture \(gpt_neo\) cannot be run so"):
        check_packing(load_base(str(tmp_path)).eval(), "base", 64)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["GPTJ", "CodeGen"])
def test_an_architecture_that_tells_every_tokens_logits_is_packed_as_well(architecture: str, tmp_path: Path) -> None:
    import transformers

    sizes = {"vocab_size": 200, "n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4, "n_positions": 128}
    torch.manual_seed(3)
    config = getattr(transformers, f"{architecture}Config")(**sizes)
    getattr(transformers, f"{architecture}ForCausalLM")(config).save_pretrained(tmp_path)
    check_packing(load_base(str(tmp_path)).eval(), "base", 128)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["Gemma2", "GptOss"])
def test_attention_of_a_models_own_is_packed_as_well(architecture: str, tmp_path: Path) -> None:
    import transformers

    config = getattr(transformers, f"{architecture}Config")(**SIZES, **MORE, head_dim=8, sliding_window=128)
    torch.manual_seed(3)
    getattr(transformers, f"{architecture}ForCausalLM")(config).save_pretrained(tmp_path)
    model = load_base(str(tmp_path)).eval()
    assert model.config._attn_implementation == "eager"
    check_packing(model, "base", context_length(model))
