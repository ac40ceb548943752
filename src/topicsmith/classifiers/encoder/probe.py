"""What an encoder makes of padding and of long texts, tried before anything is trained.

No list of names says which architectures read a padded text as the bare one and how many tokens they read; two texts
alone and together, and one of full length, do. It is tried on the processor: there an index out of range is an error
like any other, on a GPU it is the end of the process.

A long text is also asked first and last: some answer differently the second time, by chance (Reformer) or since they
change for good with the first short text (BigBird).
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
_CHOOSE = "choose another 'model', such as a BERT or RoBERTa"
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
    """Find how ``network`` answers a text alone as in company and always the same, and the longest text it reads.

    ``network`` is left with the configuration that was found; ``model`` is its name in messages.

    Raises:
        ModelFolderError: in one line, when it does neither.
    """
    network.eval()
    with torch.inference_mode():
        first = _answer(forward, texts, Padding(texts.padding.id), texts.max_tokens)
        side, set_pad = _padding(forward, network, texts, model)
        padding = Padding(texts.padding.id, side)
        longest = _longest(forward, texts, padding, model)
        if isinstance(first, str) or set_pad or longest < texts.max_tokens:
            first = _answer(forward, texts, padding, longest)
        again = _answer(forward, texts, padding, longest)
        shortest = _answer(forward, texts, padding, 0)
    if isinstance(first, str) or isinstance(again, str) or not _equal(first, again):
        raise ModelFolderError(
            f"'{model}' ({_type_of(network)}): a text of {longest} tokens was tried twice, with others in between, and "
            f"was answered otherwise; {_CHOOSE}"
        )
    if isinstance(shortest, str):
        raise ModelFolderError(
            f"'{model}' ({_type_of(network)}): an empty text was tried and cannot be read ({shortest}); {_CHOOSE}"
        )
    return ProbeResult(side, set_pad, longest)


def try_training(forward: Forward, network: nn.Module, texts: TextEncoder, found: ProbeResult, model: str) -> None:
    """Try what a step of training needs: answers to two texts in training and their gradient, which is left behind.

    Raises:
        ModelFolderError: in one line, when the network cannot be trained so.
    """
    pieces = (_piece(texts, 0), *_pieces(texts))
    network.train()
    try:
        _run(forward, list(pieces), Padding(texts.padding.id, found.side)).square().mean().backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    except Exception as exc:  # noqa: BLE001  # what an architecture raises that does not fit is not known beforehand
        raise ModelFolderError(
            f"'{model}' ({_type_of(network)}): a step of training on texts of {len(pieces[0])} to {len(pieces[-1])} "
            f"tokens was tried and cannot be done ({first_line(exc).rstrip('.')}); {_CHOOSE}"
        ) from None


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
    short, long = _pieces(texts)
    problem = ""
    for side in (own, other):
        for set_pad in (False, True) if before != texts.padding.id else (False,):
            network.config.pad_token_id = texts.padding.id if set_pad else before
            problem = _difference(forward, (short, long), Padding(texts.padding.id, side))
            if not problem:
                return side, set_pad
    network.config.pad_token_id = before
    raise ModelFolderError(
        f"'{model}' ({_type_of(network)}): texts of {len(short)} and {len(long)} tokens were tried alone and together, "
        f"padded on either side, and {problem}; {_CHOOSE}"
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
            f"({problem}); {_CHOOSE}"
        )
    return low


def _reads(forward: Forward, texts: TextEncoder, padding: Padding, length: int) -> str:
    """Why a text of ``length`` tokens is not read; empty where it is."""
    found = _answer(forward, texts, padding, length)
    return found if isinstance(found, str) else ""


def _answer(forward: Forward, texts: TextEncoder, padding: Padding, length: int) -> Tensor | str:
    """What is answered to a text of ``length`` tokens, or why none is."""
    try:
        found = _run(forward, [_piece(texts, length)], padding)
    except Exception as exc:  # noqa: BLE001  # what an architecture raises for a length is not known either
        return first_line(exc).rstrip(".")
    return found if bool(torch.isfinite(found).all()) else "its answer is not finite"


def _equal(first: Tensor, again: Tensor) -> bool:
    return bool((first - again).abs().max() <= _OF_SIZE * first.abs().max())


def _run(forward: Forward, pieces: list[IntArray], padding: Padding) -> Tensor:
    ids, mask = pad(pieces, padding)
    return forward(torch.from_numpy(ids), torch.from_numpy(mask)).float()


def _type_of(network: Any) -> str:
    return str(network.config.model_type)


def _pieces(texts: TextEncoder) -> tuple[IntArray, IntArray]:
    """A short and a longer text."""
    return _piece(texts, _SHORT), _piece(texts, min(_LONG, texts.max_tokens))


def _inner(texts: TextEncoder) -> IntArray:
    words = texts.encode(["how do i reset it today", "a b c d e f g"]).pieces
    end = len(texts.suffix)
    return np.concatenate([piece[len(texts.prefix) : len(piece) - end] for piece in words])


def _piece(texts: TextEncoder, length: int) -> IntArray:
    """A framed text of ``length`` tokens, or as few as its frame allows; the same token is never twice in a row.

    Without a length it is the empty text.
    """
    if not length:
        return texts.encode([""]).pieces[0]
    end = len(texts.suffix)
    inner = _inner(texts)
    room = max(1, length - len(texts.prefix) - end)
    body = np.roll(inner, length)[np.arange(room) % len(inner)]
    return np.array([*texts.prefix, *body, *texts.suffix], dtype=np.int64)
