"""Training LoRA adapters: ours against TRL's plain ``SFTTrainer``, in Qwen3's shapes with random weights.

    python -m benchmarks.lora_training OUT.json [--shape small] [--steps 5] [--prompt 800] [--text 100]

Both put rank 16 on every linear layer and take steps of 16 rows of the same tokens: a prompt that all rows share, a
text, and an answer of 12 tokens that alone is learnt. TRL runs as its example does, 4 rows at once, with its defaults
else. Each runs in a process of its own; the first step is not timed. Tokens are counted as if every row were computed
whole, so that both do the same work. On a GPU the memory is the GPU's, otherwise the process's.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import qwen3_shapes

BATCH, AT_ONCE, ANSWER = 16, 4, 12


def tokens(options: argparse.Namespace, vocabulary: int) -> tuple[list[int], list[list[int]]]:
    """The shared prompt, and what follows it in each row: text, then answer."""
    own = np.random.default_rng(0)
    rows = own.integers(10, vocabulary, ((options.steps + 1) * BATCH, options.text + ANSWER))
    return own.integers(10, vocabulary, options.prompt).tolist(), rows.tolist()


def ours(options: argparse.Namespace) -> list[float]:
    """Our loop: the shared prompt once a batch, the rows behind it side by side."""
    from topicsmith.classifiers.causal.grouped_attention import use_grouped_attention
    from topicsmith.classifiers.causal.learner import Plan, Trainer, TrainingRow
    from topicsmith.classifiers.causal.lora import RECIPES, add_adapters
    from topicsmith.progress import SilentProgress

    class Clock(SilentProgress):
        @contextmanager
        def task(self, *_: Any, **__: Any) -> Iterator["Clock"]:
            yield self

        def advance(self, *_: Any, **__: Any) -> None:
            qwen3_shapes.wait()
            ended.append(time.perf_counter())

    ended: list[float] = []
    base = use_grouped_attention(qwen3_shapes.make(options.shape))
    prefix, rows = tokens(options, base.config.vocab_size)
    model = add_adapters(base, replace(RECIPES["standard"], rank=16), options.checkpointing)
    plan = Plan(1, 2e-4, BATCH, 4096, 0.03, 1.0, 13, 10**9)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(model, prefix, plan, Path(folder))
        trainer.run([TrainingRow(tuple(r[:-ANSWER]), tuple(r[-ANSWER:])) for r in rows], [], "", Clock())
    return [after - before for before, after in pairwise(ended)][1:]


def trl(options: argparse.Namespace) -> list[float]:
    """TRL's example for LoRA, on the same tokens."""
    from datasets import Dataset
    from peft import LoraConfig
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    class Clock(TrainerCallback):  # type: ignore[misc]  # transformers is not checked
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            qwen3_shapes.wait()
            self.began = time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            qwen3_shapes.wait()
            took.append(time.perf_counter() - self.began)

    took: list[float] = []
    base = qwen3_shapes.make(options.shape)
    prefix, rows = tokens(options, base.config.vocab_size)
    mask = [0] * (len(prefix) + options.text) + [1] * ANSWER
    words = Tokenizer(models.WordLevel({"[PAD]": 0, "[END]": 1, "[UNK]": 2}, unk_token="[UNK]"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]", eos_token="[END]")
    data = Dataset.from_list([{"input_ids": [*prefix, *row], "completion_mask": mask} for row in rows])
    with tempfile.TemporaryDirectory() as folder:
        settings = SFTConfig(
            folder, num_train_epochs=1, per_device_train_batch_size=AT_ONCE, learning_rate=2e-4,
            gradient_accumulation_steps=BATCH // AT_ONCE, max_length=None, save_strategy="no", report_to=[],
            disable_tqdm=True, use_cpu=qwen3_shapes.device().type == "cpu", bf16=qwen3_shapes.device().type == "cuda",
            gradient_checkpointing=options.checkpointing,
        )  # fmt: skip
        SFTTrainer(
            base, args=settings, train_dataset=data, processing_class=tokenizer, callbacks=[Clock()],
            peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
        ).train()  # fmt: skip
    return took[1:]


SIDES = {"ours": ours, "trl": trl}


def measure(options: argparse.Namespace) -> dict[str, object]:
    """One side's figures, in this process."""
    took = SIDES[options.side](options)
    per_step = BATCH * (options.prompt + options.text + ANSWER)
    seconds = statistics.median(took)
    return {
        "tokens_per_s": round(per_step / seconds, 1),
        "rows_per_s": round(BATCH / seconds, 2),
        "step_s": round(seconds, 3),
        "steps_timed": len(took),
        "peak_mb": round(qwen3_shapes.peak_mb(), 1),
    }


def main() -> None:
    """Run both sides, each in a process of its own, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--shape", choices=list(qwen3_shapes.SHAPES), default="small")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=800)
    parser.add_argument("--text", type=int, default=100)
    parser.add_argument(
        "--checkpointing", action="store_true", help="compute activations again instead of keeping them"
    )
    parser.add_argument("--side", choices=list(SIDES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        options.out.write_text(json.dumps(measure(options)))
        return
    results: dict[str, Any] = {}
    for side in SIDES:
        subprocess.run([sys.executable, "-m", "benchmarks.lora_training", *sys.argv[1:], "--side", side], check=True)
        results[side] = json.loads(options.out.read_text())
        print(side, results[side], flush=True)
    results["ratio"] = round(results["ours"]["rows_per_s"] / results["trl"]["rows_per_s"], 2)
    settings = {k: v for k, v in vars(options).items() if k not in {"out", "side"}}
    results["setting"] = {**settings, "batch": BATCH, "answer": ANSWER, "machine": qwen3_shapes.machine()}
    print(json.dumps(results, indent=2))
    options.out.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
