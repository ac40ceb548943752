"""Training speed and accuracy: ours against the stock Hugging Face ``Trainer``, one after the other in one run.

python -m benchmarks.encoder_training DATA/clinc150 [--epochs N] [--rows N]

Both fine-tune all-MiniLM-L6-v2 on CLINC150's domains with the same rows, epochs, batch size, rate and warm-up. The
stock side is what the library's text classification example does: ``AutoModelForSequenceClassification``,
``DataCollatorWithPadding`` and ``Trainer`` with its defaults. Rates count training alone, without loading the model,
encoding, scoring or saving.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.classifying import MACHINE
from benchmarks.classifying import Task as Rows
from benchmarks.clinc150 import read_task
from topicsmith.classifiers.encoder.fit import fit_encoder
from topicsmith.classifiers.encoder.learner import piece_logits
from topicsmith.classifiers.encoder.settings import EncoderSettings
from topicsmith.classifiers.encoder.tokenization import load_tokenizer
from topicsmith.classifiers.torch_common.hub import find_model
from topicsmith.classifiers.training_targets import Targets
from topicsmith.progress import SilentProgress, Task

RESULTS = Path(__file__).parent / "results" / "encoder_training.json"
BATCH, RATE = 32, 2e-4
FROZEN: tuple[str | int, ...] = ("word_embeddings", 2, 3, 4)


def targets(task: Rows, part: str, topics: tuple[str, ...], rows: int | None = None) -> Targets:
    """The rows of one part as numbers; ``rows`` takes that many, drawn once."""
    chosen = list(getattr(task, part))
    if rows is not None and rows < len(chosen):
        order = np.random.default_rng(13).permutation(len(chosen))[:rows]
        chosen = [chosen[index] for index in sorted(order.tolist())]
    indices = np.array([topics.index(row.topic) for row in chosen], dtype=np.int64)
    return Targets(topics, [row.text for row in chosen], indices, np.ones(len(chosen), dtype=np.int64))


class Stopwatch(SilentProgress):
    """Measures how long the task called ``training`` is open."""

    seconds = 0.0

    @contextmanager
    def task(self, title: str, total: int | None = None, unit: str = "rows") -> Iterator[Task]:
        """Time the block."""
        started = time.perf_counter()
        with super().task(title, total, unit) as task:
            yield task
        if title == "training":
            self.seconds += time.perf_counter() - started


def ours(train: Targets, test: Targets, epochs: int, folder: Path, freeze: str | int) -> dict[str, Any]:
    """Our kind ``encoder``, partly frozen, no validation rows, so that only training is timed."""
    from topicsmith.classifiers.base import FitContext
    from topicsmith.taxonomy import Taxonomy, Topic

    taxonomy = Taxonomy(tuple(Topic(topic) for topic in train.topics))
    watch = Stopwatch()
    context = FitContext(taxonomy, folder / "work", folder / "ledger.sqlite", folder, watch)
    settings = EncoderSettings(
        name="ours", kind="encoder", model="minilm", pooling="mean", epochs=epochs, batch_size=BATCH,
        learning_rate=RATE, freeze=freeze, device="cpu",
    )  # fmt: skip
    nothing = Targets(train.topics, [], np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    model, encoder, notes = fit_encoder(settings, train, nothing, context)
    encoded = encoder.encode(test.texts)
    right = piece_logits(model, encoded, encoder.pad_id).argmax(axis=1) == test.indices
    return _figures(train, epochs, watch.seconds, right, str(notes["device"]))


def stock(train: Targets, test: Targets, epochs: int, folder: Path) -> dict[str, object]:
    """The library's own way, single precision as its defaults have it."""
    from transformers import AutoModelForSequenceClassification, DataCollatorWithPadding, Trainer, TrainingArguments

    source = find_model("minilm", folder)
    tokenizer = load_tokenizer(source)
    model = AutoModelForSequenceClassification.from_pretrained(source, num_labels=len(train.topics))
    arguments = TrainingArguments(
        str(folder / "stock"), num_train_epochs=epochs, per_device_train_batch_size=BATCH, learning_rate=RATE,
        warmup_steps=0.1, weight_decay=0.01, seed=13, save_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True,
    )  # fmt: skip
    trainer = Trainer(
        model, arguments, data_collator=DataCollatorWithPadding(tokenizer),
        train_dataset=_rows(tokenizer, train), eval_dataset=_rows(tokenizer, test),
    )  # fmt: skip
    started = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - started
    answers = trainer.predict(_rows(tokenizer, test)).predictions
    return _figures(train, epochs, seconds, answers.argmax(axis=1) == test.indices, "cpu, 2 threads, fp32")


def _rows(tokenizer: Any, targets: Targets) -> list[dict[str, Any]]:
    encoded = tokenizer(targets.texts, truncation=True)
    return [
        {"input_ids": ids, "attention_mask": mask, "labels": int(label)}
        for ids, mask, label in zip(encoded["input_ids"], encoded["attention_mask"], targets.indices, strict=True)
    ]


def _figures(train: Targets, epochs: int, seconds: float, right: Any, device: str) -> dict[str, Any]:
    return {
        "rows_per_s": round(len(train) * epochs / seconds, 1),
        "seconds": round(seconds, 1),
        "accuracy": round(float(np.mean(right)), 4),
        "n": len(right),
        "device": device,
    }


def main() -> None:
    """Train both ways and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rows", type=int)
    arguments = parser.parse_args()
    task = read_task(arguments.data, "domains")
    topics = tuple(sorted({row.topic for row in task.train}))
    train, test = targets(task, "train", topics, arguments.rows), targets(task, "test", topics)
    inside = test.indices != topics.index("oos")
    test = Targets(
        topics, [t for t, k in zip(test.texts, inside, strict=True) if k], test.indices[inside], test.copies[inside]
    )
    with tempfile.TemporaryDirectory() as name:
        results: dict[str, Any] = {"stock": stock(train, test, arguments.epochs, Path(name))}
        for freeze in FROZEN:
            found = ours(train, test, arguments.epochs, Path(name) / str(freeze), freeze)
            ratio = found["rows_per_s"] / results["stock"]["rows_per_s"]
            results[f"freeze: {freeze}"] = {**found, "ratio": round(ratio, 2)}
            print(f"freeze: {freeze}", results[f"freeze: {freeze}"], flush=True)
    results["setting"] = {
        "task": "CLINC150 domains, in-scope test rows", "rows": len(train), "epochs": arguments.epochs,
        "batch_size": BATCH, "learning_rate": RATE, "machine": MACHINE,
    }  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
