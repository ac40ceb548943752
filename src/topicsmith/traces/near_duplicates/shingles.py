"""Texts to hashes of their adjacent word pairs, a whole batch at once in numpy."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]
Positions = NDArray[np.int64]

LONGEST = 20_000
"""Characters of a text that are looked at."""

_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that it has an inverse modulo 2**64
_INVERSE = np.uint64(pow(int(_BASE), -1, 2**64))
_START, _END = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344)

_SEPARATORS = (
    (0x80, 0xA9), (0xAB, 0xB4), (0xB6, 0xB9), (0xBB, 0xBF), (0x2000, 0x206F), (0x3000, 0x303F), (0xFF00, 0xFF0F),
    (0xFF1A, 0xFF20),
)  # fmt: skip
_UNSPACED = ((0x0E00, 0x0EFF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x1F000, 0x3FFFF))
"""Ranges of punctuation beyond ASCII, and of scripts and signs written without spaces (Thai, Lao, Japanese, Chinese,
emoji): there each character counts as a word."""


def word_pairs(texts: Sequence[str]) -> tuple[U32, Positions, U64]:
    """Hashes of the word pairs of all texts, where each text's begin, and a hash of each text's words in order.

    A text of n words has n + 1 pairs, its edges counting as words; a text without words has one pair, which follows
    from its characters. Case, punctuation and white space count for nothing otherwise.
    """
    codes, stops = _codes(texts)
    first, after = _words(codes)
    words = mix(_range_hashes(codes.astype(np.uint64) + np.uint64(1), first, after))
    ends = np.searchsorted(first, stops)
    counts = np.diff(ends, prepend=0)
    starts = ends - counts
    exact = mix(_range_hashes(words, starts, ends))
    pair_starts = starts + np.arange(len(texts))
    left = np.full(len(words) + len(texts), _START)
    right = np.full(len(words) + len(texts), _END)
    inner = np.ones(len(left), dtype=bool)
    inner[pair_starts] = False
    left[inner] = words
    inner[:] = True
    inner[pair_starts + counts] = False
    right[inner] = words
    for position in np.flatnonzero(counts == 0).tolist():
        exact[position] = _raw_hash(texts[position])
        left[pair_starts[position]] = exact[position]
    pairs = mix(left * _BASE + right * np.uint64(0xD1B54A32D192ED03))
    return (pairs >> np.uint64(32)).astype(np.uint32), pair_starts, exact


def mix(values: U64) -> U64:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input moves every bit of the output."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _codes(texts: Sequence[str]) -> tuple[U32, Positions]:
    """The characters of all texts in lower case, and where each text stops."""
    lowered = [text[:LONGEST].lower() for text in texts]
    joined = "\n".join(lowered) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)
    lengths = np.fromiter(map(len, lowered), dtype=np.int64, count=len(texts))
    return codes, np.cumsum(lengths + 1) - 1


def _words(codes: U32) -> tuple[Positions, Positions]:
    """Where each word begins and ends among ``codes``."""
    kinds = _kinds(codes)
    inside = kinds > 0
    begins = inside.copy()
    begins[1:] &= (kinds[:-1] != 1) | (kinds[1:] != 1)
    edges = np.flatnonzero(begins | ~inside)
    opening = np.flatnonzero(begins[edges])
    return edges[opening], edges[opening + 1]  # the last code separates, so every word has an edge after it


def _kinds(codes: U32) -> NDArray[np.uint8]:
    """0 for what separates words, 1 for letters and digits, 2 for characters that are words."""
    kinds = _ASCII[np.minimum(codes, 128)]
    if codes.max(initial=0) >= 128:
        for low, high in _SEPARATORS:
            kinds[(codes >= low) & (codes <= high)] = 0
        for low, high in _UNSPACED:
            kinds[(codes >= low) & (codes <= high)] = 2
    return kinds


_ASCII = np.array([chr(code).isalnum() for code in range(128)] + [True], dtype=np.uint8)


def _range_hashes(values: U64, starts: Positions, ends: Positions) -> U64:
    """A polynomial hash of ``values[start:end]`` for each range, the same wherever the range lies.

    Prefix sums of ``value × base**position`` modulo 2**64; a difference of two, times ``base**-start``, is the hash.
    """
    if not len(values):
        return np.zeros(len(starts), dtype=np.uint64)
    prefix = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values * _powers(_BASE, len(values)), out=prefix[1:])
    return np.asarray((prefix[ends] - prefix[starts]) * _powers(_INVERSE, len(values) + 1)[starts])


def _powers(base: np.uint64, count: int) -> U64:
    return _table_of_powers(base, 1 << (count - 1).bit_length())[:count]


@lru_cache(maxsize=4)
def _table_of_powers(base: np.uint64, count: int) -> U64:
    powers = np.full(count, base)
    powers[0] = 1
    return np.cumprod(powers, out=powers)


def _raw_hash(text: str) -> np.uint64:
    data = text[:LONGEST].encode("utf-8", "replace")
    return np.uint64(int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big"))
