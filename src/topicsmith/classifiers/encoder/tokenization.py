"""Texts as token ids that hold no control token but the model's own frame, within the model's length."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from topicsmith.classifiers.encoder.batching import Padding, Side
from topicsmith.classifiers.plain_text import plain_text
from topicsmith.classifiers.torch_common.hub import load_part, quiet_transformers
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.errors import ModelFolderError

LongTexts = Literal["head", "head_tail", "windows"]
"""What becomes of a text beyond the model's length.

``head`` keeps its beginning; ``head_tail`` its first quarter and the rest from its end (Sun et al. 2019, "How to
Fine-Tune BERT for Text Classification?"); ``windows`` reads up to 8 overlapping windows and averages their
probabilities.
"""

MAX_WINDOWS = 8
_CHARACTERS_A_TOKEN = 32


@dataclass(frozen=True)
class Encoded:
    """Token ids in ``pieces``; ``owners`` gives the text each piece belongs to; ``beyond`` counts texts too long."""

    pieces: list[IntArray]
    owners: IntArray
    texts: int
    beyond: int

    @property
    def lengths(self) -> IntArray:
        """The number of tokens of each piece."""
        return np.array([len(piece) for piece in self.pieces], dtype=np.int64)

    def mean_by_text(self, rows: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Rows of the pieces (pieces, k) averaged into rows of the texts (texts, k)."""
        if len(self.pieces) == self.texts:
            return rows
        sums = np.zeros((self.texts, rows.shape[1]))
        np.add.at(sums, self.owners, rows)
        return sums / np.bincount(self.owners, minlength=self.texts)[:, None]


def load_tokenizer(source: str) -> Any:
    """The tokenizer of a model folder or a model on the hub.

    Raises:
        ModelFolderError: when it cannot be had.
    """
    from transformers import AutoTokenizer

    return load_part(AutoTokenizer.from_pretrained, source)


def pad_within(tokenizer: Any, config: Any) -> None:
    """Let ``tokenizer`` pad with a token that the model has a row for, where its own was added afterwards."""
    rows = getattr(config, "vocab_size", None)
    if isinstance(rows, int) and tokenizer.pad_token_id is not None and tokenizer.pad_token_id >= rows:
        known = (token for token in _instead_of_padding(tokenizer) if tokenizer.convert_tokens_to_ids(token) < rows)
        tokenizer.pad_token = next(known, None)


class TextEncoder:
    """A tokenizer with the frame its model expects around a text."""

    def __init__(self, tokenizer: Any, max_tokens: int, long_texts: LongTexts, side: Side = "right") -> None:
        """Use a Hugging Face ``tokenizer``; ``max_tokens`` counts the frame too, ``side`` is where padding goes.

        Raises:
            ModelFolderError: when the tokenizer's frame around a text cannot be told.
        """
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.long_texts = long_texts
        framed = tokenizer("a")["input_ids"]
        plain = self._plain_ids(["a"])[0]
        start = next((i for i in range(len(framed)) if plain and framed[i : i + len(plain)] == plain), None)
        if start is None:
            raise ModelFolderError(
                f"{tokenizer.name_or_path}: its tokenizer gives 'a' as {framed} with and as {plain} without its frame, "
                "so the frame cannot be told; choose another 'model'"
            )
        self.prefix: list[int] = framed[:start]
        self.suffix: list[int] = framed[start + len(plain) :]
        self.padding = Padding(_pad_id(tokenizer), side)
        empty = tokenizer.bos_token_id
        self._empty = [int(empty)] if empty is not None else [self.padding.id]

    def save_tokenizer(self, folder: Path) -> None:
        """Write the tokenizer, with the length beyond which others should truncate too."""
        self.tokenizer.model_max_length = self.max_tokens
        self.tokenizer.padding_side = self.padding.side
        self.tokenizer.init_kwargs["padding_side"] = self.padding.side  # what is written; the attribute alone is not
        with quiet_transformers():
            self.tokenizer.save_pretrained(folder)

    @property
    def empty_id(self) -> int:
        """The token that stands for a text without any."""
        return self._empty[0]

    @property
    def room(self) -> int:
        """How many tokens of text fit."""
        return self.max_tokens - len(self.prefix) - len(self.suffix)

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Token ids of ``texts``. Words that look like control tokens stay words."""
        shortened = [self._shorten(text) for text in texts]
        contents = self._plain_ids([text for text, _ in shortened]) if texts else []
        pieces: list[IntArray] = []
        owners: list[int] = []
        beyond = 0
        for owner, (ids, (_, cut)) in enumerate(zip(contents, shortened, strict=True)):
            parts = self._fit(ids)
            beyond += cut or len(ids) > self.room
            for part in parts:
                piece = [*self.prefix, *part, *self.suffix] or self._empty
                pieces.append(np.array(piece, dtype=np.int64))
                owners.append(owner)
        return Encoded(pieces, np.array(owners, dtype=np.int64), len(texts), beyond)

    def _plain_ids(self, texts: list[str]) -> list[list[int]]:
        ids: list[list[int]] = self.tokenizer(
            texts,
            add_special_tokens=False,
            split_special_tokens=True,
            truncation=False,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
        )["input_ids"]
        return ids

    def _shorten(self, text: str) -> tuple[str, bool]:
        """``text`` cut to what can matter, so that a huge text costs no more than a long one."""
        limit = self.max_tokens * _CHARACTERS_A_TOKEN * (MAX_WINDOWS if self.long_texts == "windows" else 1)
        if len(text) <= limit:
            return plain_text(text, limit), False
        if self.long_texts == "head_tail":
            return plain_text(text[: limit // 2] + text[-(limit // 2) :], limit), True
        return plain_text(text, limit), True

    def _fit(self, ids: list[int]) -> list[list[int]]:
        room = self.room
        if len(ids) <= room:
            return [ids]
        if self.long_texts == "head":
            return [ids[:room]]
        if self.long_texts == "head_tail":
            head = room // 4
            return [ids[:head] + ids[len(ids) - (room - head) :]]
        stride = max(1, room - room // 4)
        starts = range(0, len(ids) - room // 4, stride)
        return [ids[start : start + room] for start in starts][:MAX_WINDOWS]


def _pad_id(tokenizer: Any) -> int:
    """The token that ``tokenizer`` pads with; one that has none is given its end token, or another of its own."""
    if tokenizer.pad_token_id is None:
        chosen = next(iter(_instead_of_padding(tokenizer)), None)
        if chosen is None:
            return 0
        tokenizer.pad_token = chosen
    return int(tokenizer.pad_token_id)


def _instead_of_padding(tokenizer: Any) -> list[str]:
    """Control tokens that can be padded with, since what is padded is masked."""
    own = (tokenizer.eos_token, tokenizer.sep_token, tokenizer.unk_token)
    return [token for token in own if token is not None]
