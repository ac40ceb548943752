"""What may be written next: along the trie of answers, or first a reasoning as the text of a JSON string."""

import math
import re
from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from topicsmith.classifiers.causal.answer_trie import Node, choose
from topicsmith.classifiers.causal.chat_template import ChatLayout

_STRING_TEXT = re.compile(r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*')


class Guide(Protocol):
    """Leads the writing of one row."""

    @property
    def answer(self) -> int | None:
        """The index of the answer, once it is decided."""

    @property
    def confidence(self) -> float:
        """The product, over the partings taken, of the probability among the tokens that led on."""

    def step(self, logits: torch.Tensor) -> int:
        """The next token, given the logits over the vocabulary."""


class TrieGuide:
    """Writes one of the answers of a trie."""

    def __init__(self, trie: Node) -> None:
        """Start at the root of ``trie``."""
        self._node = trie
        self._log_probability = 0.0

    @property
    def answer(self) -> int | None:
        """The index of the answer, once it is decided."""
        return self._node.answer

    @property
    def confidence(self) -> float:
        """The probability of the way taken."""
        return math.exp(self._log_probability)

    def step(self, logits: torch.Tensor) -> int:
        """The likeliest token that leads on."""
        tokens = list(self._node.children)
        values = logits[tokens].double()
        token = choose(self._node, dict(zip(tokens, values.tolist(), strict=True)))
        self._log_probability += float(torch.log_softmax(values, 0)[tokens.index(token)])
        self._node = self._node.children[token]
        return token


class StringVocabulary:
    """What each token of a vocabulary does inside a JSON string: stay in it, end it, or break it."""

    def __init__(self, layout: ChatLayout, size: int) -> None:
        """Look at ``size`` tokens; those that would break the string are never allowed."""
        self.allowed: NDArray[np.bool_] = np.zeros(size, dtype=bool)
        self.ending: dict[int, str] = {}
        for token in range(size):
            text = layout.decode([token])
            if not text or token in layout.control:
                continue
            match = _STRING_TEXT.match(text)
            inside = match.group() if match else ""
            if inside == text:
                self.allowed[token] = True
            elif text[len(inside)] == '"':
                self.allowed[token] = True
                self.ending[token] = inside
        self.refused = torch.from_numpy(~self.allowed)


class ReasoningGuide:
    """Writes the text of a reasoning freely, at most ``limit`` tokens, then one of the answers.

    ``trie_after`` gives the trie of the answers for what the string's last token holds before the closing quote.
    """

    def __init__(self, vocabulary: StringVocabulary, limit: int, trie_after: Callable[[str], Node]) -> None:
        """Start inside the string."""
        self._vocabulary, self._left, self._trie_after = vocabulary, limit, trie_after
        self._then: TrieGuide | None = None

    @property
    def answer(self) -> int | None:
        """The index of the answer, once it is decided."""
        return self._then.answer if self._then else None

    @property
    def confidence(self) -> float:
        """The probability of the answer, given the reasoning."""
        return self._then.confidence if self._then else 0.0

    def step(self, logits: torch.Tensor) -> int:
        """The likeliest token that keeps the string whole, or the answer's next."""
        if self._then is None:
            token = int(logits.masked_fill(self._vocabulary.refused.to(logits.device), -torch.inf).argmax())
            ends = self._vocabulary.ending.get(token)
            if ends is None and self._left > 0:
                self._left -= 1
                return token
            self._then = TrieGuide(self._trie_after(ends or ""))
        return self._then.step(logits)
