"""Hashes of word pairs, against a plain reading of the rule."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.traces.near_duplicates.shingles import LONGEST, mix, word_pairs

ALPHABET = "ab 1.,\n_é漢\U0001f600"
TEXTS = st.lists(st.text(alphabet=ALPHABET, max_size=15), min_size=1, max_size=8)


def words(text: str) -> list[str]:
    """The words as the rule has them, for the characters of ``ALPHABET``."""
    return re.findall(r"[ab1é]+|[漢\U0001f600]", text.lower())


@given(TEXTS)
def test_equal_words_mean_equal_hashes_and_only_they(texts: list[str]) -> None:
    _, _, exact = word_pairs(texts)
    keys = [tuple(words(text)) or ("", text.lower()) for text in texts]
    raw = [tuple(words(text)) or ("", text) for text in texts]
    for left in range(len(texts)):
        for right in range(left):
            assert (exact[left] == exact[right]) == (raw[left] == raw[right]), keys


@given(TEXTS)
def test_a_text_of_n_words_has_n_plus_one_pairs(texts: list[str]) -> None:
    pairs, starts, _ = word_pairs(texts)
    counts = np.diff([*starts.tolist(), len(pairs)]).tolist()
    assert counts == [len(words(text)) + 1 for text in texts]


@given(st.text(alphabet=ALPHABET, max_size=15), TEXTS)
def test_a_text_hashes_the_same_wherever_it_stands(text: str, others: list[str]) -> None:
    alone, _, exact_alone = word_pairs([text])
    pairs, starts, exact = word_pairs([*others, text])
    assert exact[-1] == exact_alone[0]
    assert pairs[starts[-1] :].tolist() == alone.tolist()


def test_only_the_beginning_of_a_very_long_text_is_looked_at() -> None:
    text = "word " * LONGEST
    _, _, exact = word_pairs([text, text + "another end"])
    assert exact[0] == exact[1]
    assert word_pairs(["x"])[2][0] != exact[0]


@pytest.mark.parametrize(("seed", "value"), [(0x9E3779B97F4A7C15, 0xE220A8397B1DCDAF)])
def test_the_mixer_gives_the_published_first_output_of_splitmix64(seed: int, value: int) -> None:
    assert int(mix(np.array([seed], dtype=np.uint64))[0]) == value


def test_no_texts() -> None:
    pairs, starts, exact = word_pairs([])
    assert (len(pairs), len(starts), len(exact)) == (0, 0, 0)
