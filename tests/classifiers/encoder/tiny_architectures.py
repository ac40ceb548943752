"""One random, tiny encoder of many architectures, with the tokenizer of the tiny BERT."""

import shutil
from pathlib import Path
from typing import Any

_COMMON = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
_OTHERS: dict[str, dict[str, Any]] = {
    "albert": {**_COMMON, "embedding_size": 16},
    "xlnet": {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64},
    "xlm": {"emb_dim": 32, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 64, "n_langs": 1},
    "t5": {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
    "qwen2": {**_COMMON, "num_key_value_heads": 2, "max_position_embeddings": 64},
    "xmod": {**_COMMON, "languages": ["en_XX"], "default_language": "en_XX", "adapter_reduction_factor": 2},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": 64},
    "longformer": {**_COMMON, "attention_window": [8, 8]},
    "modernbert": {**_COMMON, "local_attention": 8, "max_position_embeddings": 64},
    "electra": {**_COMMON, "embedding_size": 16, "max_position_embeddings": 64},
}
_OFFSET = {
    "roberta",
    "xlm-roberta",
    "camembert",
    "data2vec-text",
    "roberta-prelayernorm",
    "xmod",
    "mpnet",
    "longformer",
}
"""Architectures whose positions begin after the padding token's number."""


def tiny_architecture(
    kind: str, tiny: Path, folder: Path, tokens: dict[str, Any] | None = None, **changed: object
) -> Path:
    """A base model without a head in ``folder``; ``tokens`` changes the tokenizer, ``changed`` the configuration."""
    import torch
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    shutil.copytree(tiny, folder, ignore=shutil.ignore_patterns("*.safetensors", "config.json"))
    tokenizer: Any = AutoTokenizer.from_pretrained(tiny)
    if kind == "t5":
        tokenizer.eos_token = "[SEP]"
    for key, value in (tokens or {}).items():
        setattr(tokenizer, key, value)
        if key == "padding_side":
            tokenizer.init_kwargs[key] = value
    tokenizer.save_pretrained(folder)
    settings = {**_OTHERS.get(kind, _COMMON), "vocab_size": len(tokenizer), "pad_token_id": 0, "bos_token_id": 2}
    settings["eos_token_id"] = 3
    if kind in _OFFSET:
        settings |= {"max_position_embeddings": 66, "pad_token_id": 1}
    elif "max_position_embeddings" not in settings and kind not in {"t5", "xlnet", "gpt2"}:
        settings["max_position_embeddings"] = 64
    config = AutoConfig.for_model(kind, **(settings | changed))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        AutoModel.from_config(config).save_pretrained(folder)
    return folder
