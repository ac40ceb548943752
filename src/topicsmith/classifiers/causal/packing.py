"""Many texts in one sequence: the prompt they share stands once, each text sees it and itself, nothing is padded.

Every token has a position, an owner (the row it belongs to, -1 for the shared prompt) and, where answers part into a
tree, a node. A token may look at the shared prompt and at earlier tokens of its own row, along its own path. In
training the shared prompt is computed once a batch with its gradient; in use its keys and values are computed once and
kept. The results are those of each row alone, up to the order of floating-point sums.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers.cache_utils import Cache, DynamicLayer

from topicsmith.classifiers.torch_common.cpu_shortcuts import COLUMNS, Shortcuts
from topicsmith.errors import ModelFolderError, first_line

SHARED, FILLING = -1, -2
IntArray = NDArray[np.int64]
NO_TREE = np.ones((1, 1), dtype=bool)


@dataclass(frozen=True)
class Pack:
    """Tokens of several rows, one after another; all arrays have the shape (tokens,)."""

    tokens: IntArray
    positions: IntArray
    owners: IntArray
    nodes: IntArray

    def __len__(self) -> int:
        return len(self.tokens)


def pack(rows: Sequence[Sequence[int]], first_position: int = 0, first_owner: int = 0) -> Pack:
    """Lay ``rows`` one after another, each starting at ``first_position``."""
    lengths = [len(row) for row in rows]
    total = sum(lengths)
    return Pack(
        np.fromiter((token for row in rows for token in row), np.int64, total),
        np.fromiter((first_position + i for n in lengths for i in range(n)), np.int64, total),
        np.repeat(np.arange(first_owner, first_owner + len(rows)), lengths).astype(np.int64),
        np.zeros(total, np.int64),
    )


def join(*packs: Pack) -> Pack:
    """The packs one after another."""
    return Pack(
        np.concatenate([p.tokens for p in packs]),
        np.concatenate([p.positions for p in packs]),
        np.concatenate([p.owners for p in packs]),
        np.concatenate([p.nodes for p in packs]),
    )


def visible(queries: Pack, keys: Pack, tree: NDArray[np.bool_] = NO_TREE) -> NDArray[np.bool_]:
    """Which keys each query may look at: shape (queries, keys).

    ``tree[a, b]`` says whether a token of node ``a`` may look at one of node ``b`` of its own row; node 0 is the row.
    """
    own = queries.owners[:, None] == keys.owners
    if len(tree) > 1:
        own &= tree[queries.nodes[:, None], keys.nodes]
    seen: NDArray[np.bool_] = (own | (keys.owners == SHARED)) & (keys.positions <= queries.positions[:, None])
    return seen


class _GrowingLayer(DynamicLayer):  # type: ignore[misc]  # transformers is not checked
    """Keys and values in a buffer that is written in place, so that a kept prompt is not copied for every batch."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append the new keys and values; give all of them."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self.used = 0
            self.buffers = [torch.empty(0), torch.empty(0)]
        end = self.used + key_states.shape[-2]
        for i, new in enumerate((key_states, value_states)):
            old = self.buffers[i]
            if old.dim() < 4 or old.shape[-2] < end:
                shape = (*new.shape[:-2], end + max(256, end // 4), new.shape[-1])
                self.buffers[i] = new.new_empty(shape)
                if self.used:
                    self.buffers[i][..., : self.used, :] = old[..., : self.used, :]
            self.buffers[i][..., self.used : end, :] = new
        self.used = end
        self.keys, self.values = (buffer[..., :end, :] for buffer in self.buffers)
        return self.keys, self.values

    def rewind(self, length: int) -> None:
        """Forget all but the first ``length`` tokens."""
        self.used = length
        self.keys, self.values = (buffer[..., :length, :] for buffer in self.buffers)


class SharedPrompt:
    """A model with the prompt that all texts share already read."""

    def __init__(self, model: Any, prefix: Sequence[int]) -> None:
        """Read ``prefix`` once and keep its keys and values."""
        self.model = model
        self.device = next(model.parameters()).device
        self.prefix = pack([prefix], first_owner=SHARED)
        self._cache = Cache(layer_class_to_replicate=_GrowingLayer)
        self._kept = self.prefix
        self._narrow: tuple[tuple[int, ...], torch.nn.Linear] | None = None
        self._shortcuts = Shortcuts(without_adapters(model)) if self.device.type == "cpu" else None
        self._run(self.prefix, visible(self.prefix, self.prefix), [len(prefix) - 1])

    def forget_rows(self) -> None:
        """Keep the shared prompt only."""
        for layer in self._cache.layers:
            layer.rewind(len(self.prefix))
        self._kept = self.prefix

    def read(self, new: Pack, keep: Sequence[int], tree: NDArray[np.bool_] = NO_TREE) -> torch.Tensor:
        """Read more tokens; the logits at the indices ``keep`` of ``new``: shape (len(keep), vocabulary)."""
        new = self._filled_up(new)
        self._kept = join(self._kept, new)
        return self._run(new, visible(new, self._kept, tree), keep)

    def read_for(
        self, tokens: Sequence[int], new: Pack, keep: Sequence[int], tree: NDArray[np.bool_] = NO_TREE
    ) -> torch.Tensor:
        """As :meth:`read`, with the logits of ``tokens`` alone: shape (len(keep), len(tokens)).

        The vocabulary's other rows, in small models a good part of all weights, are not touched.
        """
        with self._narrowed(tuple(tokens)) as columns:
            return self.read(new, keep, tree)[:, columns]

    @contextmanager
    def _narrowed(self, tokens: tuple[int, ...]) -> Iterator[list[int]]:
        """The model with an output layer for ``tokens`` alone, and at which columns it tells their logits.

        An output layer that is more than a product, such as one with adapters, stays as it is.
        """
        model = without_adapters(self.model)
        whole = model.get_output_embeddings()
        if type(whole) is not torch.nn.Linear:
            yield list(tokens)
            return
        if self._narrow is None or self._narrow[0] != tokens:
            self._narrow = tokens, _rows_of(whole, tokens)
        model.set_output_embeddings(self._narrow[1])
        try:
            yield list(range(len(tokens)))
        finally:
            model.set_output_embeddings(whole)

    def _filled_up(self, new: Pack) -> Pack:
        """On a processor, ``new`` with tokens behind it that no row sees, so that its length suits the products."""
        missing = -len(new) % COLUMNS
        if self.device.type != "cpu" or len(new) < COLUMNS or not missing:
            return new
        filling = np.zeros(missing, np.int64)
        return join(new, Pack(filling, filling + new.positions[-1], filling + FILLING, filling))

    @torch.inference_mode()
    def _run(self, new: Pack, mask: NDArray[np.bool_], keep: Sequence[int]) -> torch.Tensor:
        with self._shortcuts.taken(keep) if self._shortcuts else nullcontext():
            return forward(self.model, new, mask, keep, self.device, past_key_values=self._cache, use_cache=True)


def without_adapters(model: Any) -> Any:
    """The model itself, where adapters are wrapped around it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _rows_of(whole: torch.nn.Linear, tokens: Sequence[int]) -> torch.nn.Linear:
    """A linear layer of those outputs of ``whole`` that ``tokens`` names."""
    chosen = torch.tensor(list(tokens), device=whole.weight.device)
    with torch.device("meta"):
        narrow = torch.nn.Linear(whole.in_features, len(tokens), bias=whole.bias is not None)
    narrow.weight = torch.nn.Parameter(whole.weight.detach()[chosen], requires_grad=False)
    if whole.bias is not None:
        narrow.bias = torch.nn.Parameter(whole.bias.detach()[chosen], requires_grad=False)
    return narrow


def forward(
    model: Any, new: Pack, mask: NDArray[np.bool_], keep: Sequence[int], device: torch.device, **options: Any
) -> torch.Tensor:
    """The logits of ``model`` at the indices ``keep`` of ``new``: shape (len(keep), vocabulary)."""
    output = model(
        input_ids=torch.from_numpy(new.tokens)[None].to(device),
        position_ids=torch.from_numpy(new.positions)[None].to(device),
        attention_mask=_mask_for(model, torch.from_numpy(mask)[None, None].to(device)),
        logits_to_keep=torch.tensor(list(keep), dtype=torch.long, device=device),
        **options,
    )
    logits: torch.Tensor = output.logits[0]
    return logits if len(logits) == len(keep) else logits[list(keep)]  # older architectures keep all


def _mask_for(model: Any, mask: torch.Tensor) -> torch.Tensor:
    """``mask`` as numbers to be added where the model's own attention wants them so."""
    if model.config._attn_implementation != "eager":
        return mask
    return torch.zeros_like(mask, dtype=model.dtype).masked_fill_(~mask, torch.finfo(model.dtype).min)


_PREFIX_TOKENS, _ROW_TOKENS, _LONG_TOKENS = 5, (6, 7), 320
_OF_SPREAD = {torch.float32: 1e-3}  # what company may change, of how far the texts lie apart
_OF_SPREAD_IN_HALF = 0.1
_ANOTHER = "choose a model with plain attention, such as Qwen3, or 'kind: hosted'"


def check_packing(model: Any, name: str, longest: int = _LONG_TOKENS) -> None:
    """Make sure that rows that share a prompt are answered as each alone, in training and in use.

    The last row is as long as the context, ``longest`` tokens, or 320. A model's own attention may have a table of the
    context's size; such a model is tried with a pack longer than the context, as packs in use may be.

    Raises:
        ModelFolderError: for architectures that cannot: those with recurrent layers or their own attention masks.
    """
    vocabulary = model.config.get_text_config().vocab_size
    lengths = (*_ROW_TOKENS, min(longest, _LONG_TOKENS) - _PREFIX_TOKENS)
    prefix = [(5 * i + 2) % vocabulary for i in range(_PREFIX_TOKENS)]
    rows = [[(7 * i + 3 * r + 1) % vocabulary for i in range(length)] for r, length in enumerate(lengths)]
    device = next(model.parameters()).device
    tried = f"texts of {', '.join(map(str, lengths))} tokens were tried"
    try:
        with torch.inference_mode():
            alone = torch.cat(
                [model(input_ids=torch.tensor([prefix + row], device=device)).logits[:, -1] for row in rows]
            )
            more = longest // lengths[-1] if model.config._attn_implementation == "eager" else 0
            packed = [rows[-1]] * more + rows
            ways = {"trained": _in_training(model, prefix, packed, device), "asked": _in_use(model, prefix, packed)}
    except Exception as exc:  # what an architecture raises that does not fit is not known beforehand
        raise ModelFolderError(
            f"{name}: {tried} in one batch, and this architecture ({model.config.model_type}) cannot be run so "
            f"({first_line(exc)}); {_ANOTHER}"
        ) from exc
    allowed = _OF_SPREAD.get(alone.dtype, _OF_SPREAD_IN_HALF) * (alone - alone.mean(dim=0)).abs().max().item()
    for way, together in ways.items():
        for length, difference in zip(lengths, (together[more:] - alone).abs().amax(dim=-1).tolist(), strict=True):
            if not difference <= allowed:
                raise ModelFolderError(
                    f"{name}: {tried}, and this architecture ({model.config.model_type}) answers the one of {length} "
                    f"otherwise alone than when {way} beside the others; {_ANOTHER}"
                )


def _in_training(model: Any, prefix: list[int], rows: list[list[int]], device: torch.device) -> torch.Tensor:
    packed = join(pack([prefix], first_owner=SHARED), pack(rows, len(prefix)))
    ends = len(prefix) + np.cumsum([len(row) for row in rows]) - 1
    return forward(model, packed, visible(packed, packed), ends.tolist(), device, use_cache=False)


def _in_use(model: Any, prefix: list[int], rows: list[list[int]]) -> torch.Tensor:
    ends = np.cumsum([len(row) for row in rows]) - 1
    return SharedPrompt(model, prefix).read(pack(rows, len(prefix)), ends.tolist())
