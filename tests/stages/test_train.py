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


CASCADE = "  - {name: both, kind: cascade, members: [tfidf, more], accuracy: 0.6}\n  - {name: more, kind: linear}\n"


@pytest.mark.slow
def test_a_cascade_is_trained_after_its_members_and_again_when_one_of_them_is(small_project: Path) -> None:
    file = small_project / "topicsmith.yaml"
    file.write_text(file.read_text() + CASCADE + "serving: {usd_per_hour: 3.6}\n")
    run(small_project)
    made = small_project / "runs/latest/classifiers/both/topicsmith.json"
    first = made.stat().st_mtime_ns
    document = json.loads(made.read_text())
    assert document["notes"]["reached"]["tfidf"] == 1.0
    board = {row["candidate"]: row for row in json.loads((small_project / "runs/latest/leaderboard.json").read_text())}
    costs = {row["candidate"]: row for row in json.loads((small_project / "runs/latest/costs.json").read_text())}
    share = document["notes"]["reached"]["more"]
    each = {name: costs[name]["serving"]["usd_per_1k"] for name in ("tfidf", "more", "both")}
    assert each["both"] == pytest.approx(each["tfidf"] + share * each["more"])
    assert board["both"]["usd_per_1k"] == pytest.approx(each["both"])
    assert costs["both"]["training_usd"] > costs["tfidf"]["training_usd"] + costs["more"]["training_usd"]
    predicted = pl.read_parquet(small_project / "runs/latest/predictions/both.parquet")
    assert set(predicted["member"].to_list()) <= {"tfidf", "more"}
    evaluations = json.loads((small_project / "runs/latest/evaluations.json").read_text())
    parts = next(each["parts"] for each in evaluations if each["candidate"] == "both")
    assert parts == [{"kind": "linear", "model": None}] * 2
    assert run(small_project)["train"] is True
    assert made.stat().st_mtime_ns == first
    file.write_text(file.read_text().replace("{name: more, kind: linear}", "{name: more, kind: linear, c: 0.5}"))
    assert run(small_project)["train"] is False
    assert made.stat().st_mtime_ns != first
