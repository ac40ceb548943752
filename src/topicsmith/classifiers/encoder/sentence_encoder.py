"""A frozen sentence encoder: texts to vectors of length one."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from topicsmith.classifiers.encoder.batching import Side, inference_batches, pad
from topicsmith.classifiers.encoder.model import is_half, load_backbone, longest_input, mean_states
from topicsmith.classifiers.encoder.probe import probe
from topicsmith.classifiers.encoder.tokenization import LongTexts, TextEncoder, load_tokenizer, pad_within
from topicsmith.classifiers.sweep_cache import SweepCache
from topicsmith.classifiers.torch_common.devices import choose_device
from topicsmith.classifiers.torch_common.hub import save_network
from topicsmith.errors import ModelFolderError
from topicsmith.json_file import interpreting

_MOST_TOKENS = 256


class SentenceEncoder:
    """The mean of the last hidden states over a text's tokens, scaled to length one.

    For all-MiniLM-L6-v2 that is what its own library computes.
    """

    def __init__(self, source: str, long_texts: LongTexts = "head", side: Side | None = None) -> None:
        """Load ``source``, a checked folder or a name on the hub.

        Without ``side``, on which it is padded, how it can be used is probed first.

        Raises:
            ModelFolderError: when it cannot be had, or answers a text differently alone and in company.
        """
        with interpreting(f"the model '{source}'", ModelFolderError, "choose another base model"):
            self.network = load_backbone(source)
            tokenizer = load_tokenizer(source)
            pad_within(tokenizer, self.network.config)
            most = min(_MOST_TOKENS, longest_input(self.network.config, tokenizer))
            self.texts = TextEncoder(tokenizer, most, long_texts, side or "right")
            if side is None:
                found = probe(self._means, self.network, self.texts, source)
                self.texts = TextEncoder(tokenizer, found.max_tokens, long_texts, found.side)
            self.network.eval().to(choose_device("auto"))

    def _means(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return mean_states(self.network(input_ids=ids, attention_mask=mask).last_hidden_state, mask)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape (texts, width), the same for a text alone and in company up to rounding."""
        if not texts:
            return np.zeros((0, self._width), dtype=np.float32)
        encoded = self.texts.encode(texts)
        vectors = np.empty((len(encoded.pieces), self._width), dtype=np.float64)
        with torch.inference_mode():
            for batch in inference_batches(encoded.lengths):
                ids, mask = (
                    torch.from_numpy(array).to(self.network.device)
                    for array in pad([encoded.pieces[row] for row in batch], self.texts.padding)
                )
                vectors[batch] = self._means(ids, mask).double().cpu().numpy()
        means = encoded.mean_by_text(vectors)
        norms = np.linalg.norm(means, axis=1, keepdims=True)
        unit: NDArray[np.float32] = (means / np.maximum(norms, 1e-12)).astype(np.float32)
        return unit

    @cached_property
    def _width(self) -> int:
        """How many numbers a vector has; not every configuration says so (Reformer's states are twice as wide)."""
        with torch.inference_mode():
            ids, mask = pad(self.texts.encode(["a"]).pieces, self.texts.padding)
            device = self.network.device
            return int(self._means(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)).shape[-1])

    def as_module(self) -> nn.Module:
        """The network and the mean as one module, from token ids and mask to mean states (texts, width)."""
        return _MeanStates(self.network)

    @property
    def half(self) -> bool:
        """Whether it is the encoder half of a model with encoder and decoder."""
        return is_half(self.network)

    def beyond(self, texts: Sequence[str]) -> int:
        """How many of ``texts`` are longer than what it reads."""
        return self.texts.encode(texts).beyond

    def save(self, folder: Path) -> None:
        """Write a Hugging Face folder."""
        save_network(self.network, folder)
        self.texts.save_tokenizer(folder)


class _MeanStates(nn.Module):
    """Token ids and mask of shape (texts, tokens) to mean states."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Mean states (texts, width)."""
        return mean_states(self.network(input_ids=ids, attention_mask=mask).last_hidden_state, mask)


class RememberedVectors:
    """A sentence encoder that reads every text once, however often it is asked."""

    def __init__(self, encoder: SentenceEncoder) -> None:
        """Remember what ``encoder`` computes: four bytes for each number of each distinct text."""
        self.encoder = encoder
        self._places: dict[str, int] = {}
        self._vectors = encoder.encode([])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As :meth:`SentenceEncoder.encode`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._places]
        if new:
            self._vectors = np.concatenate([self._vectors, self.encoder.encode(new)])
            self._places.update(zip(new, range(len(self._places), len(self._vectors)), strict=True))
        return self._vectors[[self._places[text] for text in texts]]


def remembered_vectors(shared: SweepCache, source: str, long_texts: LongTexts = "head") -> RememberedVectors:
    """The sentence encoder of ``source`` that all members of a sweep share."""
    return shared.get(
        ("sentence vectors", source, long_texts), lambda: RememberedVectors(SentenceEncoder(source, long_texts))
    )
