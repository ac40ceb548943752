"""A running average of weights: judged and kept in place of the weights of the last step.

Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992), with exponential weights and a
memory that grows at the start, as is usual for networks (Morales-Brotons, Vogels and Hendrikx, "Exponential moving
average of weights in deep learning: dynamics and benefits", 2024, arXiv:2411.18704).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """After step n each trained weight's average moves by ``1 - min(decay, n / (n + 9))`` towards its present value.

    So the first steps are forgotten soon, and later about ``1 / (1 - decay)`` steps count. A ``decay`` of 0 keeps no
    average: the weights themselves take its place.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        """Start from the weights of ``model`` that are trained."""
        self.decay = decay
        self._trained = {name: p for name, p in model.named_parameters() if p.requires_grad} if decay else {}
        self.tensors = {name: parameter.detach().clone() for name, parameter in self._trained.items()}

    def update(self, step: int) -> None:
        """Take in the weights after ``step`` steps, counted from 1."""
        if not self.decay:
            return
        share = 1 - min(self.decay, step / (step + 9))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.tensors.values()), [p.detach() for p in self._trained.values()], share)

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from averages that were kept."""
        for name, tensor in self.tensors.items():
            tensor.copy_(tensors[name])

    def apply(self) -> None:
        """Give the model the averages for good."""
        for name, parameter in self._trained.items():
            parameter.data.copy_(self.tensors[name])

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The averages in the model's place, and its own weights back afterwards."""
        own = {name: parameter.detach().clone() for name, parameter in self._trained.items()}
        self.apply()
        try:
            yield
        finally:
            for name, parameter in self._trained.items():
                parameter.data.copy_(own[name])
