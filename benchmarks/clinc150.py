"""CLINC150 (Larson et al. 2019): ten domains or 150 intents plus out of scope, on the official splits.

python -m benchmarks.clinc150 DATA/clinc150 [domains|intents ...] [--only NAME ...] [--choose]

For domains the best epoch is that of the validation rows. For intents ``--choose`` trains on the training rows and
shows the scores on in-scope validation rows by epoch; two settings tie there, and ``docs/encoder.md`` tells how one was
taken. Without it that one is used on training and validation rows together, and judged on the test rows.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.classifying import Task, examples, fit_notes, measure, write_results

ENCODER = {"kind": "encoder", "model": "minilm", "pooling": "mean", "freeze": "word_embeddings", "learning_rate": 2e-4}
CANDIDATES: dict[str, list[dict[str, Any]]] = {
    "domains": [
        {"name": "majority", "kind": "majority"},
        {"name": "linear", "kind": "linear"},
        {"name": "embedding", "kind": "embedding"},
        {"name": "minilm", "epochs": 4, **ENCODER},
    ],
    "intents": [
        {"name": "linear", "kind": "linear"},
        {"name": "minilm", "epochs": 6, "consistency": 4.0, "averaging": 0.998, "early_stopping": None, **ENCODER},
    ],
}
RESULTS = Path(__file__).parent / "results" / "clinc150.json"


def read_task(folder: Path, which: str) -> Task:
    """The full set, topics by domain or by intent."""
    table = pl.read_parquet(folder / "clinc150_full.parquet")
    column = {"domains": "domain", "intents": "intent"}[which]
    train, validation, test = (
        examples(table.filter(pl.col("split") == split), column) for split in ("train", "val", "test")
    )
    return Task(f"clinc150 {which}", train, validation, test, catch_all="oos")


def in_scope_validation(task: Task) -> Task:
    """``task`` judged, while settings are chosen, on validation rows that have an intent."""
    return replace(task, validation=tuple(row for row in task.validation if row.topic != task.catch_all))


def without_validation(task: Task) -> Task:
    """``task`` with its validation rows among those to learn from, once nothing is left to choose."""
    return replace(task, train=task.train + task.validation, validation=())


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("tasks", nargs="*", default=["domains", "intents"])
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--choose", action="store_true", help="score validation rows, and judge nothing on test rows")
    arguments = parser.parse_args()
    for which in arguments.tasks:
        task = read_task(arguments.data, which)
        for candidate in CANDIDATES[which]:
            if arguments.only and candidate["name"] not in arguments.only:
                continue
            if arguments.choose:
                print(candidate["name"], json.dumps(fit_notes(in_scope_validation(task), candidate)), flush=True)
                continue
            chosen = without_validation(task) if which == "intents" else task
            write_results(RESULTS, [measure(chosen, candidate, print)])


if __name__ == "__main__":
    main()
