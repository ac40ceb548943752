"""``kind: similarity`` with few rows and many, what no topic covers, and topics that come later.

    python -m benchmarks similarity DATA OUT.json [--vectors FOLDER] [--draws 5] [--only PART ...]

``DATA`` holds ``clinc150/clinc150_full.parquet`` and ``banking77/banking77.parquet``. Texts are encoded once by
all-MiniLM-L6-v2, frozen; ``--vectors`` keeps the vectors from one run to the next. Everything else is done by the
package's own functions: what is measured is what ``kind: similarity`` does. Means over draws stand with their spread
(standard deviation over draws). Judged on the official test rows. Each part is written when it is done.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._intent_sets import Bench, Data, Labelled, drawn, right, summary
from topicsmith.classifiers.similarity.features import head_log_probabilities
from topicsmith.classifiers.similarity.learnt import NEVER, Learnt
from topicsmith.classifiers.similarity.linear_head import Vectors
from topicsmith.classifiers.similarity.name_prior import unit
from topicsmith.classifiers.similarity.novelty import scores
from topicsmith.classifiers.similarity.snapshot import Snapshot
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.taxonomy import Taxonomy, Topic

OTHER = "Other"


def few(bench: Bench, draws: int, *, pooled: bool = True) -> Iterator[tuple[str, object]]:
    """Zero to fifty examples; below twenty a topic the training rows, if ``pooled``, help without their labels."""
    for data in bench.sets.values():
        nothing = data.train.at(slice(0, 0))
        for each in (0, 1, 5, 10, 50):
            found = []
            for draw in range(draws if each else 1):
                rows = drawn(data.train, each, np.random.default_rng(draw)) if each else nothing
                learnt = bench.learn(data.taxonomy, rows, nothing, data.train.vectors if pooled else nothing.vectors)
                found.append(right(bench.today(learnt, data.taxonomy), data.test))
            yield f"{data.name}, {each} examples", summary(found)


def alone(bench: Bench, draws: int) -> Iterator[tuple[str, object]]:
    """As :func:`few`, with nothing beside the examples."""
    yield from few(bench, draws, pooled=False)


def everything(bench: Bench, _draws: int) -> Iterator[tuple[str, object]]:
    """All rows; BANKING77 has no validation split, so a tenth of its training rows is held back."""
    for data in bench.sets.values():
        rows, held = data.train, data.validation
        if not len(held.topics):
            order = np.random.default_rng(13).permutation(len(rows.topics))
            rows, held = rows.at(order[len(order) // 10 :]), rows.at(order[: len(order) // 10])
        learnt = bench.learn(data.taxonomy, rows, held, rows.vectors[:0])
        alone = head_log_probabilities(
            unit(data.test.vectors - learnt.centre), _head(learnt), len(data.taxonomy.topics)
        )
        yield (
            f"{data.name}, all rows",
            {
                "accuracy": round(right(bench.today(learnt, data.taxonomy), data.test), 4),
                "head alone": round(float((alone.argmax(axis=1) == data.test.topics).mean()), 4),
            },
        )


def _head(learnt: Learnt) -> Any:
    assert learnt.head is not None
    return learnt.head


def outside(bench: Bench, draws: int) -> Iterator[tuple[str, object]]:
    """Out-of-scope rows of CLINC150 with 100 labelled ones and with none; a quarter of BANKING77's intents hidden."""
    for name in ("clinc150 domains", "clinc150"):
        data = bench.sets[name]
        for labelled in (100, 0):
            found = [
                _outside(bench, data, np.random.default_rng(draw).permutation(len(data.outside))[:labelled])
                for draw in range(draws if labelled else 1)
            ]
            yield f"{name}, {labelled} rows of the catch-all", _means(found)
    hidden = [_hidden(bench, bench.sets["banking77"], np.random.default_rng(draw)) for draw in range(draws)]
    yield "banking77, a quarter hidden", _means(hidden)


def _means(found: list[dict[str, float]]) -> dict[str, object]:
    return {key: summary([each[key] for each in found]) for key in found[0]}


def _outside(bench: Bench, data: Data, chosen: IntArray) -> dict[str, float]:
    topics = len(data.taxonomy.topics)
    taxonomy = Taxonomy((*data.taxonomy.topics, Topic(OTHER)), catch_all=OTHER)
    rows = Labelled(
        np.concatenate([data.train.vectors, data.outside[chosen]]),
        np.concatenate([data.train.topics, np.full(len(chosen), topics)]),
    )
    learnt = bench.learn(taxonomy, rows, data.validation, rows.vectors[:0])
    return judged_outside(bench.today(learnt, taxonomy), data.test, data.outside_test)


def _hidden(bench: Bench, data: Data, rng: np.random.Generator) -> dict[str, float]:
    """Intents that training never saw are what no topic covers."""
    order = rng.permutation(len(data.taxonomy.topics))
    known = np.sort(order[len(order) // 4 :])
    place = np.full(len(order), -1, np.int64)
    place[known] = np.arange(len(known))
    topics = [data.taxonomy.topics[at] for at in known]
    taxonomy = Taxonomy((*topics, Topic(OTHER)), catch_all=OTHER)
    train, test = (Labelled(rows.vectors, place[rows.topics]) for rows in (data.train, data.test))
    train = train.at(train.topics >= 0)
    mixed = rng.permutation(len(train.topics))
    learnt = bench.learn(taxonomy, train.at(mixed[1500:]), train.at(mixed[:1500]), train.vectors[:0])
    inside = test.topics >= 0
    return judged_outside(bench.today(learnt, taxonomy), test.at(inside), test.vectors[~inside])


def judged_outside(made: Snapshot, test: Labelled, outside_test: Vectors) -> dict[str, float]:
    """AUROC, and at the threshold that was set: recall of the catch-all, rows kept, accuracy over all rows."""
    from sklearn.metrics import roc_auc_score

    assert made.learnt.detector is not None
    assert made.familiar is not None
    familiarity = [
        made.learnt.detector.familiarity(scores(unit(vectors - made.learnt.centre), made.familiar))
        for vectors in (test.vectors, outside_test)
    ]
    truth = np.concatenate([np.ones(len(test.topics)), np.zeros(len(outside_test))])
    inside, others = (made.probabilities(vectors).argmax(axis=1) for vectors in (test.vectors, outside_test))
    correct = int((inside == test.topics).sum() + (others == made.catch_all).sum())
    cut = np.quantile(familiarity[0], 0.05)
    return {
        "auroc": float(roc_auc_score(truth, np.concatenate(familiarity))),
        "recall": float((others == made.catch_all).mean()),
        "recall where .95 of the test rows are kept": float((familiarity[1] < cut).mean()),
        "kept": float((inside != made.catch_all).mean()),
        "kept at least": made.learnt.detector.bound,
        "accuracy of all rows": correct / (len(inside) + len(others)),
    }


def arrival(bench: Bench, draws: int) -> Iterator[tuple[str, object]]:
    """A ninth domain joins eight that were trained on 210 rows each, with its description and n examples.

    ``old loss`` is in points of the eight domains' accuracy, against the trained head alone and against this
    classifier before the ninth came.
    """
    for old_loss in (None, 0.01):
        found: dict[int, list[dict[str, float]]] = {0: [], 5: [], 20: []}
        for draw in range(8 * draws):
            for count, figures in _arrives(bench, np.random.default_rng(100 + draw), old_loss):
                found[count].append(figures)
        for count, each in found.items():
            losses = [figures["old loss against itself"] for figures in each]
            yield (
                f"ninth domain, {count} examples, old_loss {old_loss}",
                {
                    **_means(each),
                    "95th percentile of old loss against itself": round(float(np.quantile(losses, 0.95)), 2),
                },
            )


def _arrives(bench: Bench, rng: np.random.Generator, old_loss: float | None) -> Iterator[tuple[int, dict[str, float]]]:
    data = bench.sets["clinc150 domains"]
    *old, new = rng.permutation(len(data.taxonomy.topics))[:9].tolist()
    place = np.full(len(data.taxonomy.topics), -1, np.int64)
    place[[*old, new]] = np.arange(9)
    eight = Taxonomy(tuple(data.taxonomy.topics[at] for at in old))
    rows = Labelled(data.train.vectors, place[data.train.topics])
    of_old = drawn(rows.at((rows.topics >= 0) & (rows.topics < 8)), 210, rng)
    held = np.concatenate([np.flatnonzero(of_old.topics == topic)[:42] for topic in range(8)])
    used = np.setdiff1d(np.arange(len(of_old.topics)), held)
    learnt = bench.learn(eight, of_old.at(used), of_old.at(held), rows.vectors[:0])
    test = Labelled(data.test.vectors, place[data.test.topics])
    test_old, test_all = test.at((test.topics >= 0) & (test.topics < 8)), test.at(test.topics >= 0)
    alone = head_log_probabilities(unit(test_old.vectors - learnt.centre), _head(learnt), 8).argmax(axis=1)
    before = right(bench.today(learnt, eight), test_old)
    arriving = rng.permutation(np.flatnonzero(rows.topics == 8))
    for count in (0, 5, 20):
        nine = Taxonomy((*eight.topics, data.taxonomy.topics[new]))
        with_examples = _with_rows(learnt, nine, rows.vectors[arriving[:count]])
        made = bench.today(with_examples, nine, old_loss)
        yield (
            count,
            {
                "old loss against the head": 100 * (float((alone == test_old.topics).mean()) - right(made, test_old)),
                "old loss against itself": 100 * (before - right(made, test_old)),
                "recall": right(made, test.at(test.topics == 8)),
                "accuracy of nine": right(made, test_all),
            },
        )


def _with_rows(learnt: Learnt, nine: Taxonomy, vectors: Vectors) -> Learnt:
    """``learnt`` with labelled rows of the ninth topic beside it, as an examples store has them."""
    topics = np.concatenate([learnt.topics, np.full(len(vectors), 8)])
    rows = np.concatenate([learnt.rows, unit(vectors - learnt.centre)])
    lobes = np.concatenate([learnt.lobes, np.full(len(vectors), -1)])
    scores_of_nine = np.concatenate([learnt.held_scores, np.full((len(learnt.held), 1), NEVER)], axis=1)
    return replace(learnt, taxonomy=nine, rows=rows, topics=topics, lobes=lobes, held_scores=scores_of_nine)


def edit(bench: Bench, _draws: int) -> Iterator[tuple[str, object]]:
    """Seconds from an edit to the first answer by it: 200 topics with 500 examples each, vectors drawn at random."""
    rng = np.random.default_rng(0)
    topics, width = 200, 384
    centres = rng.normal(size=(topics, width)).astype(np.float32)
    of = np.repeat(np.arange(topics), 500)
    rows = unit(centres[of] + 1.5 * rng.normal(size=(len(of), width)).astype(np.float32))
    taxonomy = Taxonomy(tuple(Topic(f"topic {at}") for at in range(topics)))
    small = np.sort(rng.permutation(len(of))[:4000])
    some = Labelled(rows[small], of[small])
    learnt = bench.learn(taxonomy, some, some.at(slice(0, 4000, 4)), rows[:0])
    learnt = replace(learnt, rows=unit(rows - learnt.centre), topics=of, lobes=of)
    bench.today(learnt, taxonomy, 0.01)
    taken = []
    for number in range(5):
        started = time.perf_counter()
        made = bench.today(learnt, Taxonomy((*taxonomy.topics, Topic(f"new {number}"))), 0.01)
        made.probabilities(rows[:1])
        taken.append(time.perf_counter() - started)
    yield "seconds from an edit to the first answer", summary(taken)


PARTS: dict[str, Callable[[Bench, int], Iterator[tuple[str, object]]]] = {
    "few": few,
    "alone": alone,
    "all": everything,
    "outside": outside,
    "arrival": arrival,
    "edit": edit,
}


def main() -> None:
    """Measure, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--only", metavar="PART", choices=sorted(PARTS), action="append")
    arguments = parser.parse_args()
    bench = Bench(arguments.data, arguments.vectors)
    document = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    for part in arguments.only or PARTS:
        for name, figures in PARTS[part](bench, arguments.draws):
            print(name, figures, flush=True)
            document.setdefault(part, {})[name] = figures
            arguments.out.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
