import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from topicsmith.classifiers.encoder.sentence_encoder import RememberedVectors, SentenceEncoder
from topicsmith.classifiers.torch_common.hub import find_model

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


def test_vectors_are_as_wide_as_they_are_whatever_the_configuration_says(tiny: Path) -> None:
    encoder = SentenceEncoder(str(tiny))
    wanted = encoder.encode(["guitar"])
    other = SentenceEncoder(str(tiny))
    other.network.config.hidden_size = 7
    assert np.array_equal(other.encode(["guitar"]), wanted)
    assert other.encode([]).shape == (0, 32)


def test_saved_and_loaded_gives_the_same_vectors(encoder: SentenceEncoder, tmp_path: Path) -> None:
    encoder.save(tmp_path)
    assert np.array_equal(SentenceEncoder(str(tmp_path)).encode(TEXTS), encoder.encode(TEXTS))


def test_texts_are_read_once(encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    encode = encoder.encode

    def noted(texts: Sequence[str]) -> NDArray[np.float32]:
        asked.extend(texts)
        return encode(texts)

    monkeypatch.setattr(encoder, "encode", noted)
    known = RememberedVectors(encoder)
    assert known.encode(TEXTS[:2]) == pytest.approx(encode(TEXTS[:2]), abs=1e-6)
    found = known.encode([TEXTS[2], TEXTS[0], TEXTS[2]])
    assert asked == TEXTS[:3]
    assert found == pytest.approx(encode([TEXTS[2], TEXTS[0], TEXTS[2]]), abs=1e-6)
    assert known.encode([]).shape == (0, 384)
