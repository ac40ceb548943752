import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.encoder.kind import KIND, EncoderClassifier, EncoderSettings
from topicsmith.classifiers.model_folder import load_classifier
from topicsmith.classifiers.train import train_candidate
from topicsmith.errors import ModelFolderError
from topicsmith.records import Example, TrainSet, ValidationSet

HOSTILE = ["", " ", "song " * 100_000, "\ud83d broken", "[CLS] [SEP] </s> <|im_end|>", "日本語", "\x00\x1b[31m"]


def _settings(tiny: Path, **more: object) -> EncoderSettings:
    quick = {"epochs": 6, "learning_rate": 5e-3, "batch_size": 16, "device": "cpu"}
    return EncoderSettings.model_validate({"name": "small", "kind": "encoder", "model": str(tiny), **quick, **more})


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["model", "layer", "mean"])
def test_fitted_saved_and_loaded_alone(
    tiny: Path, train_set: TrainSet, validation_set: ValidationSet, context: FitContext, tmp_path: Path, pooling: str
) -> None:
    settings = _settings(tiny, pooling=pooling)
    record = train_candidate(settings, train_set, validation_set, context, tmp_path / "m")
    classifier = load_classifier(tmp_path / "m")
    assert classifier.topics == ("Cooking", "Music", "Other")
    found = classifier.predict([example.text for example in validation_set])
    right = np.mean([a == b for a, b in zip(found.topics, validation_set.topics, strict=True)])
    by_epoch = record.notes["validation accuracy by epoch"]
    assert isinstance(by_epoch, list)
    assert right == pytest.approx(max(by_epoch), abs=0.06)  # epochs are scored in bf16 where the processor has it
    assert found.probabilities is not None
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(len(validation_set)))
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    assert config["id2label"] == {"0": "Cooking", "1": "Music", "2": "Other"}
    network = tmp_path / "m" / ("encoder" if pooling == "mean" else "")
    assert {"tokenizer.json", "model.safetensors"} <= {p.name for p in network.iterdir()}
    assert record.notes["training texts beyond max tokens"] == 0


@pytest.fixture(scope="module")
def untrained(tiny: Path) -> EncoderClassifier:
    from topicsmith.classifiers.encoder.model import new_model
    from topicsmith.classifiers.encoder.tokenization import TextEncoder, load_tokenizer

    model = new_model(str(tiny), ["a", "b"], "mean", 0.1)
    return EncoderClassifier(("a", "b"), model, TextEncoder(load_tokenizer(str(tiny)), 64, "windows"), {})


def test_hostile_texts_get_an_answer(untrained: EncoderClassifier) -> None:
    found = untrained.predict(HOSTILE)
    assert [item.status for item in found] == ["ok"] * len(HOSTILE)
    assert len(untrained.predict([])) == 0


def test_fault_57_a_text_gets_the_same_answer_alone_and_in_company(untrained: EncoderClassifier) -> None:
    together = np.asarray(untrained.predict(HOSTILE).probabilities)
    alone = np.concatenate([np.asarray(untrained.predict([text]).probabilities) for text in HOSTILE])
    assert together == pytest.approx(alone, abs=1e-6)


def test_a_changed_side_file_is_refused(untrained: EncoderClassifier, tmp_path: Path) -> None:
    untrained.save(tmp_path)
    (tmp_path / "topicsmith_encoder.json").write_text('{"pooling": "eval", "max_tokens": 64, "long_texts": "head"}')
    with pytest.raises(ModelFolderError, match="was edited"):
        KIND.load(tmp_path)


PROGRAM = """
import os, signal, sys
from contextlib import contextmanager
from pathlib import Path
import torch
from tests.classifiers.conftest import WORDS, make_examples
from topicsmith.classifiers.encoder import learner
from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.encoder.settings import EncoderSettings
from topicsmith.classifiers.train import train_candidate
from topicsmith.progress import SilentProgress
from topicsmith.records import TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic

torch.set_num_threads(1)
learner.fit_weights.__defaults__ = (0.0, learner.ALONE)  # a checkpoint after every step
model, folder, steps = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

class Deadly(SilentProgress):
    left = steps
    @contextmanager
    def task(self, title, total=None, unit="rows"):
        yield self
    def advance(self, steps=1, usd=0.0):
        self.left -= steps
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

context = FitContext(Taxonomy(tuple(Topic(n) for n in WORDS)), folder / "work", folder / "l", folder, Deadly())
values = {"name": "s", "kind": "encoder", "model": model, "epochs": 3, "learning_rate": 5e-3, "batch_size": 16}
settings = EncoderSettings.model_validate({**values, "device": "cpu"})
sets = TrainSet(make_examples(60, 1)), ValidationSet(make_examples(30, 2))
train_candidate(settings, *sets, context, folder / "m")
"""


@pytest.mark.slow
def test_fault_42_killed_in_mid_training_and_run_again_gives_the_same_file(tiny: Path, tmp_path: Path) -> None:
    def run(folder: str, steps: int) -> int:
        root = str(Path(__file__).parents[3])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, f"{root}/src"])}
        arguments = [sys.executable, "-c", PROGRAM, str(tiny), str(tmp_path / folder), str(steps)]
        return subprocess.run(arguments, env=environment, check=False, timeout=300).returncode

    assert run("undisturbed", -1) == 0
    assert run("killed", 6) == -signal.SIGKILL
    assert not (tmp_path / "killed" / "m").exists()
    assert run("killed", -1) == 0
    files = [(tmp_path / name / "m" / "model.safetensors").read_bytes() for name in ("undisturbed", "killed")]
    assert files[0] == files[1]
    assert not (tmp_path / "killed" / "work" / "checkpoints").exists()


@pytest.mark.slow
def test_several_seeds_keep_the_best_and_tell_the_spread(
    tiny: Path, train_set: TrainSet, validation_set: ValidationSet, make_context: Callable[[str], FitContext]
) -> None:
    short = TrainSet(train_set.examples[:30])
    together = KIND.fit(_settings(tiny, epochs=2, seeds=2), short, validation_set, make_context("both"))
    alone = [
        KIND.fit(_settings(tiny, epochs=2, seed=seed), short, validation_set, make_context(str(seed)))
        for seed in (13, 14)
    ]
    texts = validation_set.texts
    expected = [np.asarray(classifier.predict(texts).probabilities) for classifier in alone]
    found = np.asarray(together.predict(texts).probabilities)
    assert any(np.array_equal(found, one) for one in expected)
    by_seed = together.training_notes["best validation accuracy by seed"]
    assert isinstance(by_seed, list)
    scores = [float(text.partition(": ")[2]) for text in by_seed]
    assert len(scores) == 2
    mean, deviation = sum(scores) / 2, abs(scores[0] - scores[1]) / 2**0.5  # of two values
    told = re.fullmatch(
        r"mean ([\d.]+), standard deviation ([\d.]+)", str(together.training_notes["validation accuracy over seeds"])
    )
    assert told is not None
    assert [float(part) for part in told.groups()] == pytest.approx([mean, deviation], abs=2e-4)


def test_a_topic_that_no_training_row_has_is_never_answered(
    tiny: Path, validation_set: ValidationSet, train_set: TrainSet, context: FitContext
) -> None:
    two = TrainSet(tuple(Example(e.query_id, e.text, e.topic) for e in train_set if e.topic != "Other"))
    classifier = KIND.fit(_settings(tiny, epochs=1), two, validation_set, context)
    assert classifier.topics == ("Cooking", "Music")
