"""Qwen3's sizes with random weights: the shapes of its model cards, and a small one for processors."""

import platform
import resource
from typing import Any

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

SHAPES: dict[str, dict[str, Any]] = {
    "small": {"hidden_size": 256, "intermediate_size": 768, "num_hidden_layers": 4, "num_attention_heads": 4,
              "num_key_value_heads": 2, "head_dim": 64, "vocab_size": 4096, "tie_word_embeddings": True},
    "0.6b": {"hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16},
    "1.7b": {"hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28, "num_attention_heads": 16},
    "4b": {"hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36, "num_attention_heads": 32},
    "8b": {"hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36, "num_attention_heads": 32,
           "tie_word_embeddings": False},
    "14b": {"hidden_size": 5120, "intermediate_size": 17408, "num_hidden_layers": 40, "num_attention_heads": 40,
            "tie_word_embeddings": False},
}  # fmt: skip
_COMMON = {"num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151_936, "tie_word_embeddings": True}


def device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def config(shape: str, **own: Any) -> Any:
    """The configuration of a shape, with settings of one's ``own`` in place of its own."""
    return Qwen3Config(**(_COMMON | SHAPES[shape] | own), max_position_embeddings=4096)


def make(shape: str, **own: Any) -> Any:
    """A model of that shape on :func:`device`; bf16 on a GPU, single precision on a processor."""
    torch.manual_seed(0)
    with torch.device("meta"):
        made = Qwen3ForCausalLM(config(shape, **own))
    made = made.to(torch.bfloat16 if device().type == "cuda" else torch.float32).to_empty(device=device())
    for name, parameter in made.named_parameters():
        torch.nn.init.ones_(parameter) if "norm" in name else torch.nn.init.uniform_(parameter, -0.03, 0.03)
    made.tie_weights()
    with device():
        made.model.rotary_emb = type(made.model.rotary_emb)(made.config)
    return made.eval()


def wait() -> None:
    """Until the GPU has done what it was told."""
    if device().type == "cuda":
        torch.cuda.synchronize()


def peak_mb() -> float:
    """The most memory so far: the GPU's where there is one, otherwise the process's."""
    if device().type == "cuda":
        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def machine() -> str:
    """What this ran on."""
    if device().type == "cuda":
        return f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    return f"{platform.machine()}, {torch.get_num_threads()} threads, no GPU, torch {torch.__version__}"
