"""Topic and subtopic on CLINC150 (10 domains, 150 intents, in scope) in the three ways of ``kind: hierarchy``.

python benchmarks/subtopics.py DATA_FOLDER OUT.json       # DATA_FOLDER holds clinc150_full.parquet
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import polars as pl

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.hierarchy.kind import KIND
from topicsmith.classifiers.hierarchy.settings import HierarchySettings
from topicsmith.progress import SilentProgress
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic


def rows(table: pl.DataFrame, split: str) -> tuple[Example, ...]:
    """The in-scope rows of one official split."""
    found = table.filter((pl.col("split") == split) & ~pl.col("is_oos"))
    return tuple(
        Example(f"{split}-{i}", row["text"], row["domain"], row["intent"])
        for i, row in enumerate(found.iter_rows(named=True))
    )


def main() -> None:
    """Fit the three ways and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--base", type=json.loads, default={"kind": "linear"})
    parser.add_argument("--ways", nargs="*", default=["topic", "joint", "leaves", "steps"])
    options = parser.parse_args()
    table = pl.read_parquet(options.data / "clinc150_full.parquet")
    train, kept, test = rows(table, "train"), rows(table, "val"), rows(table, "test")
    below: dict[str, set[str]] = {}
    for row in train:
        below.setdefault(row.topic, set()).add(str(row.subtopic))
    taxonomy = Taxonomy(
        tuple(Topic(name, subtopics=tuple(map(Topic, sorted(subs)))) for name, subs in sorted(below.items()))
    )
    results = []
    for way in options.ways:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            context = FitContext(taxonomy, folder / "work", folder / "ledger.sqlite", folder, SilentProgress())
            settings = HierarchySettings.model_validate(
                {"name": way, "kind": "hierarchy", "way": way, "base": options.base}
            )
            began = time.perf_counter()
            fitted = KIND.fit(settings, TrainSet(train), ValidationSet(kept), context)
            took = time.perf_counter() - began
            found = fitted.predict([row.text for row in test])
            topics = sum(item.topic == row.topic for item, row in zip(found, test, strict=True))
            both = sum(
                (item.topic, item.subtopic) == (row.topic, row.subtopic) for item, row in zip(found, test, strict=True)
            )
            result = {
                "way": way,
                "base": options.base,
                "n": len(test),
                "topic_accuracy": round(topics / len(test), 4),
                "topic_and_subtopic_accuracy": round(both / len(test), 4) if way != "topic" else None,
                "train_s": round(took, 1),
            }
            results.append(result)
            print(json.dumps(result), flush=True)
    options.out.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
