"""Cascades over a cheap member on frozen sentence vectors and an oracle, and hierarchies by leaves.

python -m benchmarks cascade DATA OUT.json [--vectors FOLDER] [--draws 20] [--only PART]

The oracle stands for a language model: it is right on 95 % of rows, independently, and gives no confidence. The
figures of a draw are those on test rows; a target counts as met where the share of right test rows is what was stated.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks._intent_sets import Bench, Data, Labelled, drawn, summary
from topicsmith.classifiers.base import FitContext, FloatArray, Predictions
from topicsmith.classifiers.cascade.fit import OnValidation
from topicsmith.classifiers.cascade.model import CascadeClassifier, Member
from topicsmith.classifiers.cascade.settings import CascadeSettings
from topicsmith.classifiers.hierarchy.leaves import leaf_taxonomy
from topicsmith.classifiers.hierarchy.model import HierarchyClassifier
from topicsmith.classifiers.probabilities import predictions
from topicsmith.classifiers.similarity.linear_head import IntArray
from topicsmith.progress import SilentProgress
from topicsmith.records import Example, Prediction, ValidationSet
from topicsmith.shares.estimators import em
from topicsmith.taxonomy import Taxonomy, Topic

ORACLE = 0.95
VALIDATION = 1500
OTHER = "other"


@dataclass(frozen=True)
class Known:
    """A model whose answers are known beforehand: texts are the numbers of rows."""

    topics: tuple[str, ...]
    probabilities: FloatArray | None
    answers: IntArray | None = None

    def predict(self, texts: Sequence[str]) -> Predictions:
        """The known answers."""
        rows = np.array([int(text) for text in texts], np.int64)
        if self.probabilities is not None:
            return predictions(self.topics, self.probabilities[rows])
        assert self.answers is not None
        return Predictions(tuple(Prediction(self.topics[at]) for at in self.answers[rows].tolist()))

    def save(self, folder: Path) -> None:
        """Nothing is saved."""


@dataclass(frozen=True)
class Ground:
    """Rows whose topics and answers by the cheap member are known; ``truth`` (rows,) numbers topics."""

    taxonomy: Taxonomy
    truth: IntArray
    cheap: FloatArray

    def oracle(self, rng: np.random.Generator) -> Known:
        """Right on 95 % of rows, and on any other topic elsewhere."""
        topics = len(self.taxonomy.names)
        wrong = (self.truth + rng.integers(1, topics, len(self.truth))) % topics
        said = np.where(rng.random(len(self.truth)) < ORACLE, self.truth, wrong)
        return Known(self.taxonomy.names, None, said.astype(np.int64))

    def examples(self, rows: IntArray) -> tuple[Example, ...]:
        """Rows as the package has them."""
        names = self.taxonomy.names
        return tuple(Example(str(row), str(row), names[self.truth[row]]) for row in rows.tolist())


def cascaded(ground: Ground, dear: Known, validation: IntArray, test: IntArray, **target: object) -> dict[str, float]:
    """What becomes of a target: on test rows, the share that is right and the share sent; was it promised."""
    made = _made(ground, dear, validation, **target)
    found = made.predict([str(row) for row in test.tolist()])
    names = ground.taxonomy.names
    right = np.array([item.topic == names[ground.truth[row]] for item, row in zip(found, test.tolist(), strict=True)])
    sent = np.array([item.member == "oracle" for item in found])
    return {
        "accuracy": float(right.mean()),
        "sent": float(sent.mean()),
        "promised": float(made.training_notes["promised"] is True),
    }


def _made(ground: Ground, dear: Known, validation: IntArray, **target: object) -> CascadeClassifier:
    own = {"name": "cascade", "kind": "cascade", "members": ["cheap", "oracle"], **target}
    rows = ValidationSet(ground.examples(validation))
    context = FitContext(ground.taxonomy, Path(), Path(), Path(), SilentProgress())
    members = [
        Member("cheap", "similarity", Known(ground.taxonomy.names, ground.cheap)),
        Member("oracle", "prompted", dear),
    ]
    found = [member.model.predict(rows.texts) for member in members]
    return OnValidation(CascadeSettings.model_validate(own), rows, context).made(members, found)


def greedy(ground: Ground, dear: Known, validation: IntArray, test: IntArray, wanted: float) -> dict[str, float]:
    """The cheapest threshold that has the target on the validation rows."""

    def right(rows: IntArray, threshold: float) -> tuple[float, float]:
        sent = ground.cheap[rows].max(axis=1) < threshold
        said = np.where(sent, dear.answers[rows], ground.cheap[rows].argmax(axis=1))  # type: ignore[index]  # it has answers
        return float((said == ground.truth[rows]).mean()), float(sent.mean())

    levels = np.unique(ground.cheap[validation].max(axis=1))
    good = [level for level in levels if right(validation, level)[0] >= wanted]
    accuracy, sent = right(test, min(good, default=2.0))
    return {"accuracy": accuracy, "sent": sent, "promised": float(bool(good))}


def told(found: Sequence[dict[str, float]], wanted: float | None) -> dict[str, object]:
    """Means with spreads; how often the target was promised, and met on the test rows."""
    figures: dict[str, object] = {key: summary([each[key] for each in found]) for key in ("accuracy", "sent")}
    figures["promised"] = sum(each["promised"] > 0 for each in found)
    if wanted is not None:
        figures["met"] = sum(each["accuracy"] >= wanted for each in found)
    return figures


def banking(bench: Bench, draws: int) -> Iterator[tuple[str, object]]:
    """BANKING77: each draw holds back other rows, learns the cheap member anew and asks another oracle."""
    data = bench.sets["banking77"]
    grounds = [_banking(bench, data, np.random.default_rng(draw)) for draw in range(draws)]
    alone = [float((g.cheap[t].argmax(axis=1) == g.truth[t]).mean()) for g, _, t in grounds]
    yield "cheap member alone", {"accuracy": summary(alone)}
    dear = [ground.oracle(np.random.default_rng(1000 + draw)) for draw, (ground, _, _) in enumerate(grounds)]
    for name, target, wanted in (
        ("at most 10 % sent", {"most_sent": 0.10}, 0.95),
        ("accuracy .95", {"accuracy": 0.95}, 0.95),
        ("accuracy .96", {"accuracy": 0.96}, 0.96),
        ("accuracy .97", {"accuracy": 0.97}, 0.97),
        ("the last member's less .01", {"accuracy": "last"}, ORACLE - 0.01),
    ):
        found = [cascaded(g, d, v, t, **target) for (g, v, t), d in zip(grounds, dear, strict=True)]
        yield name, told(found, wanted)
    for wanted in (0.95, 0.96, 0.97):
        found = [greedy(g, d, v, t, wanted) for (g, v, t), d in zip(grounds, dear, strict=True)]
        yield f"greedy threshold, accuracy {wanted:g}", told(found, wanted)


def _banking(bench: Bench, data: Data, rng: np.random.Generator) -> tuple[Ground, IntArray, IntArray]:
    order = rng.permutation(len(data.train.topics))
    held, rows = data.train.at(order[:VALIDATION]), data.train.at(order[VALIDATION:])
    learnt = bench.learn(data.taxonomy, rows, held, rows.vectors[:0])
    vectors = np.concatenate([held.vectors, data.test.vectors])
    cheap = bench.today(learnt, data.taxonomy).probabilities(vectors)
    ground = Ground(data.taxonomy, np.concatenate([held.topics, data.test.topics]), np.asarray(cheap, np.float64))
    return ground, np.arange(VALIDATION), np.arange(VALIDATION, len(vectors))


def clinc(bench: Bench, draws: int) -> Iterator[tuple[str, object]]:
    """CLINC150's domains with a catch-all that has 3 % of validation rows and 18 % of test rows."""
    ground, inside, outside = _clinc(bench, bench.sets["clinc150 domains"])
    other = len(ground.taxonomy.names) - 1
    for wanted in (0.94, 0.96):
        found: dict[str, list[dict[str, float]]] = {}
        for draw in range(draws):
            rng = np.random.default_rng(draw)
            own, others = rng.permutation(inside), rng.permutation(outside)
            dear = ground.oracle(rng)
            validation, rest = np.concatenate([own[:1940], others[:60]]), others[60:]
            few, test = np.concatenate([own[1940:], rest[:130]]), np.concatenate([own[1940:], rest[:940]])
            stated = len(rest[:940]) / len(test)
            estimated = _share(ground, validation, test, other)
            for name, rows, more in (
                ("no shift", few, {}),
                ("shift", test, {}),
                ("shift, share stated", test, {"catch_all_share": stated}),
                ("shift, share estimated by EM on unlabelled texts", test, {"catch_all_share": estimated}),
            ):
                got = cascaded(ground, dear, validation, rows, accuracy=wanted, **more)
                found.setdefault(name, []).append(got)
            found.setdefault("shift, greedy threshold", []).append(greedy(ground, dear, validation, test, wanted))
        yield from ((f"accuracy {wanted:g}, {name}", told(each, wanted)) for name, each in found.items())


def _clinc(bench: Bench, data: Data) -> tuple[Ground, IntArray, IntArray]:
    """The cheap member's answers; what it learnt from is not among the rows."""
    taxonomy = Taxonomy((*data.taxonomy.topics, Topic(OTHER)), catch_all=OTHER)
    other, learning = len(data.taxonomy.topics), data.outside[:100]
    rows = Labelled(
        np.concatenate([data.train.vectors, learning]),
        np.concatenate([data.train.topics, np.full(len(learning), other)]),
    )
    order = np.random.default_rng(0).permutation(len(data.validation.topics))
    learnt = bench.learn(taxonomy, rows, data.validation.at(order[:1000]), rows.vectors[:0])
    left = data.validation.at(order[1000:])
    outside = np.concatenate([data.outside[100:], data.outside_test])
    vectors = np.concatenate([left.vectors, data.test.vectors, outside])
    truth = np.concatenate([left.topics, data.test.topics, np.full(len(outside), other)])
    cheap = np.asarray(bench.today(learnt, taxonomy).probabilities(vectors), np.float64)
    within = len(vectors) - len(outside)
    return Ground(taxonomy, truth, cheap), np.arange(within), np.arange(within, len(vectors))


def _share(ground: Ground, validation: IntArray, texts: IntArray, other: int) -> float:
    """The catch-all's share among texts without labels: EM over what is answered (Saerens et al. 2002)."""
    said, true = ground.cheap[validation].argmax(axis=1) == other, ground.truth[validation] == other
    answered = [[float((said[rows] == out).mean()) for out in (False, True)] for rows in (~true, true)]
    counts = np.bincount((ground.cheap[texts].argmax(axis=1) == other).astype(int), minlength=2)
    return float(np.clip(em(counts[None].astype(float), np.array([answered]))[0, 1], 0.001, 0.999))


def leaves(bench: Bench, draws: int, folder: Path) -> Iterator[tuple[str, object]]:
    """CLINC150's intents under their domains, 50 rows each: flat, and by leaves; 15 intents without examples."""
    data = bench.sets["clinc150"]
    table = pl.read_parquet(folder / "clinc150" / "clinc150_full.parquet").filter(~pl.col("is_oos"))
    domain = {
        a.replace("_", " "): b.replace("_", " ") for a, b in table.select("intent", "domain").unique().iter_rows()
    }
    domains = sorted(set(domain.values()))
    below = {each: [topic for topic in data.taxonomy.topics if domain[topic.name] == each] for each in domains}
    taxonomy = Taxonomy(tuple(Topic(name, subtopics=tuple(subs)) for name, subs in below.items()))
    flat = leaf_taxonomy(taxonomy)
    place = {topic.name: at for at, topic in enumerate(data.taxonomy.topics)}
    order = np.array([place[sub.name] for subs in below.values() for sub in subs])
    found = [_leaves(bench, data, taxonomy, flat, order, draw) for draw in range(draws)]
    yield "leaves", {key: summary([each[key] for each in found]) for key in found[0]}


def _leaves(
    bench: Bench, data: Data, taxonomy: Taxonomy, flat: Taxonomy, order: IntArray, draw: int
) -> dict[str, float]:
    rng = np.random.default_rng(draw)
    hidden = rng.permutation(len(order))[:15]
    back = np.argsort(order)
    rows, held = drawn(data.train, 50, rng), drawn(data.validation, 10, rng)
    some = rows.at(~np.isin(rows.topics, hidden))
    figures: dict[str, float] = {}
    for name, train in (("", rows), (", without examples", some)):
        moved = [replace(each, topics=back[each.topics]) for each in (train, held)]
        leaf = bench.today(bench.learn(flat, *moved, train.vectors[:0]), flat).probabilities(data.test.vectors)
        model = HierarchyClassifier(
            "leaves", taxonomy, Known(flat.names, np.asarray(leaf, np.float64)), {}, "similarity"
        )
        texts = [str(at) for at in range(len(data.test.topics))]
        found, (pairs, shares) = model.predict(texts), model.leaves(texts)
        assert found.probabilities is not None
        truth = [pairs[back[at]] for at in data.test.topics.tolist()]
        flat_right = leaf.argmax(axis=1) == back[data.test.topics]  # the names are the same without topics above them
        right = np.array([(item.topic, item.subtopic) == pair for item, pair in zip(found, truth, strict=True)])
        kept = np.isin(data.test.topics, hidden) if name else np.ones(len(right), bool)
        figures[f"leaf accuracy{name}, flat"] = float(flat_right[kept].mean())
        figures[f"leaf accuracy{name}, leaves"] = float(right[kept].mean())
        figures[f"topic accuracy{name}"] = float(np.mean([i.topic == p[0] for i, p in zip(found, truth, strict=True)]))
        sums = np.stack(
            [shares[:, [at for at, p in enumerate(pairs) if p[0] == t]].sum(axis=1) for t in model.topics], 1
        )
        figures[f"largest gap of a topic and its leaves{name}"] = float(np.abs(sums - found.probabilities).max())
        best = [model.topics[at] for at in found.probabilities.argmax(axis=1)]
        figures[f"rows whose topic is not the likeliest{name}"] = float(
            sum(a != b for a, b in zip(best, found.topics, strict=True))
        )
    return figures


def main() -> None:
    """Measure, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--only", choices=["banking77", "clinc150 domains", "leaves"], action="append")
    arguments = parser.parse_args()
    bench = Bench(arguments.data, arguments.vectors)
    parts: dict[str, Callable[[], Iterator[tuple[str, object]]]] = {
        "banking77": lambda: banking(bench, arguments.draws),
        "clinc150 domains": lambda: clinc(bench, arguments.draws),
        "leaves": lambda: leaves(bench, max(5, arguments.draws // 4), arguments.data),
    }
    document = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    for part in arguments.only or parts:
        for name, figures in parts[part]():
            print(name, figures, flush=True)
            document.setdefault(part, {})[name] = figures
            arguments.out.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
