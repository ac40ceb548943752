"""The encoder's recipes and a plain training loop: accuracy and minutes, on two sets, one after the other in one run.

    python -m benchmarks.recipes DATA [--rows 3000] [--only NAME ...]

DATA holds ``clinc150/`` and ``banking77/``. All fine-tune all-MiniLM-L6-v2 with one seed on ``--rows`` training rows of
CLINC150's domains (in scope) and of BANKING77's 77 intents, with 500 further rows to choose the epoch by, and are
judged on the sets' own test rows. The plain loop is what one writes in an hour: the mean of the last states, a linear
layer, AdamW at 2e-4 falling to zero, batches of 32 in random order, five epochs, the last one kept. Minutes are those
of training alone, with loading, encoding and scoring. The result is ``results/recipes.json``.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import nn

from benchmarks.classifying import MACHINE, Task, examples, measure, write_results
from topicsmith.classifiers.torch_common.hub import find_model
from topicsmith.records import Example
from topicsmith.statistics.intervals import wilson

RESULTS = Path(__file__).parent / "results" / "recipes.json"
RECIPES = ("fast", "standard", "best")
VALIDATION = 500
SEED = 13


def read_tasks(folder: Path, rows: int) -> tuple[Task, Task]:
    """Both sets with ``rows`` training rows each, drawn once."""
    domains = pl.read_parquet(folder / "clinc150" / "clinc150_full.parquet").filter(pl.col("domain") != "oos")
    intents = pl.read_parquet(folder / "banking77" / "banking77.parquet")
    return (
        _task(f"clinc150 domains, {rows} rows", domains, "domain", rows),
        _task(f"banking77, {rows} rows", intents, "intent", rows),
    )


def _task(name: str, table: pl.DataFrame, topic: str, rows: int) -> Task:
    train, test = (examples(table.filter(pl.col("split") == split), topic) for split in ("train", "test"))
    order = np.random.default_rng(SEED).permutation(len(train))
    drawn: tuple[Example, ...] = tuple(train[int(index)] for index in order[: rows + VALIDATION])
    return Task(name, drawn[:rows], drawn[rows:], test)


def plain_loop(task: Task) -> dict[str, Any]:
    """The loop that the recipes are measured against."""
    from transformers import AutoModel, AutoTokenizer

    source = find_model("minilm", Path())
    tokenizer = AutoTokenizer.from_pretrained(source)
    topics = sorted({row.topic for row in task.train})
    started = time.perf_counter()
    torch.manual_seed(SEED)
    body = AutoModel.from_pretrained(source)
    head = nn.Linear(body.config.hidden_size, len(topics))

    def logits(texts: list[str]) -> torch.Tensor:
        inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        mask = inputs["attention_mask"][..., None]
        states = body(**inputs).last_hidden_state
        found: torch.Tensor = head((states * mask).sum(1) / mask.sum(1))
        return found

    optimizer = torch.optim.AdamW([*body.parameters(), *head.parameters()], lr=2e-4)
    batches = 5 * -(-len(task.train) // 32)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, batches)
    generator = np.random.default_rng(SEED)
    body.train()
    for _ in range(5):
        order = generator.permutation(len(task.train))
        for at in range(0, len(order), 32):
            rows = [task.train[int(index)] for index in order[at : at + 32]]
            targets = torch.tensor([topics.index(row.topic) for row in rows])
            nn.functional.cross_entropy(logits([row.text for row in rows]), targets).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
    seconds = time.perf_counter() - started
    body.eval()
    with torch.inference_mode():
        right = sum(
            topics[int(choice)] == row.topic
            for at in range(0, len(task.test), 64)
            for row, choice in zip(
                task.test[at : at + 64],
                logits([r.text for r in task.test[at : at + 64]]).argmax(1).tolist(),
                strict=True,
            )
        )
    interval = wilson(right, len(task.test))
    return {
        "task": task.name,
        "candidate": {"name": "plain loop"},
        "n": len(task.test),
        "accuracy": {key: round(getattr(interval, key), 5) for key in ("value", "low", "high")},
        "train_s": round(seconds, 1),
        "machine": MACHINE,
    }


def main() -> None:
    """Measure all, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    for task in read_tasks(arguments.data, arguments.rows):
        for name in arguments.only or ("plain loop", *RECIPES):
            if name == "plain loop":
                found = plain_loop(task)
            else:
                candidate = {"name": name, "kind": "encoder", "model": "minilm", "recipe": name, "seed": SEED}
                found = measure(task, candidate, lambda _: None)
            found.pop("notes", None)
            write_results(RESULTS, [found])
            print(task.name, name, found["accuracy"], f"{found['train_s'] / 60:.1f} min", flush=True)


if __name__ == "__main__":
    main()
