"""Products of a model's weights with few tokens on a processor: the weights on the left, the tokens as columns.

A linear layer is usually computed as tokens times weights. For about a hundred tokens the library behind torch is then
busy with edges: with the weights on the left, and a number of tokens that fills its registers, the same product took a
tenth to a fifth less time in the shape of Qwen3-0.6B (``docs/causal.md``). The results differ by the order of sums.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

COLUMNS = 16
"""Tokens that fill a register's width, whatever the processor; the last ones of a batch are filled up to it."""


class WeightsFirst(TorchFunctionMode):
    """Inside of it linear layers are computed as weights times columns of tokens."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Torch's hook: every call of a torch function comes by here."""
        return (_linear if func is torch.nn.functional.linear else func)(*args, **(kwargs or {}))


def _linear(input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:  # noqa: A002  # torch's name
    columns = input.reshape(-1, input.shape[-1]).t()
    product = weight @ columns if bias is None else torch.addmm(bias[:, None], weight, columns)
    return product.t().reshape(*input.shape[:-1], weight.shape[0])
