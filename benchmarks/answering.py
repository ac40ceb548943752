"""Texts a second of every way to ask a causal model, Qwen3's shapes with random weights, in one run.

    python -m benchmarks.answering OUT.json [--shape 0.6b] [--batches 1 16] [--prompt 800] [--text 100] [--rounds 15]

``json`` is the stock path: ``generate`` over the whole prompt of every text, 12 and 200 output tokens. ``label`` is one
pass that scores all topics, over the whole prompt or over the prompt's kept keys and values. At batch 1 the two that
matter most are timed in turn, several rounds, and their ratio is the median over rounds. The 200 tokens of a batch
above 1 are extrapolated from the measured 12 (marked so). The arithmetic limit is what a matrix product reaches here,
measured anew beside every figure that is held against it, since a machine's speed drifts.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import qwen3_shapes
from topicsmith.classifiers.causal.answer_trie import Node, build, scoring_tree
from topicsmith.classifiers.causal.constrained_decoding import TrieGuide
from topicsmith.classifiers.causal.grouped_attention import use_grouped_attention
from topicsmith.classifiers.causal.packing import SharedPrompt
from topicsmith.classifiers.causal.scoring import score, write

TOPICS = 7
ANSWER_TOKENS = 12
SHARED_START = 5
LONG = 200
KEPT, STOCK = "label, prompt kept", "json 12, stock generate"


def seconds(call: Callable[[], object], repeats: int) -> float:
    """The median time of ``call``, once more than ``repeats`` when it is quick."""
    times = []
    for _ in range(repeats):
        qwen3_shapes.wait()
        began = time.perf_counter()
        call()
        qwen3_shapes.wait()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def limit(made: Any) -> float:
    """Multiplications and additions a second of a large matrix product on this machine, the best of five."""
    like = next(made.parameters())
    a, b = like.new_empty(1024, 3072).normal_(), like.new_empty(3072, 1024).normal_()
    a @ b
    return 2 * 1024 * 3072 * 1024 / min(seconds(lambda: a @ b, 1) for _ in range(5))


def operations(made: Any, new: int, seen: int, rows: int) -> float:
    """What a pass over ``new`` tokens, each seeing about ``seen``, must compute; the topics' logits once a row."""
    own = made.config
    inside = sum(p.numel() for n, p in made.named_parameters() if "embed" not in n and "lm_head" not in n)
    attention = 4 * new * seen * own.num_attention_heads * own.head_dim * own.num_hidden_layers
    return 2.0 * inside * new + attention + 2.0 * rows * TOPICS * own.hidden_size


@dataclass
class Bench:
    """One model, one prompt, and what was measured so far."""

    made: Any
    prefix: list[int]
    trie: Node
    results: list[dict[str, object]] = field(default_factory=list)
    in_turn: dict[int, list[float]] = field(default_factory=dict)

    def share_of_limit(self, new: int, seen: int, rows: int, took: float) -> float:
        """How much of what this machine can compute just now a pass over ``new`` tokens in ``took`` seconds reaches."""
        return operations(self.made, new, seen, rows) / took / limit(self.made)

    def record(self, way: str, batch: int, took: float, note: str = "", share: float | None = None) -> None:
        """Keep and show one figure."""
        found = {
            "way": way,
            "batch": batch,
            "texts_per_s": round(batch / took, 4),
            "seconds": round(took, 3),
            "share_of_limit": None if share is None else round(share, 3),
            "note": note,
        }
        self.results.append(found)
        print(json.dumps(found), flush=True)

    def label_against_json(self, rows: list[list[int]], rounds: int) -> float:
        """Scoring with the kept prompt and stock writing in turn, so that no change of the machine's speed decides.

        Gives the seconds of stock writing.
        """
        batch, tree = len(rows), scoring_tree(self.trie)
        kept = SharedPrompt(use_grouped_attention(self.made), self.prefix)
        score(kept, rows, tree)
        new, seen = batch * (len(rows[0]) + SHARED_START), len(self.prefix) + len(rows[0]) // 2
        label, json_12, shares = [], [], []
        for _ in range(rounds):
            use_grouped_attention(self.made)
            label.append(seconds(lambda: score(kept, rows, tree), 3))
            shares.append(self.share_of_limit(new, seen, batch, label[-1]))
            json_12.append(seconds(lambda: self.generate(rows, ANSWER_TOKENS), 1))
        note = f"median of {rounds} rounds in turn with stock json 12"
        self.record(KEPT, batch, statistics.median(label), note, statistics.median(shares))
        self.record(STOCK, batch, statistics.median(json_12), note)
        self.in_turn[batch] = [round(slow / fast, 2) for slow, fast in zip(json_12, label, strict=True)]
        return statistics.median(json_12)

    def other_ways(self, rows: list[list[int]], twelve: float) -> None:
        """Constrained writing after the kept prompt, scoring without one, and 200 tokens where 12 took ``twelve``."""
        batch, tree = len(rows), scoring_tree(self.trie)
        kept = SharedPrompt(use_grouped_attention(self.made), self.prefix)
        took = seconds(lambda: write(kept, rows, [TrieGuide(self.trie) for _ in rows]), 3 if batch == 1 else 1)
        self.record("json 12, prompt kept", batch, took, "constrained, ours")

        def unkept() -> None:
            for row in rows:
                score(SharedPrompt(self.made, self.prefix[:1]), [[*self.prefix[1:], *row]], tree)

        new, seen = batch * (len(self.prefix) + len(rows[0]) + SHARED_START), (len(self.prefix) + len(rows[0])) // 2
        took = seconds(unkept, 1)
        self.record("label, prompt not kept", batch, took, "", self.share_of_limit(new, seen, batch, took))
        if batch == 1 or qwen3_shapes.device().type == "cuda":
            self.record("json 200, stock generate", batch, seconds(lambda: self.generate(rows, LONG), 1))
            return
        first = seconds(lambda: self.generate(rows, 1), 1)
        long = first + (LONG - 1) * (twelve - first) / (ANSWER_TOKENS - 1)
        self.record("json 200, stock generate", batch, long, "extrapolated from 12")

    def generate(self, rows: list[list[int]], tokens: int) -> None:
        """The stock path: ``generate`` over the whole prompt of every row, with the attention it comes with."""
        self.made.set_attn_implementation("sdpa")
        ids = torch.tensor([[*self.prefix, *row] for row in rows], device=qwen3_shapes.device())
        self.made.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=tokens,
            min_new_tokens=tokens,
            do_sample=False,
            pad_token_id=0,
        )

    def ratios(self) -> dict[str, float]:
        """How many times faster scoring with the kept prompt is than everything else, by batch."""
        speed = {(str(r["way"]), int(str(r["batch"]))): float(str(r["texts_per_s"])) for r in self.results}
        found = {(way, batch): speed[KEPT, batch] / value for (way, batch), value in speed.items() if way != KEPT}
        found |= {(STOCK, batch): statistics.median(ratios) for batch, ratios in self.in_turn.items()}
        return {f"label kept / {way}, batch {batch}": round(ratio, 1) for (way, batch), ratio in found.items()}


@torch.inference_mode()
def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--batches", type=int, nargs="*", default=[1, 16])
    parser.add_argument("--prompt", type=int, default=800)
    parser.add_argument("--text", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--shape", choices=list(qwen3_shapes.SHAPES), default="0.6b")
    options = parser.parse_args()
    made = qwen3_shapes.make(options.shape)
    own = np.random.default_rng(0)
    vocabulary = made.config.vocab_size
    prefix = own.integers(10, vocabulary, options.prompt).tolist()
    start = own.integers(10, vocabulary, SHARED_START).tolist()
    rest = own.integers(10, vocabulary, (TOPICS, ANSWER_TOKENS - SHARED_START)).tolist()
    bench = Bench(made, prefix, build([[*start, *tail] for tail in rest]))
    for batch in options.batches:
        rows = own.integers(10, vocabulary, (batch, options.text)).tolist()
        twelve = bench.label_against_json(rows, options.rounds if batch == 1 else 1)
        bench.other_ways(rows, twelve)
    document = {
        "machine": qwen3_shapes.machine(),
        "shape": options.shape,
        "prompt": options.prompt,
        "text": options.text,
        "results": bench.results,
        "ratios": bench.ratios(),
        "rounds_in_turn": bench.in_turn,
    }
    print(json.dumps(document["ratios"], indent=2))
    options.out.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
