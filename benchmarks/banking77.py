"""Banking77 (Casanueva et al. 2020), 77 intents, official split.

python -m benchmarks.banking77 DATA/banking77 [--only NAME ...]

The set has no validation rows: every tenth training row of each intent is held back. Epochs, learning rate, smoothing
and layer decay were chosen on those; ``consistency`` is set from the literature (R-Drop) and was not tried. Test rows
are judged once, with the settings written down here.
"""

import argparse
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.classifying import Task, examples, measure, write_results
from topicsmith.records import Example

CANDIDATES: list[dict[str, Any]] = [
    {"name": "linear", "kind": "linear"},
    {
        "name": "minilm",
        "kind": "encoder",
        "model": "minilm",
        "epochs": 8,
        "learning_rate": 2e-4,
        "freeze": "word_embeddings",
        "consistency": 1.0,
    },
]
RESULTS = Path(__file__).parent / "results" / "banking77.json"


def read_task(folder: Path) -> Task:
    """The official split, with every tenth training row of each intent as validation."""
    table = pl.read_parquet(folder / "banking77.parquet")
    train: list[Example] = []
    validation: list[Example] = []
    seen: dict[str, int] = {}
    for example in examples(table.filter(pl.col("split") == "train"), "intent"):
        seen[example.topic] = seen.get(example.topic, 0) + 1
        (validation if seen[example.topic] % 10 == 0 else train).append(example)
    return Task(
        "banking77", tuple(train), tuple(validation), examples(table.filter(pl.col("split") == "test"), "intent")
    )


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    task = read_task(arguments.data)
    for candidate in CANDIDATES:
        if not arguments.only or candidate["name"] in arguments.only:
            write_results(RESULTS, [measure(task, candidate, print)])


if __name__ == "__main__":
    main()
