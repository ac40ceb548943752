"""Training in two processes that talk over gloo: the same curve, one writer, one line when one dies."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors import safe_open

from tests.classifiers.conftest import Listener, make_examples
from topicsmith.classifiers.base import CHECKPOINTS, FitContext
from topicsmith.classifiers.causal.kind import KIND as CAUSAL
from topicsmith.classifiers.causal.settings import CausalSettings
from topicsmith.classifiers.encoder.kind import KIND as ENCODER
from topicsmith.classifiers.encoder.settings import EncoderSettings
from topicsmith.classifiers.model_folder import load_classifier
from topicsmith.classifiers.torch_common.distributed import ALONE
from topicsmith.classifiers.torch_common.launcher import count_processes
from topicsmith.classifiers.train import Documented, train_candidate
from topicsmith.errors import ProjectError, TrainingError
from topicsmith.records import TrainSet, ValidationSet

pytest.importorskip("accelerate")


def encoder_settings(model: Path, **more: object) -> EncoderSettings:
    values = {"name": "two", "kind": "encoder", "model": str(model), "epochs": 2, "batch_size": 7, "device": "cpu"}
    return EncoderSettings.model_validate({**values, "dropout": 0.0, "learning_rate": 1e-3, **more})


@pytest.fixture(scope="module")
def still(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder without dropout, so that two ways of training can be compared."""
    from transformers import AutoModel, AutoTokenizer

    folder = tmp_path_factory.mktemp("models") / "still"
    model = AutoModel.from_pretrained(tiny)
    model.config.hidden_dropout_prob = model.config.attention_probs_dropout_prob = 0.0
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny).save_pretrained(folder)
    return folder


def curve_in(work: Path) -> dict[str, list[float]]:
    from safetensors import safe_open

    (path,) = (work / CHECKPOINTS).rglob("checkpoint.safetensors")
    with safe_open(path, "pt") as file:
        found: dict[str, list[float]] = json.loads(file.metadata()["state"])
    return found


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(
    still: Path,
    train_set: TrainSet,
    validation_set: ValidationSet,
    make_context: Callable[[str], FitContext],
    listener: Listener,
) -> None:
    """90 rows in batches of 7 leave a batch of 6 and shares of different size."""
    from topicsmith.classifiers.encoder import learner

    one, two = make_context("one"), make_context("two")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learner.fit_weights, "__defaults__", (0.0, ALONE))
        alone = ENCODER.fit(encoder_settings(still), train_set, validation_set, one)
    together = ENCODER.fit(encoder_settings(still, processes=2), train_set, validation_set, two)
    expected, found = curve_in(one.work), curve_in(two.work)
    assert len(found["losses"]) == 2 * 13
    assert found["losses"] == pytest.approx(expected["losses"], rel=1e-3)
    assert found["epochs"] == [pytest.approx(epoch, rel=1e-2) for epoch in expected["epochs"]]
    texts = list(validation_set.texts)
    a, b = alone.predict(texts).probabilities, together.predict(texts).probabilities
    assert a is not None
    assert b == pytest.approx(a, abs=5e-3)
    assert "two: training in 2 processes" in listener.lines


def causal_settings(model: Path, **more: object) -> CausalSettings:
    values = {"name": "lora", "kind": "causal", "model": str(model), "epochs": 1, "batch_size": 4}
    return CausalSettings.model_validate({**values, "checkpoint_every": 1, **more})


def processes_below(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    lines = [line.split(None, 2) for line in listed.splitlines()]
    return [int(p) for p, parent, args in lines if int(parent) == pid and "torch_common.worker" in args]


def steps_kept(folder: Path) -> int:
    """The step of the checkpoint in ``folder``; 0 without one."""
    path = folder / "checkpoint.safetensors"
    if not path.exists():
        return 0
    with safe_open(path, "pt") as file:
        return int(json.loads(file.metadata()["state"])["step"])


def wait_for(what: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_fault_42_a_process_that_dies_ends_all_with_one_line_and_run_again_training_goes_on(
    tiny_causal_base: Path,
    make_context: Callable[[str], FitContext],
    listener: Listener,
    tmp_path: Path,
) -> None:
    """Adapters are learnt by one process; by two of which one is killed, and then by two again: the same losses."""
    train_set, validation_set = TrainSet(make_examples(60, 1)), ValidationSet(make_examples(9, 2))
    alone = CAUSAL.fit(causal_settings(tiny_causal_base), train_set, validation_set, make_context("one"))
    assert isinstance(alone, Documented)
    context, settings = make_context("two"), causal_settings(tiny_causal_base, processes=2)

    def kill_second() -> None:
        wait_for(lambda: steps_kept(context.work / CHECKPOINTS) >= 3)
        os.kill(max(processes_below(os.getpid())), signal.SIGKILL)

    killer = threading.Thread(target=kill_second)
    killer.start()
    with pytest.raises(TrainingError) as raised:
        CAUSAL.fit(settings, train_set, validation_set, context)
    killer.join()
    assert re.fullmatch(
        r"process 2 of 2 was killed by SIGKILL and the others were stopped; run again .*", str(raised.value)
    )
    assert processes_below(os.getpid()) == []
    record = train_candidate(settings, train_set, validation_set, context, tmp_path / "out" / "lora")
    (line,) = (line for line in listener.lines if line.startswith("training resumes after step "))
    assert 3 <= int(line.rpartition(" ")[2]) < 15
    assert record.notes["steps"] == alone.training_notes["steps"] == 15
    assert record.notes["validation_losses"] == pytest.approx(alone.training_notes["validation_losses"], rel=1e-3)
    assert load_classifier(record.folder).predict(["soup"]).topics[0] in record.topics
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["lora"]
    assert not (context.work / CHECKPOINTS).exists()


@pytest.mark.slow
def test_what_a_process_finds_wrong_is_told_in_its_words(
    still: Path, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    settings = encoder_settings(still, processes=2, max_tokens=65)
    with pytest.raises(ProjectError, match="'max_tokens: 65' is more than the 64 tokens"):
        ENCODER.fit(settings, train_set, validation_set, context)


STARTER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from tests.classifiers.conftest import WORDS, make_examples
    from topicsmith.classifiers.base import FitContext
    from topicsmith.classifiers.encoder.kind import KIND, EncoderSettings
    from topicsmith.progress import SilentProgress
    from topicsmith.records import TrainSet, ValidationSet
    from topicsmith.taxonomy import Taxonomy, Topic
    model, folder, epochs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    context = FitContext(Taxonomy(tuple(Topic(name) for name in WORDS)), folder, folder / "l", folder, SilentProgress())
    values = {"name": "s", "kind": "encoder", "model": model, "device": "cpu", "processes": 2, "epochs": epochs}
    settings = EncoderSettings.model_validate(values)
    KIND.fit(settings, TrainSet(make_examples(90, 1)), ValidationSet(make_examples(36, 2)), context)
    """
)


@pytest.mark.slow
def test_killing_the_program_ends_its_processes(still: Path, tmp_path: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(still), str(tmp_path), "400"])
    wait_for((tmp_path / CHECKPOINTS / "seed-13" / "best.safetensors").exists)
    started = processes_below(starter.pid)
    assert len(started) == 2
    starter.kill()
    starter.wait()

    def gone() -> bool:
        return not any(Path(f"/proc/{pid}/cmdline").exists() and "worker" in _command(pid) for pid in started)

    wait_for(gone, 30)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def test_how_many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert count_processes("a", 1, on_processor=True) == 1
    assert count_processes("a", "auto", on_processor=True) == 1
    assert count_processes("a", 3, on_processor=True) == 3
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert count_processes("a", "auto", on_processor=False) == 2
    with pytest.raises(ProjectError, match=r"'processes: 4' needs as many GPUs and this machine has 2; .*auto"):
        count_processes("a", 4, on_processor=False)


def test_started_by_accelerate_launch_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ProjectError, match="run it plainly and write 'processes: 2' in the candidate 'a'"):
        count_processes("a", 1, on_processor=True)
