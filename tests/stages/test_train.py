"""Training keeps what is trained."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from tests.test_pipeline import run
from topicsmith.project_file import read_project
from topicsmith.stages.train import settings


@pytest.mark.slow
def test_a_new_candidate_does_not_train_the_old_ones_again(small_project: Path) -> None:
    run(small_project)
    kept = small_project / "runs/small/classifiers/tfidf/topicsmith.json"
    before = kept.stat().st_mtime_ns
    with (small_project / "topicsmith.yaml").open("a") as file:
        file.write("  - {name: tfidf-2, kind: linear, seed: 14}\n")
    assert run(small_project)["train"] is False
    assert kept.stat().st_mtime_ns == before
    assert (small_project / "runs/small/classifiers/tfidf-2/README.md").is_file()


@pytest.mark.slow
def test_a_damaged_model_folder_is_trained_again(small_project: Path) -> None:
    run(small_project)
    manifest = small_project / "runs/small/classifiers/tfidf/topicsmith.json"
    manifest.write_text("{}")
    skipped = run(small_project)
    assert not skipped["train"]
    assert '"kind": "linear"' in manifest.read_text()


@pytest.mark.slow
def test_the_members_of_a_sweep_share_the_vectors_of_their_texts_and_others_do_not(
    small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two members of one sweep read 180 rows less the test rows once; a candidate outside of it reads its own."""
    from topicsmith.classifiers.encoder.sentence_encoder import SentenceEncoder

    read: list[str] = []
    encode = SentenceEncoder.encode

    def counted(self: SentenceEncoder, texts: Sequence[str]) -> NDArray[np.float32]:
        read.extend(texts)
        return encode(self, texts)

    monkeypatch.setattr(SentenceEncoder, "encode", counted)
    file = small_project / "topicsmith.yaml"
    sweep = "  - {name: sentences, kind: embedding, c: [[1.0], [100.0]]}\n  - {name: alone, kind: embedding}\n"
    file.write_text(file.read_text() + sweep)
    run(small_project, ["ingest", "label", "agree", "split", "balance", "train"])
    splits = pl.read_parquet(small_project / "runs/latest/splits.parquet")
    labels = pl.read_parquet(small_project / "runs/latest/labels.parquet")
    labelled = set(labels.filter(pl.col("topic").is_not_null())["query_id"])
    used = [q for q, split in splits.select("query_id", "split").iter_rows() if split != "test" and q in labelled]
    queries = pl.read_parquet(small_project / "runs/latest/queries.parquet").filter(pl.col("query_id").is_in(used))
    assert sum(text in set(queries["text"]) for text in read) == 2 * len(used)
    settings = [
        json.loads((small_project / f"runs/latest/classifiers/{name}/topicsmith.json").read_text())["settings"]["c"]
        for name in ("sentences-c-1.0", "sentences-c-100.0", "alone")
    ]
    assert settings == [[1.0], [100.0], [1.0, 10.0, 100.0]]


def test_training_k04_other_weights_under_the_same_path_are_another_candidate(small_project: Path) -> None:
    base = small_project / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    (base / "model.safetensors").write_bytes(b"weights")
    file = small_project / "topicsmith.yaml"
    file.write_text(file.read_text() + "  - {name: tuned, kind: encoder, model: base}\n")
    before = settings(read_project(file))
    assert settings(read_project(file)) == before
    (base / "model.safetensors").write_bytes(b"weighty")
    assert settings(read_project(file)) != before
