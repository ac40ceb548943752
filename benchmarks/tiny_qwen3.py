"""A tiny Qwen3, trained from nothing on CLINC150's domains, answering in every way.

    python benchmarks/tiny_qwen3.py DATA_FOLDER OUT.json      # DATA_FOLDER holds clinc150_full.parquet

Pre-trains every weight on the training rows, then puts adapters on it for each candidate, saves, loads and asks it for
all 5,500 test rows. The reasoning that V3 learns is made by rule from the intent's name, for want of an annotator's.
"""

import argparse
import json
import platform
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import polars as pl

from topicsmith.classifiers.base import FitContext, Predictions
from topicsmith.classifiers.causal.kind import KIND
from topicsmith.classifiers.causal.settings import CausalSettings
from topicsmith.classifiers.model_folder import load_classifier, save_classifier
from topicsmith.llm.prompts import load_prompt
from topicsmith.progress import SilentProgress, TerminalProgress
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.testing import tiny_qwen3

OTHER = "Other"


def rows(folder: Path, split: str) -> list[Example]:
    """The rows of one official split, out-of-scope queries as 'Other'."""
    table = pl.read_parquet(folder / "clinc150_full.parquet").filter(pl.col("split") == split)
    return [
        Example(
            f"{split}-{index}",
            row["text"],
            OTHER if row["is_oos"] else name(row["domain"]),
            reasoning=f"The message is about {row['intent'].replace('_', ' ')}.",
        )
        for index, row in enumerate(table.iter_rows(named=True))
    ]


def every(found: list[Example], wanted: int | None) -> list[Example]:
    """``wanted`` rows at even distances, so that every intent has its share."""
    return found if wanted is None else found[:: max(1, len(found) // wanted)]


def name(domain: str) -> str:
    """A domain as a person would write it."""
    return domain.replace("_", " ").capitalize()


def measure(
    settings: CausalSettings,
    train: list[Example],
    kept: list[Example],
    test: list[Example],
    context: FitContext,
    folder: Path,
) -> tuple[dict[str, object], Predictions]:
    """Train, save, load alone and test one candidate."""
    began = time.perf_counter()
    fitted = KIND.fit(settings, TrainSet(tuple(train)), ValidationSet(tuple(kept)), context)
    trained = time.perf_counter()
    save_classifier(fitted, "causal", folder, "# tiny\n", {})
    loaded = load_classifier(folder)
    asked = time.perf_counter()
    found = loaded.predict([row.text for row in test])
    ended = time.perf_counter()
    right = [item.topic == row.topic for item, row in zip(found, test, strict=True)]
    inside = [ok for ok, row in zip(right, test, strict=True) if row.topic != OTHER]
    tokens = [item.output_tokens or 0 for item in found]
    return {
        "candidate": settings.name,
        "train_rows": len(train),
        "train_s": round(trained - began, 1),
        "test_rows": len(test),
        "in_scope_accuracy": round(sum(inside) / len(inside), 4),
        "accuracy_all": round(sum(right) / len(right), 4),
        "invalid": sum(item.topic not in loaded.topics for item in found),
        "output_tokens_mean": round(sum(tokens) / len(tokens), 2),
        "texts_per_s": round(len(test) / (ended - asked), 1),
    }, found


def main() -> None:
    """Run it all and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=None, help="training rows, for a quick look")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=192)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    train, kept, test = (
        every(rows(options.data, "train"), options.rows),
        rows(options.data, "val"),
        rows(options.data, "test"),
    )
    topics = sorted({row.topic for row in train} - {OTHER})
    taxonomy = Taxonomy((*(Topic(topic) for topic in topics), Topic(OTHER)), OTHER)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        base = work / "base"
        prompt = load_prompt("v2", work)
        began = time.perf_counter()
        texts = [part for row in train for part in prompt.render(row.text, taxonomy)[1:]]
        texts += [*prompt.render("", taxonomy)[:1]] * 50 + [row.reasoning or "" for row in train]
        weights = tiny_qwen3.make(base, texts, hidden=options.hidden, layers=options.layers)
        tiny_qwen3.pretrain(
            base, train, taxonomy, prompt, work, TerminalProgress(), epochs=options.epochs, learning_rate=2e-3
        )
        pretrained = time.perf_counter() - began
        print(f"{weights:,} weights pre-trained in {pretrained / 60:.1f} minutes", flush=True)
        context = FitContext(taxonomy, work / "work", work / "ledger.sqlite", work, SilentProgress())
        few = every(train, 1500)
        candidates = [
            ("label", {"answer": "label"}, few),
            ("json-v2", {"answer": "json"}, few),
            ("json-v1", {"answer": "json", "prompt": "v1", "learning_rate": 2e-3}, few),
            (
                "json-v3-before",
                {"answer": "json", "prompt": "v3", "learning_rate": 2e-3, "max_reasoning_tokens": 24},
                few,
            ),
            ("json-v3-after", {"answer": "json", "prompt": "v3", "reasoning": "after", "learning_rate": 2e-3}, few),
            ("head", {"answer": "head", "learning_rate": 2e-3}, few),
        ]
        results, answers = [], {}
        for candidate, own, chosen in candidates:
            if options.only and candidate not in options.only:
                continue
            settings = CausalSettings.model_validate(
                {"name": candidate, "kind": "causal", "model": str(base), "epochs": 1, **own}
            )
            figures, found = measure(
                settings, chosen, kept[:300], test, replace(context, work=work / candidate), work / f"{candidate}-model"
            )
            print(json.dumps(figures), flush=True)
            results.append(figures)
            answers[candidate] = found
    differ = None
    if {"label", "json-v2"} <= set(answers):
        differ = sum(a.topic != b.topic for a, b in zip(answers["label"], answers["json-v2"], strict=True))
    document = {
        "machine": f"{platform.machine()}, 2 cores, no GPU",
        "weights": weights,
        "pretraining_minutes": round(pretrained / 60, 2),
        "label_and_json_v2_differ_on": differ,
        "results": results,
    }
    options.out.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
