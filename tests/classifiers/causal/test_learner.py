"""The training loop: resumed after a kill it ends with the same curve; what goes wrong is said."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

torch = pytest.importorskip("torch")

from topicsmith.classifiers.causal.base_model import load_base  # noqa: E402  # torch comes first
from topicsmith.classifiers.causal.learner import Plan, Trainer, TrainingRow  # noqa: E402
from topicsmith.classifiers.causal.lora import RECIPES, add_adapters  # noqa: E402
from topicsmith.errors import TrainingError  # noqa: E402
from topicsmith.progress import SilentProgress  # noqa: E402

PREFIX = tuple(range(10, 20))


def rows(n: int) -> list[TrainingRow]:
    return [TrainingRow((30 + i % 7, 40 + i % 5, 9), (50 + i % 3, 60, 61)) for i in range(n)]


def plan(**own: Any) -> Plan:
    values = {"epochs": 2, "learning_rate": 1e-2, "batch_size": 4, "batch_tokens": 64, "warmup": 0.1, "clip": 1.0}
    return Plan(**{**values, "seed": 13, "checkpoint_every": 2, **own})


def steps_kept(folder: Path) -> int:
    """The step of the checkpoint in ``folder``; 0 without one."""
    path = folder / "checkpoint.safetensors"
    if not path.exists():
        return 0
    with safe_open(path, "pt") as file:
        return int(json.loads(file.metadata()["state"])["step"])


def trainer(base: Path, folder: Path, **own: Any) -> Trainer:
    torch.manual_seed(1)
    model = add_adapters(load_base(str(base)), RECIPES["experiment"], gradient_checkpointing=False)
    return Trainer(model, PREFIX, plan(**own), folder)


def test_the_loss_is_that_of_transformers_on_the_answer_alone(tiny_causal_base: Path, tmp_path: Path) -> None:
    model = load_base(str(tiny_causal_base))
    ours = Trainer(model, PREFIX, plan(), tmp_path)._loss(rows(3)).item()
    alone = 0.0
    for row in rows(3):
        ids = torch.tensor([[*PREFIX, *row.own, *row.answer]])
        labels = ids.clone()
        labels[:, : -len(row.answer)] = -100
        alone += model(input_ids=ids, labels=labels).loss.item() * len(row.answer)
    assert ours == pytest.approx(alone, rel=1e-4)


def test_packing_gives_the_gradient_of_each_row_alone(tiny_causal_base: Path, tmp_path: Path) -> None:
    def gradients(batch_tokens: int) -> dict[str, Any]:
        own = trainer(tiny_causal_base, tmp_path, batch_tokens=batch_tokens)
        own.add_gradients(rows(4))
        return {name: parameter.grad.clone() for name, parameter in own.learnt.items()}

    together, apart = gradients(10_000), gradients(1)
    for name, gradient in together.items():
        assert torch.allclose(gradient, apart[name], atol=1e-5), name


PROGRAM = textwrap.dedent(
    """
    import json, sys
    from pathlib import Path
    import torch
    torch.set_num_threads(1)
    from topicsmith.classifiers.causal.base_model import load_base
    from topicsmith.classifiers.causal.lora import LoraRecipe, add_adapters
    from topicsmith.classifiers.causal.learner import Plan, Trainer, TrainingRow
    from topicsmith.progress import SilentProgress
    base, folder = sys.argv[1:]
    rows = [TrainingRow((30 + i % 7, 40 + i % 5, 9), (50 + i % 3, 60, 61)) for i in range(120)]
    torch.manual_seed(1)
    recipe = LoraRecipe(4, 8, 0.3, "all-linear", 1e-2, 2, 4, 0.1, 1.0)
    model = add_adapters(load_base(base), recipe, gradient_checkpointing=False)
    plan = Plan(2, 1e-2, 4, 64, 0.1, 1.0, 13, 3)
    trainer = Trainer(model, tuple(range(10, 20)), plan, Path(folder))
    curve = trainer.run(rows, rows[:10], "same", SilentProgress())
    weight = sum(float(p.detach().abs().sum()) for p in trainer.learnt.values())
    print(json.dumps([curve.losses, [e.loss for e in curve.epochs], curve.best.epoch, weight]))
    """
)


@pytest.mark.slow
def test_killed_in_mid_training_and_resumed_the_curve_is_the_same_fault_42(
    tiny_causal_base: Path, tmp_path: Path
) -> None:
    """Dropout is on, so that the state of the random numbers matters too."""

    def command(folder: str) -> list[str]:
        return [sys.executable, "-W", "ignore", "-c", PROGRAM, str(tiny_causal_base), str(tmp_path / folder)]

    def result(folder: str) -> Any:
        done = subprocess.run(command(folder), capture_output=True, text=True, check=True, timeout=120)
        return json.loads(done.stdout)

    losses, validation, best, weight = result("undisturbed")
    process = subprocess.Popen(command("killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while steps_kept(tmp_path / "killed") < 6 and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 0 < steps_kept(tmp_path / "killed") < len(losses)
    again = result("killed")
    assert again[0] == pytest.approx(losses, rel=1e-5)
    assert again[1] == pytest.approx(validation, rel=1e-5)
    assert again[2] == best
    assert again[3] == pytest.approx(weight, rel=1e-5)
    assert len(losses) == 60


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_state(tiny_causal_base: Path, tmp_path: Path) -> None:
    own = trainer(tiny_causal_base, tmp_path)
    own.run(rows(16), [], "a", SilentProgress())
    kept = (tmp_path / "checkpoint.safetensors").read_bytes()
    broken = trainer(tiny_causal_base, tmp_path)
    with torch.no_grad():
        next(iter(broken.learnt.values())).fill_(float("nan"))
    with pytest.raises(
        TrainingError, match=r"at step 1 of 8: .* lower 'learning_rate' \(now 0.01\); no step was completed"
    ):
        broken.run(rows(16), [], "b", SilentProgress())
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == kept


def test_the_state_before_the_step_that_broke_is_kept(
    tiny_causal_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss is finite; only its gradient is not."""
    own = trainer(tiny_causal_base, tmp_path)
    loss, calls = own._loss, [0]

    def poisoned(part: list[TrainingRow]) -> Any:
        calls[0] += 1
        value: Any = loss(part)
        if calls[0] == 6:
            value.register_hook(lambda gradient: gradient * float("nan"))
        return value

    monkeypatch.setattr(own, "_loss", poisoned)
    with pytest.raises(TrainingError, match=r"or its gradient is not finite .* the last good weights are kept in"):
        own.run(rows(16), [], "a", SilentProgress())
    assert 0 < steps_kept(tmp_path) < 8
    assert all(p.isfinite().all() for p in own.learnt.values())


def test_other_rows_or_settings_never_meet_an_old_checkpoint(tiny_causal_base: Path, tmp_path: Path) -> None:
    first = trainer(tiny_causal_base, tmp_path).run(rows(16), [], "a", SilentProgress())
    other = trainer(tiny_causal_base, tmp_path).run(rows(12), [], "a", SilentProgress())
    assert (len(first.losses), len(other.losses)) == (8, 6)


def test_out_of_memory_says_what_to_lower(
    tiny_causal_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = trainer(tiny_causal_base, tmp_path)

    def full(*_: object) -> float:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(own, "add_gradients", full)  # memory cannot be filled in a test
    with pytest.raises(
        TrainingError, match=r"out of memory in training; lower 'batch_tokens' \(now 64\) or 'max_tokens'"
    ):
        own.run(rows(8), [], "a", SilentProgress())
