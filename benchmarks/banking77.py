"""Banking77 (Casanueva et al. 2020), 77 intents, official split.

python -m benchmarks.banking77 DATA/banking77 [--only NAME ...] [--choose]

The set has no validation rows. With ``--choose`` every tenth training row of each intent is held back, and the scores
on those by epoch are shown: so the settings below were chosen. Without it they are used on all 10,003 training rows,
and the test rows are judged once.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.classifying import Task, examples, fit_notes, measure, write_results
from topicsmith.records import Example

CANDIDATES: list[dict[str, Any]] = [
    {"name": "linear", "kind": "linear"},
    {
        "name": "minilm",
        "kind": "encoder",
        "model": "minilm",
        "pooling": "mean",
        "epochs": 6,
        "learning_rate": 2e-4,
        "freeze": "word_embeddings",
        "consistency": 4.0,
        "averaging": 0.998,
        "early_stopping": None,
    },
]
RESULTS = Path(__file__).parent / "results" / "banking77.json"


def read_task(folder: Path, choose: bool = False) -> Task:
    """The official split; to ``choose``, with every tenth training row of each intent as validation."""
    table = pl.read_parquet(folder / "banking77.parquet")
    train: list[Example] = []
    validation: list[Example] = []
    seen: dict[str, int] = {}
    for example in examples(table.filter(pl.col("split") == "train"), "intent"):
        seen[example.topic] = seen.get(example.topic, 0) + 1
        (validation if choose and seen[example.topic] % 10 == 0 else train).append(example)
    return Task(
        "banking77", tuple(train), tuple(validation), examples(table.filter(pl.col("split") == "test"), "intent")
    )


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--choose", action="store_true", help="hold back rows, and judge nothing on test rows")
    arguments = parser.parse_args()
    task = read_task(arguments.data, arguments.choose)
    for candidate in CANDIDATES:
        if arguments.only and candidate["name"] not in arguments.only:
            continue
        if arguments.choose:
            print(candidate["name"], json.dumps(fit_notes(task, candidate)))
        else:
            write_results(RESULTS, [measure(task, candidate, print)])


if __name__ == "__main__":
    main()
