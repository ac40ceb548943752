"""CLINC150 (Larson et al. 2019): ten domains or 150 intents plus out of scope, on the official splits.

python -m benchmarks.clinc150 DATA/clinc150 [domains|intents ...] [--only NAME ...]

Nothing is chosen on test rows: the best epoch is that of the validation rows, and all else is written down here.
"""

import argparse
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.classifying import Task, examples, measure, write_results

ENCODER = {"kind": "encoder", "model": "minilm", "freeze": "word_embeddings", "learning_rate": 2e-4}
CANDIDATES: dict[str, list[dict[str, Any]]] = {
    "domains": [
        {"name": "majority", "kind": "majority"},
        {"name": "linear", "kind": "linear"},
        {"name": "embedding", "kind": "embedding"},
        {"name": "minilm", "epochs": 4, **ENCODER},
    ],
    "intents": [
        {"name": "linear", "kind": "linear"},
        {"name": "minilm", "epochs": 10, "consistency": 4.0, "averaging": 0.998, **ENCODER},
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


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("tasks", nargs="*", default=["domains", "intents"])
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    for which in arguments.tasks:
        task = read_task(arguments.data, which)
        for candidate in CANDIDATES[which]:
            if not arguments.only or candidate["name"] in arguments.only:
                write_results(RESULTS, [measure(task, candidate, print)])


if __name__ == "__main__":
    main()
