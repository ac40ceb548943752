"""A fine-tuned MiniLM by onnxruntime: answers and accuracy against torch, alone and in company, and speed.

    python -m benchmarks onnx_encoder DATA OUT.json [--model FOLDER]

CLINC150's ten domains on all 4,500 test rows in scope. ``FOLDER`` is a model folder of ``kind: encoder`` trained on the
domains; without it one is trained, as ``TRAINED`` says, on all training rows in scope. Besides the two precisions of
``export --onnx``, what onnxruntime's own dynamic quantization makes of the same graph.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._intent_sets import DOMAINS
from benchmarks.classifying import MACHINE
from topicsmith.classifiers.base import FitContext, FloatArray
from topicsmith.classifiers.model_folder import candidate_kind, load_classifier, read_manifest
from topicsmith.classifiers.onnx.model import GRAPH, OnnxClassifier, read_model
from topicsmith.classifiers.onnx.parts import Traceable
from topicsmith.classifiers.onnx.write import write_files
from topicsmith.classifiers.train import train_candidate
from topicsmith.progress import TerminalProgress
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.statistics.intervals import wilson
from topicsmith.taxonomy import Taxonomy
from topicsmith.taxonomy_file import read_taxonomy

TRAINED = {
    "name": "minilm",
    "kind": "encoder",
    "model": "minilm",
    "epochs": 4,
    "pooling": "mean",
    "learning_rate": 2e-4,
}
SINGLES = 300


@dataclass(frozen=True)
class Rows:
    """Texts with their domains."""

    texts: list[str]
    truth: list[str]


def read_rows(folder: Path, split: str) -> Rows:
    """The rows in scope of one split."""
    table = pl.read_parquet(folder / "clinc150" / "clinc150_full.parquet")
    table = table.filter((pl.col("split") == split) & ~pl.col("is_oos"))
    return Rows(table["text"].to_list(), table["domain"].str.replace_all("_", " ").to_list())


def train(data: Path, folder: Path) -> Path:
    """An encoder fitted on the domains."""
    sets = {name: read_rows(data, name) for name in ("train", "val")}
    examples = {
        name: tuple(Example(f"{name}-{at}", *row) for at, row in enumerate(zip(rows.texts, rows.truth, strict=True)))
        for name, rows in sets.items()
    }
    known = set(sets["train"].truth)
    taxonomy = Taxonomy(tuple(topic for topic in read_taxonomy(DOMAINS).topics if topic.name in known))
    settings = candidate_kind("encoder").Settings.model_validate(TRAINED)
    context = FitContext(taxonomy, folder / "work", folder / "ledger.sqlite", folder, TerminalProgress())
    train_candidate(settings, TrainSet(examples["train"]), ValidationSet(examples["val"]), context, folder / "model")
    return folder / "model"


def stock(fp32: OnnxClassifier, folder: Path) -> OnnxClassifier:
    """The same graph as onnxruntime quantizes it: one range for a whole batch."""
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        fp32.folder / GRAPH,
        folder / "stock.onnx",
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = fp32.session.get_session_options().intra_op_num_threads
    session = onnxruntime.InferenceSession(str(folder / "stock.onnx"), options, providers=["CPUExecutionProvider"])
    return replace(fp32, session=session)


def timed(ask: Callable[[list[str]], Any], texts: Sequence[str]) -> tuple[FloatArray, float]:
    """Probabilities of all texts together, and texts a second."""
    ask(list(texts[:64]))
    started = time.perf_counter()
    found = ask(list(texts))
    return found.probabilities, len(texts) / (time.perf_counter() - started)


def figures(ask: Callable[[list[str]], Any], rows: Rows, topics: Sequence[str], base: FloatArray) -> dict[str, Any]:
    """Accuracy, answers changed against ``base``, the same alone and in company, and speed."""
    together, per_second = timed(ask, rows.texts)
    some = np.linspace(0, len(rows.texts) - 1, SINGLES).astype(int)
    alone, milliseconds = [], []
    for row in some:
        started = time.perf_counter()
        alone.append(ask([rows.texts[row]]).probabilities)
        milliseconds.append(1000 * (time.perf_counter() - started))
    single = np.concatenate(alone)
    best = together.argmax(axis=1)
    right = np.array([topics[index] for index in best.tolist()]) == np.array(rows.truth)
    changed = int((best != base.argmax(axis=1)).sum()) if len(base) else 0
    share, accuracy = wilson(changed, len(best)), wilson(int(right.sum()), len(best))
    return {
        "accuracy": [round(each, 5) for each in (accuracy.value, accuracy.low, accuracy.high)],
        "changed": changed,
        "share changed": [round(each, 5) for each in (share.value, share.low, share.high)],
        "largest difference": float(f"{np.abs(together - base).max():.3g}") if len(base) else 0.0,
        "alone and in company": {
            "rows": SINGLES,
            "largest difference": float(f"{np.abs(single - together[some]).max():.3g}"),
            "answers that differ": int((single.argmax(axis=1) != best[some]).sum()),
        },
        "texts/s": round(per_second),
        "p50 ms alone": round(float(np.median(milliseconds)), 2),
    }


def measure(folder: Path, rows: Rows, workspace: Path) -> dict[str, Any]:
    """Torch, both precisions, and onnxruntime's own quantization, one after the other."""
    trained = load_classifier(folder)
    assert isinstance(trained, Traceable)
    topics = trained.topics
    found: dict[str, Any] = {"torch": figures(trained.predict, rows, topics, np.zeros((0, 0)))}
    base, _ = timed(trained.predict, rows.texts)
    made = {}
    for precision in ("fp32", "int8"):
        (workspace / precision).mkdir()
        write_files(trained.onnx_parts(), topics, workspace / precision, precision)  # type: ignore[arg-type]  # one of the two names
        made[precision] = read_model(workspace / precision)
        found[precision] = figures(made[precision].predict, rows, topics, base)
        found[precision]["MB"] = round((workspace / precision / GRAPH).stat().st_size / 1e6, 1)
        print(precision, found[precision], flush=True)
    found["onnxruntime's dynamic int8"] = figures(stock(made["fp32"], workspace).predict, rows, topics, base)
    return found


def main() -> None:
    """Measure, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", type=Path)
    arguments = parser.parse_args()
    rows = read_rows(arguments.data, "test")
    with tempfile.TemporaryDirectory() as gone:
        folder = arguments.model or train(arguments.data, Path(gone))
        document = {
            "machine": MACHINE,
            "rows": len(rows.texts),
            "model": read_manifest(folder).get("settings"),
            **measure(folder, rows, Path(gone)),
        }
    arguments.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
