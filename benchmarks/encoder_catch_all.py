"""A fine-tuned encoder and the catch-all: as a topic among others, and told by the detector.

    python -m benchmarks encoder_catch_all DATA OUT.json [--kept FOLDER] [--only NAME ...]

CLINC150's ten domains and what is out of scope, on the official splits: fitted on all training rows (100 of them out of
scope), judged on all 5,500 test rows (1,000 out of scope). What stands in ``OUT.json`` is not measured again;
``--kept`` keeps the fitted classifiers, from which an interrupted run goes on.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._intent_sets import DOMAINS
from benchmarks.classifying import MACHINE, share
from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.model_folder import candidate_kind, load_classifier
from topicsmith.classifiers.predict import predict_all
from topicsmith.classifiers.train import train_candidate
from topicsmith.progress import TerminalProgress
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_file import read_taxonomy

OTHER = "Other"
BASE = {"kind": "encoder", "model": "minilm", "epochs": 4, "pooling": "mean", "learning_rate": 2e-4}
CANDIDATES: dict[str, dict[str, Any]] = {
    "catch_all: detector": {"kind": "detector", "base": BASE},
    "catch-all as a topic": BASE,
}


def read_splits(folder: Path) -> dict[str, tuple[Example, ...]]:
    """Rows by split; those out of scope have the topic ``Other``."""
    table = pl.read_parquet(folder / "clinc150" / "clinc150_full.parquet")
    table = table.with_columns(
        pl.when("is_oos").then(pl.lit(OTHER)).otherwise(pl.col("domain").str.replace_all("_", " ")).alias("topic"),
        pl.col("split").replace({"val": "validation"}),
    )
    rows: dict[str, list[Example]] = {"train": [], "validation": [], "test": []}
    for at, (text, topic, split) in enumerate(table.select("text", "topic", "split").iter_rows()):
        rows[split].append(Example(str(at), text, topic))
    return {split: tuple(found) for split, found in rows.items()}


def fit(name: str, splits: dict[str, tuple[Example, ...]], folder: Path) -> dict[str, object]:
    """Fit one candidate into ``folder``, and return what it says of itself."""
    known = {row.topic for row in splits["train"]}
    topics = [topic for topic in read_taxonomy(DOMAINS).topics if topic.name in known and topic.name != OTHER]
    taxonomy = Taxonomy((*topics, Topic(OTHER)), catch_all=OTHER)
    settings = candidate_kind(CANDIDATES[name]["kind"]).Settings.model_validate({"name": "minilm", **CANDIDATES[name]})
    context = FitContext(taxonomy, folder / "work", folder / "ledger.sqlite", folder, TerminalProgress())
    record = train_candidate(
        settings, TrainSet(splits["train"]), ValidationSet(splits["validation"]), context, folder / "model"
    )
    return {"train_s": round(record.seconds), "device": record.device, "notes": dict(record.notes)}


def judge(folder: Path, test: tuple[Example, ...]) -> dict[str, object]:
    """All test rows: right, catch-all found, rows of topics that were not given to the catch-all."""
    found, _ = predict_all(load_classifier(folder / "model"), [row.text for row in test], TerminalProgress())
    answers, truth = np.array(found.topics), np.array([row.topic for row in test])
    inside = truth != OTHER
    return {
        "accuracy of all rows": share(answers == truth),
        "accuracy of rows of topics": share((answers == truth)[inside]),
        "recall of the catch-all": share((answers == OTHER)[~inside]),
        "rows of topics kept": share((answers != OTHER)[inside]),
    }


def main() -> None:
    """Measure, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--only", choices=sorted(CANDIDATES), action="append")
    arguments = parser.parse_args()
    document = json.loads(arguments.out.read_text()) if arguments.out.exists() else {"machine": MACHINE}
    splits = read_splits(arguments.data)
    with tempfile.TemporaryDirectory() as gone:
        for name in arguments.only or CANDIDATES:
            if name in document:
                continue
            folder = (arguments.kept or Path(gone)) / name.replace(":", "").replace(" ", "-")
            about = folder / "about.json"
            if not about.exists():
                folder.mkdir(parents=True, exist_ok=True)
                about.write_text(json.dumps(fit(name, splits, folder)))
            figures = {"candidate": CANDIDATES[name], **judge(folder, splits["test"]), **json.loads(about.read_text())}
            print(name, json.dumps(figures), flush=True)
            document[name] = figures
            arguments.out.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
