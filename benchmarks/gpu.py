"""Every GPU figure in one command: answering and LoRA training in Qwen3's shapes, beside stock generate and TRL.

    python -m benchmarks.gpu OUT.json [--shapes 0.6b 4b 14b] [--seconds 420]

For each shape, with random weights: ``json`` with a prompt like V1 (12 tokens written), like V3 (200 tokens of
reasoning, then 12) and ``label`` (one pass that scores all topics), each beside stock ``generate`` over the whole
prompt of every text with as many tokens; then LoRA training beside TRL's example (``benchmarks/lora_training.py``).
Every part runs in a process of its own and its figures are written at once, so that a part that fails or finds no time
left costs no other. The arithmetic limit is a bf16 matrix product of 8,192 rows and columns on the same machine; the
shares count what a method must compute (for training 2 operations a weight and token forward, 2 backward, and none for
the frozen weights' gradients). Needs torch, transformers, peft and accelerate, and TRL for its side of the training.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import answering, qwen3_shapes
from benchmarks.lora_training import ANSWER, BATCH
from topicsmith.classifiers.causal.answer_trie import Node, build, scoring_tree
from topicsmith.classifiers.causal.constrained_decoding import Guide, TrieGuide
from topicsmith.classifiers.causal.grouped_attention import use_grouped_attention
from topicsmith.classifiers.causal.packing import SharedPrompt
from topicsmith.classifiers.causal.scoring import score, write

PROMPT, TEXT, REASONING = 800, 100, 200
CHECKED = 8
PART_S = 150
"""A part that takes longer is stopped and said to be."""


class ReasoningThenAnswer:
    """Writes a fixed number of tokens freely, then an answer of the trie: what V3 asks for."""

    def __init__(self, trie: Node, free: int) -> None:
        """Start with ``free`` tokens to write."""
        self._answering: Guide = TrieGuide(trie)
        self._free = free

    @property
    def answer(self) -> int | None:
        """The answer, once it is decided."""
        return self._answering.answer

    @property
    def confidence(self) -> float:
        """The answer's probability."""
        return self._answering.confidence

    def step(self, logits: torch.Tensor) -> int:
        """The likeliest token, or the answer's next one."""
        if self._free:
            self._free -= 1
            return int(logits.argmax())
        return self._answering.step(logits)


def limit_flops() -> float:
    """Floating-point operations a second of a large matrix product here; the best of five."""
    size, kind = (8192, torch.bfloat16) if qwen3_shapes.device().type == "cuda" else (1024, torch.float32)
    a, b = (torch.randn(size, size, device=qwen3_shapes.device(), dtype=kind) for _ in range(2))
    a @ b
    return 2 * size**3 / min(answering.seconds(lambda: a @ b, 1) for _ in range(5))


def answers(shape: str, batches: Sequence[int]) -> dict[str, object]:
    """Every way of answering for one shape, by batch size."""
    made = qwen3_shapes.make(shape)
    own = np.random.default_rng(0)
    vocabulary = made.config.vocab_size
    prefix = own.integers(10, vocabulary, PROMPT).tolist()
    start = own.integers(10, vocabulary, answering.SHARED_START).tolist()
    rest = own.integers(10, vocabulary, (answering.TOPICS, ANSWER - answering.SHARED_START)).tolist()
    trie = build([[*start, *tail] for tail in rest])
    flops = limit_flops()
    found: list[dict[str, object]] = []
    for batch in batches:
        rows = own.integers(10, vocabulary, (batch, TEXT)).tolist()
        for way, written, run in ways(made, prefix, trie, rows):
            found.append({"way": way, "batch": batch, **timed(made, run, batch, written, flops, way)})
            print(shape, json.dumps(found[-1]), flush=True)
    return {"limit_tflops": round(flops / 1e12, 1), "ways": found, "same_answers": same_answers(made, prefix, trie)}


def ways(
    made: Any, prefix: list[int], trie: Node, rows: list[list[int]]
) -> list[tuple[str, int, Callable[[], object]]]:
    """The ways of answering ``rows``: a name, the tokens written a text, and the call."""
    bench = answering.Bench(made, prefix, trie)
    kept = SharedPrompt(use_grouped_attention(made), prefix)
    tree = scoring_tree(trie)

    def ours(call: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            use_grouped_attention(made)
            return call()

        return run

    def guides(free: int) -> list[Guide]:
        return [ReasoningThenAnswer(trie, free) for _ in rows]

    return [
        ("label, ours", 0, ours(lambda: score(kept, rows, tree))),
        ("json V1, ours", ANSWER, ours(lambda: write(kept, rows, guides(0)))),
        ("json V1, stock generate", ANSWER, lambda: bench.generate(rows, ANSWER)),
        ("json V3, ours", REASONING + ANSWER, ours(lambda: write(kept, rows, guides(REASONING)))),
        ("json V3, stock generate", REASONING + ANSWER, lambda: bench.generate(rows, REASONING + ANSWER)),
    ]


def timed(made: Any, run: Callable[[], object], batch: int, written: int, flops: float, way: str) -> dict[str, object]:
    """One way's seconds, tokens, memory and share of the limit; the first call is not timed."""
    if written <= ANSWER:
        run()
    if qwen3_shapes.device().type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    took = answering.seconds(run, 5 if written == 0 else 3 if written <= ANSWER else 1)
    stock = "stock" in way
    new = TEXT + (answering.SHARED_START if written == 0 else written) + (PROMPT if stock else 0)
    seen = (PROMPT + TEXT + written) // 2 if stock else PROMPT + TEXT // 2
    return {
        "seconds": round(took, 4),
        "texts_per_s": round(batch / took, 3),
        "tokens_read": batch * ((PROMPT if stock else 0) + TEXT),
        "tokens_written": batch * written,
        "peak_mb": round(qwen3_shapes.peak_mb()),
        "share_of_limit": round(answering.operations(made, batch * new, seen, batch) / took / flops, 4),
    }


def same_answers(made: Any, prefix: list[int], trie: Node) -> dict[str, float]:
    """Scoring with the kept prompt against a plain pass over every whole answer: same topic, largest difference."""
    own = np.random.default_rng(1)
    rows = own.integers(10, made.config.vocab_size, (CHECKED, TEXT)).tolist()
    scored = score(SharedPrompt(use_grouped_attention(made), prefix), rows, scoring_tree(trie))
    made.set_attn_implementation("sdpa")
    paths = _paths(trie)
    equal, apart = 0, 0.0
    for row, ours in zip(rows, scored, strict=True):
        plain = np.array([_log_probability(made, [*prefix, *row], path, trie) for path in paths])
        shares = np.exp(plain - plain.max())
        shares /= shares.sum()
        equal += int(shares.argmax() == ours.probabilities.argmax())
        apart = max(apart, float(np.abs(shares - ours.probabilities).max()))
    return {"rows": CHECKED, "same_topic": equal, "largest_difference": round(apart, 5)}


def _paths(trie: Node) -> list[list[int]]:
    """The tokens of every answer, in the order of the answers."""
    found: dict[int, list[int]] = {}

    def walk(node: Node, tokens: list[int]) -> None:
        if node.answer is not None:
            found[node.answer] = tokens
        for token, child in node.children.items():
            walk(child, [*tokens, token])

    walk(trie, [])
    return [found[answer] for answer in sorted(found)]


def _log_probability(made: Any, before: list[int], path: list[int], trie: Node) -> float:
    """The log probability of an answer among those that the trie allows, by one plain pass."""
    ids = torch.tensor([[*before, *path]], device=qwen3_shapes.device())
    logits = made(ids).logits[0, len(before) - 1 : -1].double()
    total, node = 0.0, trie
    for at, token in enumerate(path):
        allowed = list(node.children)
        total += float(torch.log_softmax(logits[at, allowed], 0)[allowed.index(token)])
        node = node.children[token]
    return total


def training(shape: str, side: str, steps: int, folder: Path) -> dict[str, object]:
    """One side of ``benchmarks/lora_training.py``, with the share of the limit its tokens need."""
    out = folder / f"{shape}-{side}.json"
    command = [sys.executable, "-m", "benchmarks.lora_training", str(out), "--shape", shape, "--steps", str(steps)]
    subprocess.run([*command, "--side", side], check=True, timeout=PART_S, env={**os.environ, "TQDM_DISABLE": "1"})
    found: dict[str, object] = json.loads(out.read_text())
    return found


def weights(shape: str) -> int:
    """The weights a token passes through, the vocabulary's left out."""
    with torch.device("meta"):
        made = qwen3_shapes.Qwen3ForCausalLM(qwen3_shapes.config(shape))
    return sum(p.numel() for n, p in made.named_parameters() if "embed" not in n and "lm_head" not in n)


def training_share(shape: str, side: str, step_s: float, limit_tflops: float) -> float:
    """The share of the limit that a step reaches: ours computes the shared prompt once, TRL once a row."""
    tokens = BATCH * (TEXT + ANSWER) + PROMPT * (1 if side == "ours" else BATCH)
    return round(4 * weights(shape) * tokens / step_s / (limit_tflops * 1e12), 4)


def part(name: str, shape: str, options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """One part in a process of its own, or why there is no figure."""
    began = time.monotonic()
    try:
        if name == "answering":
            out = folder / f"{shape}-answering.json"
            command = [sys.executable, "-m", "benchmarks.gpu", str(out), "--part", shape, "--batches"]
            subprocess.run([*command, *map(str, options.batches)], check=True, timeout=PART_S)
            found: dict[str, object] = json.loads(out.read_text())
        else:
            found = training(shape, name.rpartition(" ")[2], options.steps, folder)
    except (subprocess.SubprocessError, OSError) as error:
        found = {"failed": str(error).replace(str(folder), "")[:300]}
    return {**found, "whole_part_s": round(time.monotonic() - began, 1)}


def environment() -> dict[str, str]:
    """What the figures were measured with."""
    import peft
    import transformers

    return {
        "machine": qwen3_shapes.machine(),
        "python": platform.python_version(),
        "transformers": transformers.__version__,
        "peft": peft.__version__,
        "cuda": str(torch.version.cuda),
    }


def main() -> None:
    """Run every part that time is left for, and write the table after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--shapes", nargs="*", choices=list(qwen3_shapes.SHAPES), default=["0.6b", "14b", "4b"])
    parser.add_argument("--batches", type=int, nargs="*", default=[1, 32])
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=420)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        with torch.inference_mode():
            options.out.write_text(json.dumps(answers(options.part, options.batches)))
        return
    ends = time.monotonic() + options.seconds
    document: dict[str, Any] = {
        **environment(),
        "setting": {"prompt": PROMPT, "text": TEXT, "answer": ANSWER, "reasoning": REASONING, "training_batch": BATCH},
    }
    with tempfile.TemporaryDirectory() as folder:
        for shape in options.shapes:
            for name in ("answering", "training ours", "training trl"):
                left = ends - time.monotonic()
                document.setdefault(shape, {})[name] = (
                    part(name, shape, options, Path(folder)) if left > 30 else {"skipped": "no time was left"}
                )
                figures, limit = document[shape][name], document[shape]["answering"].get("limit_tflops")
                if "step_s" in figures and limit:
                    figures["share_of_limit"] = training_share(shape, name.split()[-1], figures["step_s"], limit)
                options.out.write_text(json.dumps(document, indent=2) + "\n")
                print(shape, name, json.dumps(document[shape][name])[:400], flush=True)


if __name__ == "__main__":
    main()
