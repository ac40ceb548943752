"""What no topic covers, on a stream that mixes it with known topics: proposals, what accepting them gives, rivals.

    python -m benchmarks discovery DATA OUT.json [--vectors FOLDER] [--draws 5] [--only stream|alone|accept|cost]
        [--environments FOLDER]

``DATA`` as for ``benchmarks/similarity.py``; all-MiniLM-L6-v2, frozen. In each draw a quarter of the intents is hidden.
Half of the other intents' rows is labelled; the other half arrives with all rows of the hidden ones, on CLINC150 also
with its 1,200 rows out of scope. Rows that look familiar stay aside (``keeps`` of known ones do). A proposal is right
when at least half of its rows is one hidden intent; a hidden intent is found when a right proposal is of it. BANKING77
has 40 rows an intent, CLINC150 100. k-means is given twice the true number of intents; UMAP with HDBSCAN (BERTopic's
defaults) runs in an environment of its own on the same rows, one draw of each. Everything of ours is the package's own.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._intent_sets import Bench, Data, Labelled, right, summary
from benchmarks._peer_environment import environment
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.discovery.clusters import LEAST_ROWS, LEAST_SHARE, Clusters, find_clusters
from topicsmith.discovery.cut import clusters_of_unfamiliar, judged, learn_cut
from topicsmith.discovery.pool import KnownRows, familiarity
from topicsmith.discovery.space import TopicSpace
from topicsmith.discovery.tree import linkage_tree
from topicsmith.taxonomy import Taxonomy

ROWS = {"banking77": 40, "clinc150": 100}
KEPT = {"banking77": (0.8,), "clinc150": (0.8, 0.95)}
UMAP = """
import sys, numpy as np, warnings
warnings.filterwarnings("ignore")
from umap import UMAP
from sklearn.cluster import HDBSCAN
rows = np.load(sys.argv[1])
low = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0).fit_transform(rows)
np.save(sys.argv[2], HDBSCAN(min_cluster_size=10, metric="euclidean").fit_predict(low))
"""


@dataclass(frozen=True)
class Stream:
    """``known`` rows with their topics, and what arrives: ``truth`` is the hidden intent, -1 for known, -2 for none."""

    data: Data
    known: KnownRows
    shown: IntArray
    hidden: IntArray
    vectors: Vectors
    truth: IntArray
    topics: IntArray


def stream(data: Data, seed: int) -> Stream:
    """One draw."""
    rng = np.random.default_rng(seed)
    count = len(data.taxonomy.topics)
    order = rng.permutation(count)
    hidden, shown = np.sort(order[: round(count / 4)]), np.sort(order[round(count / 4) :])
    chosen = [rng.permutation(np.flatnonzero(data.train.topics == topic))[: ROWS[data.name]] for topic in range(count)]
    rows = data.train.at(np.concatenate(chosen))
    is_hidden = np.isin(rows.topics, hidden)
    mixed = rng.permutation(len(is_hidden))
    of_known = mixed[~is_hidden[mixed]]
    labelled = of_known[: len(of_known) // 2]
    arrives = np.concatenate([of_known[len(of_known) // 2 :], np.flatnonzero(is_hidden)])
    outside = np.concatenate([data.outside, data.outside_test])
    named = tuple(data.taxonomy.topics[topic] for topic in shown)
    topics = np.searchsorted(shown, rows.topics[labelled])
    return Stream(
        data,
        KnownRows(named, rows.vectors[labelled], topics, rows.vectors[:0]),
        shown,
        hidden,
        np.concatenate([rows.vectors[arrives], outside]),
        np.concatenate([np.where(is_hidden[arrives], rows.topics[arrives], -1), np.full(len(outside), -2)]),
        np.concatenate([rows.topics[arrives], np.full(len(outside), -2)]),
    )


def found_in(bench: Bench, drawn: Stream, keeps: float, seed: int) -> Clusters:
    """What ours proposes."""
    familiar = familiarity(drawn.known, bench.texts.encode, keeps, seed)
    return find_clusters(drawn.vectors, drawn.known, familiar, np.zeros(0, np.int64), seed)


def figures(labels: IntArray, drawn: Stream, rows: IntArray) -> dict[str, float]:
    """Precision of proposals, hidden intents found, and proposals for each of these."""
    proposals, correct, found = judged(labels, drawn.truth[rows])
    hidden = len(drawn.hidden)
    return {
        "precision": correct / max(1, proposals),
        "found": len(found) / hidden,
        "proposals a hidden intent": proposals / hidden,
    }


def large_enough(labels: IntArray) -> IntArray:
    """The clusters of a rival, by the same least size."""
    least = max(LEAST_ROWS, int(LEAST_SHARE * len(labels)))
    kept = np.where(labels >= 0, labels, labels.max() + 1)
    found = clusters_of_unfamiliar(kept, np.ones(len(kept)), least)
    return np.where(labels >= 0, found, -1)


def on_a_stream(bench: Bench, draws: int, environments: Path | None) -> Iterator[tuple[str, object]]:
    """Ours and k-means on every draw, UMAP with HDBSCAN on the first."""
    from sklearn.cluster import KMeans

    for name, kept in KEPT.items():
        for keeps in kept:
            ours, theirs, measured, seconds = [], [], [], []
            for seed in range(draws):
                drawn, started = stream(bench.sets[name], seed), time.perf_counter()
                clusters = found_in(bench, drawn, keeps, seed)
                seconds.append(time.perf_counter() - started)
                ours.append(figures(clusters.new_of, drawn, clusters.rows))
                assert clusters.cut.precision is not None
                measured.append(clusters.cut.precision.value)
                looked = clusters.rows[clusters.unfamiliar > 0]
                means = KMeans(2 * len(drawn.hidden), n_init=3, random_state=seed).fit_predict(drawn.vectors[looked])
                theirs.append(figures(large_enough(means.astype(np.int64)), drawn, looked))
                if environments is not None and not seed:
                    yield f"{name}, keeps {keeps}, UMAP and HDBSCAN, one draw", umap(environments, drawn, looked)
            told = {"precision by hiding known topics": summary(measured), "seconds": summary(seconds)}
            yield f"{name}, keeps {keeps}", {**_means(ours), **told}
            yield f"{name}, keeps {keeps}, k-means of twice the number", _means(theirs)


def umap(environments: Path, drawn: Stream, looked: IntArray) -> dict[str, object]:
    """BERTopic's default clustering; at most ten minutes."""
    try:
        python = environment(environments, "umap-learn", "umap-learn==0.5.12")
        with tempfile.TemporaryDirectory() as folder:
            rows, labels = Path(folder) / "rows.npy", Path(folder) / "labels.npy"
            np.save(rows, drawn.vectors[looked])
            started = time.perf_counter()
            subprocess.run([python, "-c", UMAP, rows, labels], check=True, timeout=600, capture_output=True)
            seconds = round(time.perf_counter() - started, 1)
            found = figures(large_enough(np.load(labels).astype(np.int64)), drawn, looked)
    except (RuntimeError, subprocess.SubprocessError) as exc:
        return {"error": str(exc)[:300]}
    return {**{key: round(value, 4) for key, value in found.items()}, "seconds": seconds}


def alone(bench: Bench, draws: int, _environments: Path | None) -> Iterator[tuple[str, object]]:
    """Hidden rows only: how many clusters of ten rows there are for each hidden intent, and how well they fit."""
    from sklearn.metrics import normalized_mutual_info_score

    for name in ROWS:
        found = []
        for seed in range(draws):
            drawn = stream(bench.sets[name], seed)
            rows = np.flatnonzero(drawn.truth >= 0)
            cut = learn_cut(drawn.known.vectors, drawn.known.topics, seed)
            assert cut is not None
            points = TopicSpace.of(drawn.known.vectors, drawn.known.topics).at(drawn.vectors[rows])
            labels = linkage_tree(points).at(cut.height)
            count = int((np.bincount(labels) >= LEAST_ROWS).sum())
            nmi = normalized_mutual_info_score(drawn.truth[rows], labels)
            found.append({"clusters a hidden intent": count / len(drawn.hidden), "nmi": float(nmi)})
        yield f"{name}, hidden rows only", _means(found)


def accepted(bench: Bench, draws: int, _environments: Path | None) -> Iterator[tuple[str, object]]:
    """The right proposals of BANKING77 become topics: accuracy on test rows of hidden intents and of old topics."""
    found = []
    for seed in range(draws):
        drawn = stream(bench.sets["banking77"], seed)
        clusters = found_in(bench, drawn, 0.8, seed)
        of_hidden: dict[int, list[int]] = {}
        for cluster in np.unique(clusters.new_of[clusters.new_of >= 0]):
            rows = clusters.rows[clusters.new_of == cluster]
            topics, counts = np.unique(drawn.truth[rows], return_counts=True)
            if topics[counts.argmax()] >= 0 and 2 * counts.max() >= len(rows):
                of_hidden.setdefault(int(topics[counts.argmax()]), []).extend(rows.tolist())
        truly = {int(topic): np.flatnonzero(drawn.truth == topic).tolist() for topic in drawn.hidden}
        shared = {topic: truly[topic] for topic in of_hidden}
        after, same, all_true = (_joined(bench, drawn, rows, seed) for rows in (of_hidden, shared, truly))
        found.append(
            {
                "hidden": after[0],
                "hidden, of those accepted": after[1],
                "old": after[2],
                "old, when the accepted join with their true rows": same[2],
                "hidden, with true rows of all": all_true[0],
                "old before": _joined(bench, drawn, {}, seed)[2],
            }
        )
    yield "banking77, right proposals accepted", _means(found)


def _joined(bench: Bench, drawn: Stream, joining: dict[int, list[int]], seed: int) -> tuple[float, float, float]:
    """Accuracy on test rows of hidden intents, of those that joined, and of old topics."""
    order = sorted(joining)
    topics = [drawn.data.taxonomy.topics[topic] for topic in (*drawn.shown, *order)]
    place = np.full(len(drawn.data.taxonomy.topics), -1, np.int64)
    place[drawn.shown] = np.arange(len(drawn.shown))
    place[order] = len(drawn.shown) + np.arange(len(order))
    vectors = np.concatenate([drawn.known.vectors, *(drawn.vectors[joining[topic]] for topic in order)])
    own = np.concatenate([drawn.known.topics, *(np.full(len(joining[topic]), place[topic]) for topic in order)])
    mixed = np.random.default_rng(seed).permutation(len(own))
    rows, taxonomy = Labelled(vectors, own), Taxonomy(tuple(topics))
    learnt = bench.learn(taxonomy, rows.at(mixed[len(mixed) // 5 :]), rows.at(mixed[: len(mixed) // 5]), vectors[:0])
    made, test = bench.today(learnt, taxonomy), drawn.data.test
    is_hidden, joined = np.isin(test.topics, drawn.hidden), np.isin(test.topics, order)
    judge = Labelled(test.vectors, place[test.topics])
    of_joined = right(made, judge.at(joined)) if joined.any() else 0.0
    return right(made, judge.at(is_hidden)), of_joined, right(made, judge.at(~is_hidden))


def cost(bench: Bench, _draws: int, _environments: Path | None) -> Iterator[tuple[str, object]]:
    """Ten thousand rows to link, with vectors at hand."""
    data = bench.sets["clinc150"]
    known = KnownRows(data.taxonomy.topics, data.validation.vectors, data.validation.topics, data.test.vectors[:0])
    started = time.perf_counter()
    clusters = find_clusters(data.train.vectors[:10_000], known, None, np.zeros(0, np.int64), 0)
    seconds = round(time.perf_counter() - started, 1)
    yield "10,000 rows linked", {"seconds": seconds, "clusters": len(np.unique(clusters.new_of))}


def _means(found: list[dict[str, float]]) -> dict[str, object]:
    return {key: summary([each[key] for each in found]) for key in found[0]}


PARTS = {"stream": on_a_stream, "alone": alone, "accept": accepted, "cost": cost}


def main() -> None:
    """Measure, and write each part when it is done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks discovery")
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--environments", type=Path)
    given = parser.parse_args()
    bench = Bench(given.data, given.vectors)
    document: dict[str, Any] = json.loads(given.out.read_text()) if given.out.exists() else {}
    for part in [given.only] if given.only else PARTS:
        for name, value in PARTS[part](bench, given.draws, given.environments):
            print(name, value, flush=True)
            document[name] = value
            given.out.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
