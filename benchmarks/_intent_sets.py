"""Two public sets as vectors, and what ``benchmarks/similarity.py`` shares over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from topicsmith.classifiers.encoder.sentence_encoder import RememberedVectors, SentenceEncoder
from topicsmith.classifiers.similarity.fit import Ground, LabelledVectors, learn
from topicsmith.classifiers.similarity.learnt import Learnt
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.similarity.senses import encoded_senses, own_senses
from topicsmith.classifiers.similarity.settings import SimilaritySettings
from topicsmith.classifiers.similarity.snapshot import Snapshot, snapshot
from topicsmith.classifiers.torch_common.hub import find_model
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_file import read_taxonomy

SETTINGS = SimilaritySettings(name="similarity", kind="similarity")
DOMAINS = Path(__file__).parent / "clinc150_domains.yaml"


@dataclass(frozen=True)
class Labelled:
    """Vectors (rows, width) and the index of each row's topic, (rows,)."""

    vectors: Vectors
    topics: IntArray

    def at(self, rows: Any) -> "Labelled":
        """Some of the rows."""
        return Labelled(self.vectors[rows], self.topics[rows])

    def weighted(self) -> LabelledVectors:
        """As the package wants them."""
        return LabelledVectors(self.vectors, self.topics, np.ones(len(self.topics)))


@dataclass(frozen=True)
class Data:
    """One set with its official splits; ``outside`` are the rows of no topic, to learn from and to be judged on."""

    name: str
    taxonomy: Taxonomy
    train: Labelled
    validation: Labelled
    test: Labelled
    outside: Vectors
    outside_test: Vectors


class Bench:
    """The sets, and what encodes names."""

    def __init__(self, folder: Path, kept: Path | None) -> None:
        """Encode both sets, or take the vectors from ``kept``."""
        self.texts = RememberedVectors(SentenceEncoder(find_model("minilm", Path())))
        clinc = pl.read_parquet(folder / "clinc150" / "clinc150_full.parquet")
        banking = pl.read_parquet(folder / "banking77" / "banking77.parquet")
        vectors = [self._vectors(name, table, kept) for name, table in (("clinc150", clinc), ("banking77", banking))]
        described = read_taxonomy(DOMAINS)
        self.sets = {
            "clinc150": _data("clinc150", clinc, vectors[0], "intent", None),
            "clinc150 domains": _data("clinc150 domains", clinc, vectors[0], "domain", described),
            "banking77": _data("banking77", banking, vectors[1], "intent", None),
        }

    def _vectors(self, name: str, table: pl.DataFrame, kept: Path | None) -> Vectors:
        path = kept / f"{name}.npy" if kept is not None else None
        if path is not None and path.exists():
            return np.asarray(np.load(path), np.float32)
        found = self.texts.encoder.encode(table["text"].to_list())
        if path is not None:
            np.save(path, found)
        return found

    def learn(self, taxonomy: Taxonomy, rows: Labelled, held: Labelled, pool: Vectors, **settings: Any) -> Learnt:
        """As the kind learns, without its folder."""
        own = SETTINGS.model_copy(update=settings)
        names = encoded_senses([own_senses(topic) for topic in taxonomy.topics], self.texts.encode)
        ground = Ground(names, pool[:0], np.zeros(0, np.int64), pool)
        return learn(own, taxonomy, rows.weighted(), held.weighted(), ground)

    def today(self, learnt: Learnt, taxonomy: Taxonomy, old_loss: float | None = None) -> Snapshot:
        """The topics of ``taxonomy``."""
        return snapshot(learnt, taxonomy, self.texts.encode, old_loss)


def _data(name: str, table: pl.DataFrame, vectors: Vectors, column: str, described: Taxonomy | None) -> Data:
    is_outside = table["is_oos"].to_numpy() if "is_oos" in table.columns else np.zeros(len(table), dtype=bool)
    split = table["split"].to_numpy()
    names = sorted(set(table[column].filter(~pl.Series(is_outside)).to_list()))
    plain = [each.replace("_", " ") for each in names]
    topics = [Topic(each) if described is None else described.topic(each) for each in plain]
    index = {each: at for at, each in enumerate(names)}
    of = np.array([index.get(each, -1) for each in table[column].to_list()], np.int64)

    def part(which: str) -> Labelled:
        rows = (split == which) & ~is_outside
        return Labelled(vectors[rows], of[rows])

    learning = vectors[is_outside & (split != "test")]
    outside_test = vectors[is_outside & (split == "test")]
    return Data(name, Taxonomy(tuple(topics)), part("train"), part("val"), part("test"), learning, outside_test)


def right(made: Snapshot, rows: Labelled) -> float:
    """Accuracy."""
    return float((made.probabilities(rows.vectors).argmax(axis=1) == rows.topics).mean())


def drawn(rows: Labelled, each: int, rng: np.random.Generator) -> Labelled:
    """``each`` rows of every topic."""
    chosen = [rng.permutation(np.flatnonzero(rows.topics == topic))[:each] for topic in np.unique(rows.topics)]
    return rows.at(np.concatenate(chosen).astype(np.int64))


def summary(values: Sequence[float]) -> dict[str, float]:
    """Mean and spread."""
    return {"mean": round(float(np.mean(values)), 4), "sd": round(float(np.std(values)), 4), "draws": len(values)}
