"""Which tiny models ``benchmarks/architectures.py`` makes: an entry an architecture."""

from collections.abc import Mapping
from typing import Any

from benchmarks._tiny_models import POSITIONS, Made, TokenizerForm

_LAYERS = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
_BERT = {**_LAYERS, "intermediate_size": 64, "max_position_embeddings": 128}
_OFFSET = {**_BERT, "max_position_embeddings": 130}
_LLAMA = {**_LAYERS, "intermediate_size": 64, "num_key_value_heads": 2, "max_position_embeddings": POSITIONS}
_ROPED = {**_LAYERS, "intermediate_size": 64, "max_position_embeddings": POSITIONS}
_EXPERTS = {**_LLAMA, "moe_intermediate_size": 32, "num_experts": 4, "num_experts_per_tok": 2}
_GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": POSITIONS}
_FALCON = {**_LAYERS, "max_position_embeddings": POSITIONS, "new_decoder_architecture": False, "multi_query": True}
_DEEPSEEK = {
    **_LLAMA, "num_key_value_heads": 4, "moe_intermediate_size": 32, "n_routed_experts": 4, "num_experts_per_tok": 2,
    "n_group": 1, "topk_group": 1, "first_k_dense_replace": 1, "kv_lora_rank": 16, "q_lora_rank": 16,
    "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 8, "n_shared_experts": 1,
}  # fmt: skip


def _one(
    architecture: str, config: Mapping[str, Any], tokens: TokenizerForm = "bytes", name: str = "", **more: Any
) -> Made:
    return Made(name or architecture, architecture, config, tokens, **more)


CAUSAL: tuple[Made, ...] = (
    _one("gpt2", _GPT, pads=False, chat=False),
    _one("gpt_neox", _ROPED, chat=False),
    _one("gptj", {**_GPT, "rotary_dim": 4}, chat=False),
    _one("codegen", {**_GPT, "rotary_dim": 4}, chat=False),
    _one("gpt_bigcode", _GPT, chat=False),
    _one("opt", {**_LAYERS, "ffn_dim": 64, "word_embed_proj_dim": 32, "max_position_embeddings": POSITIONS}, frame="s"),
    _one("falcon", _FALCON),
    _one("phi", _ROPED),
    _one("phi3", {**_LLAMA, "original_max_position_embeddings": POSITIONS}, "pieces"),
    _one("llama", _LLAMA, "pieces", frame="s"),
    _one("mistral", {**_LLAMA, "sliding_window": None}, "pieces", frame="s"),
    _one("mixtral", {**_LLAMA, "num_local_experts": 4, "sliding_window": None}, "pieces", frame="s"),
    _one("qwen2", _LLAMA),
    _one("qwen2_moe", {**_EXPERTS, "shared_expert_intermediate_size": 32}),
    _one("qwen3", {**_LLAMA, "head_dim": 8, "tie_word_embeddings": True}),
    _one("qwen3_moe", {**_EXPERTS, "head_dim": 8}),
    _one("gemma", {**_LLAMA, "head_dim": 8}, "pieces", frame="s"),
    _one("gemma3_text", {**_LLAMA, "head_dim": 8, "sliding_window": POSITIONS}, "pieces", frame="s"),
    _one("stablelm", _LLAMA),
    _one("olmo", _LLAMA),
    _one("olmo2", _LLAMA),
    _one("cohere", _LLAMA, frame="s"),
    _one("granite", _LLAMA),
    _one("starcoder2", {**_LLAMA, "sliding_window": None}),
    _one("smollm3", _LLAMA),
    _one("glm", {**_LLAMA, "head_dim": 8}),
    _one("glm4", {**_LLAMA, "head_dim": 8}),
    _one("exaone4", {**_LLAMA, "sliding_window": None, "layer_types": ["full_attention"] * 2}),
    _one("nemotron", _LLAMA, "pieces"),
    _one("persimmon", _ROPED, "pieces"),
    _one("deepseek_v3", _DEEPSEEK),
    _one("biogpt", _ROPED, chat=False),
    _one("olmoe", {**_EXPERTS, "num_experts": 4}),
    _one("cohere2", {**_LLAMA, "sliding_window": POSITIONS}, frame="s"),
    _one("granitemoe", {**_LLAMA, "num_local_experts": 4, "num_experts_per_tok": 2}),
    _one("helium", {**_LLAMA, "head_dim": 8}, "pieces"),
    _one("ernie4_5", {**_LLAMA, "head_dim": 8}, "pieces"),
)
"""What REPORT names as right; each must stay so."""

OTHER_CAUSAL: tuple[Made, ...] = (
    _one("gemma2", {**_LLAMA, "head_dim": 8, "sliding_window": POSITIONS}, "pieces", frame="s"),
    _one("gpt_oss", {**_LLAMA, "head_dim": 8, "sliding_window": 200, "num_local_experts": 4, "num_experts_per_tok": 2}),
    _one("gpt_neo", {"hidden_size": 32, "num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]],
                     "max_position_embeddings": POSITIONS, "window_size": 64}),
    _one("xglm", {"d_model": 32, "num_layers": 2, "attention_heads": 4, "ffn_dim": 64,
                  "max_position_embeddings": POSITIONS}, "pieces"),
    _one("bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
    _one("mpt", {"d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": POSITIONS}),
    _one("falcon", {**_FALCON, "alibi": True}, name="falcon with ALiBi"),
    _one("mistral", {**_LLAMA, "sliding_window": 200}, "pieces", name="mistral with a window of 200", frame="s"),
    _one("phi3", {**_LLAMA, "sliding_window": 200, "original_max_position_embeddings": POSITIONS}, "pieces",
         name="phi3 with a window of 200"),
    _one("starcoder2", {**_LLAMA, "sliding_window": 200}, name="starcoder2 with a window of 200"),
    _one("mixtral", {**_LLAMA, "num_local_experts": 4, "sliding_window": 200}, "pieces",
         name="mixtral with a window of 200", frame="s"),
    _one("qwen2", {**_LLAMA, "sliding_window": 200, "use_sliding_window": True, "max_window_layers": 1},
         name="qwen2 with a window of 200"),
    _one("llama", {**_LLAMA, "tie_word_embeddings": True}, "pieces", name="llama, adapters on its tied head", frame="s",
         settings={"targets": ["q_proj", "v_proj", "lm_head"]}),
    _one("llama", {**_LLAMA, "tie_word_embeddings": False}, "pieces", name="llama, adapters on its own head", frame="s",
         settings={"targets": ["q_proj", "v_proj", "lm_head"]}),
    _one("gemma", {**_LLAMA, "head_dim": 8}, "pieces", name="gemma with line ends among added tokens", frame="s",
         added=("\n", "▁▁", "<b>")),
    _one("seed_oss", {**_LLAMA, "head_dim": 8}),
    _one("arcee", _LLAMA),
    _one("apertus", _LLAMA),
    _one("hunyuan_v1_dense", {**_LLAMA, "head_dim": 8}),
    _one("olmo3", {**_LLAMA, "sliding_window": POSITIONS}),
    _one("gpt_neox_japanese", {**_LAYERS, "max_position_embeddings": POSITIONS}),
    _one("deepseek_v2", {**_DEEPSEEK, "topk_method": "greedy"}),
    _one("minicpm3", {**_LLAMA, "num_key_value_heads": 4, "kv_lora_rank": 16, "q_lora_rank": 16,
                      "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 8}, "pieces"),
    _one("openai-gpt", _GPT),
    _one("ctrl", {"n_embd": 32, "n_layer": 2, "n_head": 4, "dff": 64, "n_positions": POSITIONS}),
    _one("bert", {**_BERT, "is_decoder": True, "max_position_embeddings": POSITIONS}),
    _one("xlnet", {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}, "pieces", frame="xlnet"),
    _one("rwkv", {"hidden_size": 32, "num_hidden_layers": 2, "attention_hidden_size": 32,
                  "context_length": POSITIONS}),
    _one("mamba2", {"hidden_size": 32, "num_hidden_layers": 2, "num_heads": 4, "head_dim": 16, "state_size": 8,
                    "n_groups": 1, "expand": 2}),
    _one("recurrent_gemma", {**_LAYERS, "intermediate_size": 64, "num_key_value_heads": 1, "lru_width": 32,
                             "attention_window_size": 64, "head_dim": 8}, "pieces"),
    _one("jamba", {**_LLAMA, "num_experts": 2, "num_experts_per_tok": 1, "attn_layer_period": 2, "attn_layer_offset": 1,
                   "expert_layer_period": 2, "expert_layer_offset": 1, "mamba_d_state": 8, "mamba_dt_rank": 4,
                   "use_mamba_kernels": False}),
    _one("t5", {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}, "pieces"),
)  # fmt: skip
"""Right, or refused in one line that names the cause and the cure."""

ENCODERS: tuple[Made, ...] = (
    _one("bert", _BERT, "words", frame="cls"),
    _one(
        "distilbert",
        {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": 128},
        "words",
        frame="cls",
    ),
    _one("electra", {**_BERT, "embedding_size": 16}, "words", frame="cls"),
    _one("roberta", _OFFSET, frame="cls"),
    _one("xlm-roberta", _OFFSET, "pieces", frame="cls"),
    _one("camembert", _OFFSET, "pieces", frame="cls"),
    _one("mpnet", _OFFSET, "words", frame="cls"),
    _one("longformer", {**_OFFSET, "attention_window": [16, 16]}, frame="cls"),
    _one(
        "deberta",
        {**_BERT, "relative_attention": True, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 0},
        frame="cls",
    ),
    _one(
        "deberta-v2",
        {
            **_BERT,
            "relative_attention": True,
            "pos_att_type": ["c2p", "p2c"],
            "type_vocab_size": 0,
            "position_buckets": 16,
        },
        "pieces",
        frame="cls",
    ),
    _one("modernbert", {**_BERT, "local_attention": 16, "global_attn_every_n_layers": 2}, frame="cls"),
    _one("nomic_bert", _BERT, "words", frame="cls"),
    _one("eurobert", {**_BERT, "num_key_value_heads": 2}, frame="cls"),
)
"""What REPORT names as right; each must stay so."""

OTHER_ENCODERS: tuple[Made, ...] = (
    _one(
        "xlnet",
        {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64},
        "pieces",
        frame="xlnet",
        options={"padding_side": "left"},
    ),
    _one("data2vec-text", _OFFSET, frame="cls"),
    _one("roberta-prelayernorm", _OFFSET, frame="cls"),
    _one(
        "xmod",
        {**_OFFSET, "languages": ["en_XX", "de_DE"], "default_language": "en_XX", "adapter_reduction_factor": 2},
        "pieces",
        frame="cls",
    ),
    _one("albert", {**_BERT, "embedding_size": 16}, "pieces", frame="cls"),
    _one(
        "xlm",
        {"emb_dim": 32, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 128, "n_langs": 1},
        "words",
        frame="cls",
    ),
    _one(
        "t5",
        {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 1},
        "pieces",
        frame="end",
    ),
    _one("gpt2", {**_GPT, "n_positions": 128}, pads=False),
    _one("qwen2", {**_LLAMA, "max_position_embeddings": 128}, pads=False),
)
"""At most three may be refused as encoders."""

MORE_ENCODERS: tuple[Made, ...] = (
    _one("bert", _BERT, "words", name="bert padded on the left", frame="cls", options={"padding_side": "left"}),
    _one("qwen2", {**_LLAMA, "max_position_embeddings": 128, "pad_token_id": 7},
         name="qwen2 with another pad in config"),
    _one("llama", {**_LLAMA, "max_position_embeddings": 128}, "pieces", frame="s", pads=False),
    _one("qwen3", {**_LLAMA, "head_dim": 8, "max_position_embeddings": 128}, frame="end"),
    _one("gpt_neox", {**_ROPED, "max_position_embeddings": 128}, pads=False),
    _one("opt", {**_LAYERS, "ffn_dim": 64, "word_embed_proj_dim": 32, "max_position_embeddings": 128}, frame="s"),
    _one("bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
    _one("bart", {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
                  "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
                  "max_position_embeddings": 128}, frame="cls"),
    _one("mt5", {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 1},
         "pieces", frame="end"),
    _one("big_bird", _BERT, "pieces", frame="cls"),
    _one("big_bird", {**_BERT, "block_size": 8, "num_random_blocks": 1}, "pieces", name="big_bird with small blocks",
         frame="cls"),
    _one("funnel", {"d_model": 32, "n_head": 4, "d_head": 8, "d_inner": 64, "block_sizes": [1, 1],
                    "num_decoder_layers": 1, "max_position_embeddings": 128}, "words", frame="cls",
         classes=("FunnelModel",)),
    _one("nystromformer", _BERT, "pieces", frame="cls"),
    _one("fnet", _BERT, "pieces", frame="cls"),
    _one("convbert", {**_BERT, "embedding_size": 32, "conv_kernel_size": 3}, "words", frame="cls"),
    _one("squeezebert", {**_BERT, "embedding_size": 32}, "words", frame="cls"),
    _one("mobilebert", {**_BERT, "embedding_size": 16, "intra_bottleneck_size": 16, "true_hidden_size": 16}, "words",
         frame="cls"),
    _one("rembert", {**_BERT, "input_embedding_size": 16, "output_embedding_size": 16}, "pieces", frame="cls"),
    _one("roformer", {**_BERT, "embedding_size": 32}, "words", frame="cls"),
    _one("flaubert", {"emb_dim": 32, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 128, "n_langs": 1},
         "words", frame="cls"),
    _one("ibert", _OFFSET, frame="cls"),
    _one("xlm-roberta-xl", _OFFSET, "pieces", frame="cls"),
    _one("luke", {**_OFFSET, "entity_vocab_size": 10, "entity_emb_size": 8}, frame="cls"),
    _one("yoso", {**_OFFSET, "use_expectation": True}, "pieces", frame="cls"),
    _one("mra", {**_BERT, "max_position_embeddings": 128, "block_per_row": 2}, "pieces", frame="cls"),
    _one("reformer", {"hidden_size": 32, "num_attention_heads": 4, "attention_head_size": 8, "feed_forward_size": 64,
                      "attn_layers": ["local", "lsh"], "axial_pos_embds": False, "is_decoder": False,
                      "local_attn_chunk_length": 16, "lsh_attn_chunk_length": 16, "num_buckets": 2, "num_hashes": 1,
                      "max_position_embeddings": 128}, "pieces", frame="end"),
    _one("canine", {**_BERT, "num_hash_buckets": 64, "num_hash_functions": 4, "local_transformer_stride": 16}, "words",
         frame="cls"),
)  # fmt: skip
"""Right, or refused in one line: what nobody has named."""
