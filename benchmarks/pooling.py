"""Three heads of an encoder over several seeds: the architecture's own, that over an averaging layer, and a mean's.

    python -m benchmarks.pooling DATA/clinc150 [--seeds 3] [--rows 2000] [--only model|layer|mean]

The first two load in transformers alone, the third does not. All fit all-MiniLM-L6-v2 with the defaults: on the demo's
conversations with their true domains (600 rows to learn from, 100 to choose the epoch, 300 to be judged on), and on
``--rows`` training rows of CLINC150's domains, judged on its in-scope test rows. The result is
``results/pooling.json``.
"""

import argparse
import tempfile
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.classifying import Task, examples, measure, write_results
from topicsmith.progress import SilentProgress
from topicsmith.project import TraceSettings
from topicsmith.tables import read_queries
from topicsmith.traces.ingest import ingest

POOLINGS = ("mean", "model", "layer")
RESULTS = Path(__file__).parent / "results" / "pooling.json"


def demo() -> Task:
    """The shipped conversations, in an order drawn once."""
    with as_file(files("topicsmith.demo")) as shipped, tempfile.TemporaryDirectory() as name:
        settings = TraceSettings(
            path="traces.jsonl.gz", format="table", messages="messages", id="id", topic="domain"
        )  # fmt: skip
        ingest(settings, shipped, Path(name) / "queries.parquet", Path(name) / "dropped.parquet", SilentProgress())
        queries = read_queries(Path(name) / "queries.parquet")
    table = pl.DataFrame({"text": [q.text for q in queries], "topic": [q.topic for q in queries]})
    rows = examples(table.sample(fraction=1, shuffle=True, seed=13), "topic")
    return Task("demo", rows[:600], rows[600:700], rows[700:1000])


def domains(folder: Path, rows: int) -> Task:
    """A part of CLINC150's training rows, and the in-scope rows of the other two splits."""
    table = pl.read_parquet(folder / "clinc150_full.parquet").filter(pl.col("domain") != "oos")
    train, validation, test = (examples(table.filter(pl.col("split") == s), "domain") for s in ("train", "val", "test"))
    drawn = np.random.default_rng(13).permutation(len(train))[:rows]
    return Task(f"clinc150 domains, {rows} rows", tuple(train[i] for i in drawn), validation[:500], test)


def main() -> None:
    """Measure, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--only", choices=POOLINGS, action="append")
    arguments = parser.parse_args()
    for task in (demo(), domains(arguments.data, arguments.rows)):
        for seed in range(13, 13 + arguments.seeds):
            for pooling in arguments.only or POOLINGS:
                candidate = {"name": f"{pooling}-seed-{seed}", "kind": "encoder", "model": "minilm", "seed": seed}
                found = measure(replace(task), {**candidate, "pooling": pooling}, print)
                write_results(RESULTS, [found])


if __name__ == "__main__":
    main()
