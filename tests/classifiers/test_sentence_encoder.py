import warnings
from pathlib import Path

import numpy as np
import pytest

from topicsmith.classifiers.pretrained import find_model
from topicsmith.classifiers.sentence_encoder import SentenceEncoder

TEXTS = ["how do black holes form?", "the weather in Paris", "what makes a star collapse", "", "\ud83d"]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder(find_model("minilm", Path()))


def test_vectors_are_those_of_the_model_s_own_library(encoder: SentenceEncoder) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's imports warn about themselves
        from sentence_transformers import SentenceTransformer

        theirs = SentenceTransformer(find_model("minilm", Path()), device="cpu").encode(TEXTS[:3])
    assert np.allclose(encoder.encode(TEXTS[:3]), theirs, atol=1e-5)


def test_length_one_and_near_where_meaning_is_near(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
    assert vectors[0] @ vectors[2] > 2 * (vectors[0] @ vectors[1])
    assert encoder.encode([]).shape == (0, 384)


def test_saved_and_loaded_gives_the_same_vectors(encoder: SentenceEncoder, tmp_path: Path) -> None:
    encoder.save(tmp_path)
    assert np.array_equal(SentenceEncoder(str(tmp_path)).encode(TEXTS), encoder.encode(TEXTS))
