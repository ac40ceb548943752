"""The linear kind's defaults against plain TF-IDF with a linear SVM, on several sets and sizes.

    python -m benchmarks.linear_defaults DATA

DATA holds ``clinc150/``, ``banking77/``, ``sgd_dev/`` and ``toucan_mcp_servers/``. The plain side is scikit-learn's
own: words and pairs of words by ``TfidfVectorizer(ngram_range=(1, 2))`` into ``LinearSVC()``. Sizes below a set's own
are the mean of three draws. Both learn from the same rows and are judged on the same. The result is
``results/linear_defaults.json``.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.classifying import Task, examples, measure
from topicsmith.records import Example

RESULTS = Path(__file__).parent / "results" / "linear_defaults.json"
SIZES = (350, 1500)
DRAWS = 3
MOST_JUDGED = 1500


def read_sets(folder: Path) -> Iterator[tuple[str, tuple[Example, ...], tuple[Example, ...]]]:
    """Name, training and test rows of each set; without an official split every third row is for the test."""
    clinc = pl.read_parquet(folder / "clinc150" / "clinc150_full.parquet").filter(pl.col("domain") != "oos")
    banking = pl.read_parquet(folder / "banking77" / "banking77.parquet")
    for name, table, topic in (
        ("CLINC150 domains", clinc, "domain"),
        ("CLINC150 intents", clinc, "intent"),
        ("BANKING77", banking, "intent"),
    ):
        train, test = (examples(table.filter(pl.col("split") == split), topic) for split in ("train", "test"))
        yield name, train, test
    for name, file, text, topic in (
        ("SGD domains", "sgd_dev/traces.parquet", "first_user_message", "category"),
        ("tool servers", "toucan_mcp_servers/servers.parquet", "overview", "primary_label"),
    ):
        table = pl.read_parquet(folder / file, columns=[text, topic]).drop_nulls().rename({text: "text"})
        table = table.filter(pl.len().over(topic) >= 8).sample(fraction=1, shuffle=True, seed=13)
        rows = examples(table, topic)
        yield name, tuple(r for n, r in enumerate(rows) if n % 3), rows[::3]


def plain(task: Task) -> float:
    """The accuracy of scikit-learn's own way."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LinearSVC())
    model.fit([row.text for row in task.train], [row.topic for row in task.train])
    answers = model.predict([row.text for row in task.test])
    return float(np.mean([answer == row.topic for answer, row in zip(answers, task.test, strict=True)]))


def ours(task: Task) -> float:
    """The accuracy of ``kind: linear`` as it comes."""
    figures: Any = measure(task, {"name": "linear", "kind": "linear"}, lambda _: None)
    return float(figures["accuracy"]["value"])


def main() -> None:
    """Measure all, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    results = []
    for name, train, test in read_sets(parser.parse_args().data):
        order = np.random.default_rng(13).permutation(len(test))[:MOST_JUDGED]
        judged = tuple(test[int(index)] for index in order)
        for size in (*(size for size in SIZES if size < len(train)), len(train)):
            found = []
            for draw in range(DRAWS if size < len(train) else 1):
                chosen = np.random.default_rng(draw).permutation(len(train))[:size]
                task = Task(name, tuple(train[int(index)] for index in chosen), (), judged)
                found.append((ours(task), plain(task)))
            mean = np.mean(found, axis=0).round(4).tolist()
            results.append({"set": name, "rows": size, "n": len(judged), "linear": mean[0], "plain": mean[1]})
            print(results[-1], flush=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
