"""How many spoilt labels are found, and how many suspected ones are spoilt, beside cleanlab on the same probabilities.

    python benchmarks/suspicious_labels.py DATA/clinc150 [--cleanlab FOLDER] [--out FILE]

6,000 CLINC150 questions, labelled by domain (10 and out of scope: 11) or by intent (150 and out of scope: 151). 5, 10
and 20 % of the labels are spoilt: ``random``: any other topic; ``class``: each topic's own other topic; ``pair``:
only labels of the commonest topic, all turned into one other topic. Each case is spoilt five times. cleanlab (its
default rule, ``prune_by_noise_rate``, and its strictest, ``both``) is read from ``--cleanlab``, a folder that ``pip
install --no-deps --target FOLDER cleanlab termcolor tqdm`` filled; without it our figures stand alone.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from topicsmith.labels.out_of_fold import out_of_fold
from topicsmith.statistics.intervals import FloatArray, IntArray
from topicsmith.statistics.label_noise import margins, wrong_labels

ROWS, SEEDS, RATES = 6000, (7, 11, 17, 23, 29), (0.05, 0.1, 0.2)
Rule = Callable[[FloatArray, IntArray], NDArray[np.bool_]]


def spoil(truth: IntArray, topics: int, kind: str, rate: float, seed: int) -> IntArray:
    """``truth`` with about ``rate`` of its labels (of ``pair``: of the labels of one topic) turned into others."""
    rng = np.random.default_rng(seed)
    hit = rng.random(len(truth)) < rate
    if kind == "random":
        shift = rng.integers(1, topics, len(truth))
        return np.where(hit, (truth + shift) % topics, truth)
    if kind == "class":
        target = (np.arange(topics) + rng.integers(1, topics, topics)) % topics
        return np.where(hit, target[truth], truth)
    first, second = np.bincount(truth, minlength=topics).argsort(kind="stable")[::-1][:2]
    return np.where(hit & (truth == first), second, truth)


def cleanlab_rules(folder: Path | None) -> dict[str, Rule]:
    """Cleanlab's two rules by name; none without a folder."""
    if folder is None:
        return {}
    sys.path.append(str(folder))
    find = importlib.import_module("cleanlab.filter").find_label_issues

    def rule(name: str) -> Rule:
        return lambda probabilities, given: np.asarray(find(given, probabilities, filter_by=name, n_jobs=1))

    return {"cleanlab, default": rule("prune_by_noise_rate"), "cleanlab, both": rule("both")}


def score(found: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> dict[str, float]:
    """Precision, recall and F1 of what was found."""
    hits = int((found & wrong).sum())
    precision, recall = hits / max(int(found.sum()), 1), hits / max(int(wrong.sum()), 1)
    f1 = 2 * hits / max(int(found.sum()) + int(wrong.sum()), 1)
    return {"found": int(found.sum()), "precision": precision, "recall": recall, "f1": f1}


def measure(texts: Sequence[str], truth: IntArray, kind: str, rate: float, rules: dict[str, Rule]) -> dict[str, object]:
    """Every rule on the same spoilt labels and probabilities, on average over the seeds."""
    topics = int(truth.max()) + 1
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in rules}
    wrong_counts, order, proposed = [], [], []
    for seed in SEEDS:
        given = spoil(truth, topics, kind, rate, seed)
        wrong = given != truth
        opinions = out_of_fold(texts, given.tolist(), topics)
        assert opinions.known.all()
        for name, rule in rules.items():
            figures[name].append(score(rule(opinions.probabilities, given), wrong))
        instead, log_odds = margins(opinions.probabilities, given)
        sorted_wrong = wrong[np.argsort(-log_odds, kind="stable")]
        order.append(float(np.mean(sorted_wrong[: int(wrong.sum())])))
        proposed.append(float((instead == truth)[wrong].mean()))
        wrong_counts.append(int(wrong.sum()))
    means = {
        name: {key: float(np.mean([figure[key] for figure in each])) for key in each[0]}
        for name, each in figures.items()
    }
    return {"spoilt": float(np.mean(wrong_counts)), "order": float(np.mean(order)),
            "right_topic_proposed": float(np.mean(proposed)), **means}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every case and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--cleanlab", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "suspicious_labels.json")
    options = parser.parse_args(arguments)
    table = pl.read_parquet(options.data / "clinc150_full.parquet")
    table = table[np.sort(np.random.default_rng(5).choice(len(table), ROWS, replace=False))]
    rules = {"topicsmith": wrong_labels, **cleanlab_rules(options.cleanlab)}
    cases = []
    for column in ("domain", "intent"):
        names = {name: at for at, name in enumerate(sorted(set(table[column])))}
        truth = np.array([names[value] for value in table[column]], dtype=np.int64)
        for kind in ("random", "class", "pair"):
            for rate in RATES:
                figures = measure(table["text"].to_list(), truth, kind, rate, rules)
                cases.append({"topics": len(names), "kind": kind, "rate": rate, **figures})
                print(
                    len(names),
                    kind,
                    rate,
                    f"{figures['spoilt']:.0f} spoilt",
                    *(_short(name, figures[name]) for name in rules),
                )
    document = {"rows": ROWS, "sets": len(SEEDS), "cases": cases}
    options.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _short(name: str, figure: object) -> str:
    assert isinstance(figure, dict)
    return f"| {name}: precision {figure['precision']:.2f} recall {figure['recall']:.2f} F1 {figure['f1']:.3f}"


if __name__ == "__main__":
    main()
