"""Where the layers, the embeddings and the head of an encoder are, told by its modules and not by their names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn


@dataclass(frozen=True)
class Anatomy:
    """The parts of a network. ``stacks`` are the lists that hold its layers; none where layers are shared."""

    layers: int
    stacks: tuple[str, ...]
    embeddings: frozenset[str]
    base: str

    def layer_of(self, name: str) -> int | None:
        """In which layer the parameter ``name`` of the network is; ``None`` outside of layers."""
        for stack in self.stacks:
            if name.startswith(stack):
                return int(name.removeprefix(stack).partition(".")[0])
        return None

    def depth_of(self, name: str) -> int:
        """How far it is from the head: 0 for the head itself, up to layers + 1 for embeddings."""
        if not name.startswith(self.base):
            return 0
        layer = self.layer_of(name)
        if layer is not None:
            return self.layers - layer
        return self.layers + 1 if name in self.embeddings else 1


def anatomy_of(network: Any, own_head: bool) -> Anatomy:
    """The parts of ``network``; with ``own_head`` all outside its base model is its head."""
    layers = int(getattr(network.config, "num_hidden_layers", 0) or 0)
    stacks = tuple(f"{name}." for name in _stacks(network, layers))
    prefix = f"{network.base_model_prefix}." if own_head and network.base_model_prefix else ""
    inside = any(name.startswith(prefix) for name, _ in network.named_parameters())
    return Anatomy(layers, stacks, frozenset(_embeddings(network, stacks)), prefix if inside else "")


def _stacks(network: Any, layers: int) -> Iterator[str]:
    """The outermost lists with a module for each layer, of the encoder where there is a decoder too."""
    outermost: list[str] = []
    two = bool(getattr(network.config, "is_encoder_decoder", False))
    for name, module in network.named_modules():
        if not isinstance(module, nn.ModuleList) or any(name.startswith(f"{other}.") for other in outermost):
            continue
        outermost.append(name)
        if len(module) == layers and not (two and "decoder" in name.split(".")):
            yield name


def _embeddings(network: Any, stacks: tuple[str, ...]) -> Iterator[str]:
    """Parameters outside of layers that belong to a table, or to what stands around one."""
    inside = stacks or ("\0",)
    tables = [name for name, module in network.named_modules() if isinstance(module, nn.Embedding)]
    tables = [f"{name}." for name in tables if not name.startswith(inside)]
    for name, _ in network.named_parameters():
        if not name.startswith(inside) and (name.startswith((*tables, "\0")) or "embed" in name):
            yield name
