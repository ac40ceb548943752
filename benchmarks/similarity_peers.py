"""Few examples: ``kind: similarity`` beside SetFit, adaptive-classifier and GLiClass, all with all-MiniLM-L6-v2.

    python -m benchmarks similarity_peers DATA OUT.json [--vectors FOLDER] [--environments FOLDER] [--draws 1]
        [--limit 360] [--rows 1000] [--only PEER ...]

CLINC150's intents and BANKING77 with 1, 5 and 10 examples a topic, the same examples for all, judged on the same
``rows`` test rows drawn once. Each peer runs in an environment of its own under ``--environments``, which is made
where it is missing; one that cannot be installed is named with its error. A cell that takes more than ``limit``
seconds of processor time is ended and said to be. GLiClass has no weights here: those are made at random, so only its
speed counts. What stands in ``OUT.json`` is not measured again.
"""

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._intent_sets import Bench, Data, drawn, right
from benchmarks._peer_environment import environment
from topicsmith.classifiers.torch_common.hub import find_model

PINS = {"setfit": "setfit==1.2.0", "adaptive-classifier": "adaptive-classifier==0.3.1", "gliclass": "gliclass==0.1.21"}
SETS = ("banking77", "clinc150")
EXAMPLES = (1, 5, 10)
SPEED_ROWS = 8
PAIRS = 6_000
"""Sentence pairs that SetFit sees in a cell: two or three minutes on a core of its own."""
WORKER = Path(__file__).parent / "_peer_worker.py"


def asked(python: Path, peer: str, task: dict[str, Any], limit: float) -> dict[str, Any]:
    """What the worker said within ``limit`` seconds of processor time, or why it said nothing."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "task.json"
        path.write_text(json.dumps(task), encoding="utf-8")
        quiet = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
        seconds = f'ulimit -t {limit:.0f}; exec "$@"'
        command = ["bash", "-c", seconds, "worker", str(python), str(WORKER), peer, str(path)]
        found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=name, env=quiet)
    if found.returncode in {-signal.SIGXCPU, -signal.SIGKILL, 128 + signal.SIGXCPU, 128 + signal.SIGKILL}:
        return {"error": f"did not end within {limit:.0f} s of processor time"}
    if found.returncode:
        return {"error": (found.stderr.strip().splitlines() or ["no word"])[-1][:300]}
    said: dict[str, Any] = json.loads(found.stdout.strip().splitlines()[-1])
    return said


class Cells:
    """Every method on every set with every number of examples, written down one by one."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        """Read the sets, and what was measured before."""
        self.arguments = arguments
        self.bench = Bench(arguments.data, arguments.vectors)
        self.texts = {
            "clinc150": _texts(arguments.data / "clinc150" / "clinc150_full.parquet"),
            "banking77": _texts(arguments.data / "banking77" / "banking77.parquet"),
        }
        out: Path = arguments.out
        self.document: dict[str, Any] = json.loads(out.read_text()) if out.exists() else {}
        self.document.setdefault("test rows", arguments.rows)
        self.document.setdefault("seconds of processor time a cell", arguments.limit)

    def keep(self, name: str, method: str, figures: dict[str, Any]) -> None:
        """Write one cell down."""
        print(name, method, figures, flush=True)
        self.document.setdefault(name, {})[method] = figures
        self.arguments.out.write_text(json.dumps(self.document, indent=2) + "\n")

    def missing(self, name: str, method: str) -> bool:
        """Whether the cell is still to be measured."""
        return method not in self.document.get(name, {})

    def ours(self, data: Data, each: int, draw: int) -> None:
        """``kind: similarity``, with the training rows beside it without their labels and with nothing."""
        rows, judged = drawn(data.train, each, np.random.default_rng(draw)), data.test.at(self._judged(data))
        for method, pool in (("similarity", data.train.vectors), ("similarity, no other rows", data.train.vectors[:0])):
            name = f"{data.name}, {each} examples, draw {draw}"
            if self.missing(name, method):
                started = time.perf_counter()
                learnt = self.bench.learn(data.taxonomy, rows, data.train.at(slice(0, 0)), pool)
                made = self.bench.today(learnt, data.taxonomy)
                seconds = round(time.perf_counter() - started, 1)
                self.keep(name, method, {"accuracy": round(right(made, judged), 4), "fit_s": seconds})

    def _judged(self, data: Data) -> np.ndarray[Any, Any]:
        return np.sort(np.random.default_rng(0).permutation(len(data.test.topics))[: self.arguments.rows])

    def peer(self, python: Path, peer: str, data: Data, each: int, draw: int) -> None:
        """One peer, on the rows that ours had."""
        name = f"{data.name}, {each} examples, draw {draw}"
        if not self.missing(name, peer):
            return
        texts, names = self.texts[data.name], data.taxonomy.names
        numbered = type(data.train)(np.arange(len(data.train.topics), dtype=np.float32)[:, None], data.train.topics)
        rows = drawn(numbered, each, np.random.default_rng(draw))
        judged = self._judged(data)[: SPEED_ROWS if peer == "gliclass" else None]
        task = {
            "model": find_model("minilm", Path()),
            "texts": [texts["train"][int(at)] for at in rows.vectors[:, 0]],
            "labels": [names[at] for at in rows.topics],
            "test": [texts["test"][at] for at in judged],
            "pairs": PAIRS,
        }
        said = asked(python, peer, task, self.arguments.limit)
        if "error" not in said:
            answers = said.pop("answers")
            shares = [answer == names[at] for answer, at in zip(answers, data.test.topics[judged], strict=True)]
            said = {"fit_s": round(said["fit_s"], 1), "answers_per_s": round(len(judged) / said["answer_s"], 1)}
            if peer != "gliclass":
                said["accuracy"] = round(float(np.mean(shares)), 4)
        self.keep(name, peer, said)


def _texts(path: Path) -> dict[str, list[str]]:
    """Texts of rows with a topic, by split, in the order of :class:`Data`."""
    table = pl.read_parquet(path)
    if "is_oos" in table.columns:
        table = table.filter(~pl.col("is_oos"))
    return {split: table.filter(pl.col("split") == split)["text"].to_list() for split in ("train", "test")}


def main() -> None:
    """Measure, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "topicsmith-bench")
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--limit", type=float, default=360)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--only", choices=["ours", *sorted(PINS)], action="append")
    arguments = parser.parse_args()
    cells = Cells(arguments)
    for method in arguments.only or ["ours", *PINS]:
        python = None
        if method != "ours":
            try:
                python = environment(arguments.environments, method, PINS[method])
            except RuntimeError as error:
                cells.keep("not installed", method, {"error": str(error)})
                continue
        for draw in range(arguments.draws):
            for each in EXAMPLES if method != "gliclass" else EXAMPLES[:1]:
                for name in SETS:
                    if python is None:
                        cells.ours(cells.bench.sets[name], each, draw)
                    else:
                        cells.peer(python, method, cells.bench.sets[name], each, draw)


if __name__ == "__main__":
    main()
