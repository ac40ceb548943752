"""What a trained classifier gives to be written as an ONNX graph."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from topicsmith.classifiers.base import FloatArray
from topicsmith.classifiers.encoder.tokenization import TextEncoder


@dataclass(frozen=True)
class OnnxParts:
    """A torch module from token ids and mask (pieces, tokens) to numbers (pieces, k), and what is around it.

    Without ``head`` the numbers are logits. With it they are mean states, whose direction is multiplied with the
    weights (topics, k), and the intercepts (topics,) added.
    """

    network: Any
    texts: TextEncoder
    head: tuple[FloatArray, FloatArray] | None = None


@runtime_checkable
class Traceable(Protocol):
    """A classifier whose network can be written as an ONNX graph."""

    def onnx_parts(self) -> OnnxParts:
        """The network, and what is around it."""
