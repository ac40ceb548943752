import logging
from pathlib import Path

import numpy as np
import pytest

from tests.classifiers.tiny_models import tiny_bert
from topicsmith.classifiers.encoder.sentence_encoder import SentenceEncoder
from topicsmith.classifiers.torch_common.hub import find_model
from topicsmith.embeddings.store import KeptVectors, kept_vectors

TEXTS = ["how do black holes form?", "the weather in Paris", "how do black holes form?", ""]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that an encoder really reads."""
    read: list[str] = []
    encode = SentenceEncoder.encode

    def counting(self: SentenceEncoder, texts: list[str]) -> object:
        read.extend(texts)
        return encode(self, texts)

    monkeypatch.setattr(SentenceEncoder, "encode", counting)
    return read


def test_each_text_is_read_once_in_this_run_and_in_the_next(tmp_path: Path, counted: list[str]) -> None:
    first = kept_vectors(tmp_path).encode(TEXTS)
    assert sorted(counted) == sorted(set(TEXTS))
    again = kept_vectors(tmp_path)
    assert np.array_equal(again.encode([*TEXTS, "new"])[:4], first)
    assert counted.count("new") == 1
    assert len(counted) == 4
    assert first.shape == (4, 384)
    assert np.array_equal(first[0], first[2])


def test_no_text_stands_in_the_file(tmp_path: Path) -> None:
    kept = kept_vectors(tmp_path)
    kept.encode(TEXTS)
    assert b"black holes" not in kept.path.read_bytes()


def test_nothing_to_encode(tmp_path: Path) -> None:
    assert kept_vectors(tmp_path).encode([]).shape == (0, 384)


def test_a_damaged_file_is_told_and_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = kept_vectors(tmp_path)
    first = kept.encode(TEXTS)
    kept.path.write_bytes(kept.path.read_bytes()[:-7])
    with caplog.at_level(logging.WARNING):
        again = kept_vectors(tmp_path)
    assert "texts are encoded again" in caplog.text
    assert np.array_equal(again.encode(TEXTS), first)


def test_another_encoder_has_a_file_of_its_own(tmp_path: Path) -> None:
    source = find_model("minilm", Path())
    other = tiny_bert(tmp_path / "other")
    assert KeptVectors(tmp_path, source).path != KeptVectors(tmp_path, str(other)).path
