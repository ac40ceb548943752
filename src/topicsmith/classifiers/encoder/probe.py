"""What an encoder makes of padding and of long texts, tried before anything is trained.

No list of names says which architectures read a padded text as the bare one and how many tokens they read; two texts
alone and together, and one of full length, do. It is tried on the processor: there an index out of range is an error
like any other, on a GPU it is the end of the process.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from topicsmith.classifiers.encoder.batching import Padding, Side, pad
from topicsmith.classifiers.encoder.tokenization import TextEncoder
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.errors import ModelFolderError, first_line

_SHORT, _LONG = 3, 11
_LEAST = 8
_OF_SPREAD, _OF_SIZE = 1e-3, 1e-5  # what company may change, of how far two texts lie apart and of the numbers' size

Forward = Callable[[Tensor, Tensor], Tensor]
"""Token ids and mask of shape (texts, tokens) to numbers of shape (texts, k)."""


@dataclass(frozen=True)
class ProbeResult:
    """How a network can be used: padded on ``side``, up to ``max_tokens``.

    ``set_pad`` tells that its configuration had to be made to name the token that is padded with.
    """

    side: Side
    set_pad: bool
    max_tokens: int


def probe(forward: Forward, network: nn.Module, texts: TextEncoder, model: str) -> ProbeResult:
    """Find how ``network`` answers a text alone as in company, and the longest text it reads.

    ``network`` is left with the configuration that was found; ``model`` is its name in messages.

    Raises:
        ModelFolderError: in one line, when it does neither.
    """
    network.eval()
    with torch.inference_mode():
        side, set_pad = _padding(forward, network, texts, model)
        padding = Padding(texts.padding.id, side)
        return ProbeResult(side, set_pad, _longest(forward, texts, padding, model))


def set_padding(network: Any, pad_id: int) -> None:
    """Let the configuration of ``network`` name the token that is padded with."""
    network.config.pad_token_id = pad_id


def _padding(forward: Forward, network: Any, texts: TextEncoder, model: str) -> tuple[Side, bool]:
    """The side, and whether the configuration has to be changed; the tokenizer's own side first."""
    own: Side = "left" if texts.tokenizer.padding_side == "left" else "right"
    other: Side = "right" if own == "left" else "left"
    before = network.config.pad_token_id
    if not len(_inner(texts)):
        raise ModelFolderError(f"'{model}': its tokenizer makes no tokens of a text; choose another 'model'")
    short, long = _piece(texts, _SHORT), _piece(texts, min(_LONG, texts.max_tokens))
    problem = ""
    for side in (own, other):
        for set_pad in (False, True) if before != texts.padding.id else (False,):
            network.config.pad_token_id = texts.padding.id if set_pad else before
            problem = _difference(forward, (short, long), Padding(texts.padding.id, side))
            if not problem:
                return side, set_pad
    network.config.pad_token_id = before
    raise ModelFolderError(
        f"'{model}' ({network.config.model_type}): texts of {len(short)} and {len(long)} tokens were tried alone and "
        f"together, padded on either side, and {problem}; choose another 'model', such as a BERT or RoBERTa"
    )


def _difference(forward: Forward, pieces: tuple[IntArray, IntArray], padding: Padding) -> str:
    """What is wrong with the answers to ``pieces`` together; empty where they are those of each alone."""
    try:
        alone = torch.cat([_run(forward, [piece], padding) for piece in pieces])
        together = _run(forward, list(pieces), padding)
    except Exception as exc:  # noqa: BLE001  # what an architecture raises that does not fit is not known beforehand
        return f"the model cannot be run so ({first_line(exc).rstrip('.')})"
    allowed = _OF_SPREAD * (alone[0] - alone[1]).abs().max() + _OF_SIZE * alone.abs().max()
    difference = (alone - together).abs().max()
    if bool(difference <= allowed):
        return ""
    return f"their answers differ by {difference.item():.2g}, so an answer would depend on its company"


def _longest(forward: Forward, texts: TextEncoder, padding: Padding, model: str) -> int:
    """The most tokens up to ``max_tokens`` that can be read, by halving."""
    problem = _reads(forward, texts, padding, texts.max_tokens)
    if not problem:
        return texts.max_tokens
    low, high = 0, texts.max_tokens
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _reads(forward, texts, padding, middle) else (middle, high)
    if low < _LEAST:
        raise ModelFolderError(
            f"'{model}': texts of {texts.max_tokens} tokens down to {_LEAST} were tried and none can be read "
            f"({problem}); choose another 'model'"
        )
    return low


def _reads(forward: Forward, texts: TextEncoder, padding: Padding, length: int) -> str:
    try:
        finite = bool(torch.isfinite(_run(forward, [_piece(texts, length)], padding)).all())
    except Exception as exc:  # noqa: BLE001  # what an architecture raises for a length is not known either
        return first_line(exc).rstrip(".")
    return "" if finite else "its answer is not finite"


def _run(forward: Forward, pieces: list[IntArray], padding: Padding) -> Tensor:
    ids, mask = pad(pieces, padding)
    return forward(torch.from_numpy(ids), torch.from_numpy(mask)).float()


def _inner(texts: TextEncoder) -> IntArray:
    words = texts.encode(["how do i reset it today", "a b c d e f g"]).pieces
    end = len(texts.suffix)
    return np.concatenate([piece[len(texts.prefix) : len(piece) - end] for piece in words])


def _piece(texts: TextEncoder, length: int) -> IntArray:
    """A framed text of ``length`` tokens, or as few as its frame allows; the same token is never twice in a row."""
    end = len(texts.suffix)
    inner = _inner(texts)
    room = max(1, length - len(texts.prefix) - end)
    body = np.roll(inner, length)[np.arange(room) % len(inner)]
    return np.array([*texts.prefix, *body, *texts.suffix], dtype=np.int64)
