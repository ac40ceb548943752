"""Processes that train one model together: each computes its share of a batch, then all take the same step.

Every process holds the whole model. A step's gradient is the sum over the shares, divided by what the whole batch
weighs, so that the number of processes changes nothing but the order of sums and the dropout that is drawn.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

T = TypeVar("T")

_SEED_STEP = 7_368_787
"""A prime that keeps the dropout of one process apart from that of the others."""


@dataclass(frozen=True)
class Group:
    """One process of ``size``; the first, rank 0, writes checkpoints and talks."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes and talks."""
        return self.rank == 0

    def share(self, items: Sequence[T]) -> Sequence[T]:
        """The items that this process computes: every ``size``-th."""
        return items[self.rank :: self.size]

    def seed(self, seed: int) -> int:
        """``seed`` for what is drawn by chance in this process alone."""
        return seed + self.rank * _SEED_STEP

    def add_gradients(self, parameters: Sequence["nn.Parameter"], loss: float) -> float:
        """Replace each gradient by its sum over all processes; gives the summed ``loss``."""
        if self.size == 1:
            return loss
        import torch
        from accelerate.utils import reduce

        gradients = [p.grad for p in parameters if p.grad is not None]
        last = torch.tensor([loss], device=gradients[0].device)
        summed = reduce(torch.cat([*(g.flatten().float() for g in gradients), last]), "sum")
        at = 0
        for gradient in gradients:
            gradient.copy_(summed[at : at + gradient.numel()].view_as(gradient))
            at += gradient.numel()
        return float(summed[at])

    def add(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """``values`` summed over all processes, the same in each."""
        if self.size == 1:
            return values
        import torch
        from accelerate import PartialState
        from accelerate.utils import reduce

        summed: NDArray[np.float64] = reduce(torch.from_numpy(values).to(PartialState().device), "sum").cpu().numpy()
        return summed


ALONE = Group()


def join(meeting_point: Path, on_processor: bool) -> Group:
    """Meet the other processes at the file ``meeting_point``; ``RANK`` and ``WORLD_SIZE`` say which this one is.

    Accelerate chooses how to talk: NCCL between GPUs, gloo between processes without one.
    """
    from accelerate import PartialState

    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    state = PartialState(cpu=on_processor, init_method=f"file://{meeting_point.absolute()}", rank=rank, world_size=size)
    return Group(state.process_index, state.num_processes)
