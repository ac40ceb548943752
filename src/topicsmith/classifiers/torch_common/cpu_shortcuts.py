"""Shorter ways through a causal model on the CPU, in use only; the results differ by the order of sums.

- Linear layers are computed with the weights on the left and the tokens as columns. With about a hundred tokens times
  weights, the library behind torch is busy with edges; this way the same product took a tenth to a fifth less time.
- Norms get their input row by row in memory, which such a product is not.
- Of the last layer, queries, attention's output and what follows are computed for the tokens whose logits are read;
  the other tokens owe it their keys and values only.

What each is worth is told in ``docs/causal.md``. A model is tried with them first: one that looks at the order of its
numbers in memory, as DeepSeek-V2's positions do, goes its own way.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch

COLUMNS = 16
"""Tokens that fill a register's width, whatever the processor; the last ones of a batch are filled up to it."""

_Way = Callable[[torch.Tensor], torch.Tensor]
_TRIED, _TOLERANCE = 7, 1e-3  # tokens; what the order of sums may change, of the largest logit


class Shortcuts:
    """The shorter ways through one model; a part that somebody else rerouted already stays as it is."""

    def __init__(self, model: Any) -> None:
        """Find the parts of ``model``, without adapters around it, that have a shorter way."""
        self._kept = torch.empty(0, dtype=torch.long)
        ways: dict[torch.nn.Module, _Way] = {}
        for part in model.modules():
            if type(part) is torch.nn.Linear:
                ways[part] = partial(weights_first, part)
            elif type(part).__name__.endswith("Norm"):
                ways[part] = partial(_row_by_row, part.forward)
        for part in _read_at_kept_tokens(model):
            ways[part] = partial(self._at_kept, ways.get(part, part.forward))
        self._ways = {part: way for part, way in ways.items() if "forward" not in vars(part)}
        if not self._same(model):
            self._ways = {}

    @torch.inference_mode()
    def _same(self, model: Any) -> bool:
        """Whether ``model`` can go these ways and comes to the same logits."""
        device = next(model.parameters()).device
        ids, last = torch.arange(_TRIED, device=device)[None], [_TRIED - 1]
        whole = model(input_ids=ids, use_cache=False).logits[0, -1]
        try:
            with self.taken(last):
                found = model(input_ids=ids, use_cache=False).logits[0, -1]
        except RuntimeError:  # torch's word that numbers do not lie in memory as a part needs them
            return False
        return bool((found - whole).abs().max() <= _TOLERANCE * whole.abs().max())

    @contextmanager
    def taken(self, keep: Sequence[int]) -> Iterator[None]:
        """Inside, the model takes them; its logits are right at the tokens ``keep`` of one sequence only."""
        self._kept = torch.tensor(list(keep), dtype=torch.long)
        for part, way in self._ways.items():
            part.forward = way
        try:
            yield
        finally:
            for part in self._ways:
                del part.forward

    def _at_kept(self, way: _Way, states: torch.Tensor) -> torch.Tensor:
        found = way(states[:, self._kept])
        whole = found.new_zeros(*states.shape[:-1], found.shape[-1])
        whole[:, self._kept] = found
        return whole


def weights_first(layer: Any, states: torch.Tensor) -> torch.Tensor:
    """What the linear ``layer`` gives for ``states``: (..., in) to (..., out), columns together in memory."""
    columns, bias = states.reshape(-1, states.shape[-1]).t(), layer.bias
    product = layer.weight @ columns if bias is None else torch.addmm(bias[:, None], layer.weight, columns)
    rows: torch.Tensor = product.t().reshape(*states.shape[:-1], layer.out_features)
    return rows


def _row_by_row(norm: _Way, states: torch.Tensor) -> torch.Tensor:
    return norm(states.contiguous())


def _read_at_kept_tokens(model: Any) -> list[torch.nn.Module]:
    """The parts of the last layer that treat every token by itself and whose results only its own logits read."""
    layers = getattr(model.base_model, "layers", None)
    if not layers:
        return []
    attention = getattr(layers[-1], "self_attn", None)
    parts = (getattr(layers[-1], "mlp", None), *(getattr(attention, name, None) for name in ("q_proj", "o_proj")))
    return [part for part in parts if part is not None and _has_linear_weights_only(part)]


def _has_linear_weights_only(part: torch.nn.Module) -> bool:
    """Whether all its parameters are those of linear layers, which experts behind a router, for one, are not."""
    owners = (own for own in part.modules() if next(own.parameters(recurse=False), None) is not None)
    return all(isinstance(own, torch.nn.Linear) for own in owners)
