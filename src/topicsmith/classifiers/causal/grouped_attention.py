"""Attention that does not copy keys and values for the query heads that share them.

With grouped heads (Ainslie et al. 2023, arXiv:2305.13245) several query heads read the same keys. Under a mask,
transformers repeats the keys and values of the whole kept prompt for each of those heads, in every layer and for every
text. Here the queries of a group stand one behind another as one longer query instead; the results are the same.
"""

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

_NAME = "topicsmith_grouped"
_UNUSUAL = ("position_bias", "softcap", "cache")


def use_grouped_attention(model: Any) -> Any:
    """``model``, which was loaded with ``sdpa``, with grouped attention instead where its architecture lets it."""
    AttentionInterface.register(_NAME, grouped_attention)
    AttentionMaskInterface.register(_NAME, sdpa_mask)
    if model._can_set_attn_implementation():
        model.set_attn_implementation(_NAME)
    return model


def grouped_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """What transformers' ``sdpa`` gives: shape (batch, queries, heads, width).

    ``query`` has the shape (batch, heads, queries, width), ``key`` and ``value`` (batch, groups, keys, width); the mask
    is broadcast over (batch, heads, queries, keys). What grouping does not know is left to ``sdpa``. So is
    training: every layer would keep the mask of a whole group for the gradient, which may outweigh the keys it saves.
    """
    groups, heads = key.shape[1], query.shape[1]
    masked_alike = attention_mask is not None and attention_mask.shape[1] == 1
    unusual = query.requires_grad or any(options.get(name) is not None for name in _UNUSUAL)
    if heads == groups or not masked_alike or unusual:
        answer: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **options
        )
        return answer
    assert attention_mask is not None
    together = heads // groups
    attended = torch.nn.functional.scaled_dot_product_attention(
        query.reshape(query.shape[0], groups, together * query.shape[2], query.shape[3]),
        key,
        value,
        attn_mask=attention_mask.repeat(1, 1, together, 1),
        dropout_p=dropout,
        scale=scaling,
    )
    return attended.reshape(query.shape[:-1] + value.shape[-1:]).transpose(1, 2).contiguous(), None
