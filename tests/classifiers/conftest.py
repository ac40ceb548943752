"""A little world of three topics that words tell apart, and what fitting needs."""

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.classifiers.tiny_models import tiny_bert
from topicsmith.classifiers.base import FitContext
from topicsmith.progress import SilentProgress
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic

WORDS = {
    "Cooking": ["soup", "bread", "oven", "recipe", "salt", "boil"],
    "Music": ["guitar", "song", "concert", "piano", "melody", "drum"],
    "Other": ["thing", "stuff", "whatever", "item", "case", "matter"],
}
FILLER = ["please", "tell", "me", "about", "the", "a", "how", "do", "i", "with", "my", "today"]


class Listener(SilentProgress):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def make_examples(n: int, seed: int) -> tuple[Example, ...]:
    """``n`` rows, topics in turn, each text with two words of its topic among fillers."""
    rng = np.random.default_rng(seed)
    rows = []
    for index in range(n):
        topic = list(WORDS)[index % len(WORDS)]
        words = [*rng.choice(FILLER, rng.integers(1, 6)), *rng.choice(WORDS[topic], 2)]
        rows.append(Example(f"{seed}-{index}", " ".join(rng.permutation(words)), topic))
    return tuple(rows)


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return Taxonomy(tuple(Topic(name) for name in WORDS), catch_all="Other")


@pytest.fixture(scope="session")
def train_set() -> TrainSet:
    return TrainSet(make_examples(90, 1))


@pytest.fixture(scope="session")
def validation_set() -> ValidationSet:
    return ValidationSet(make_examples(36, 2))


@pytest.fixture(scope="session")
def unseen() -> tuple[Example, ...]:
    return make_examples(30, 3)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an encoder far too small to be useful."""
    import torch

    torch.set_num_threads(1)  # for models this small, threads only wait for each other
    return tiny_bert(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def make_context(tmp_path: Path, taxonomy: Taxonomy, listener: Listener) -> Callable[[str], FitContext]:
    def make(name: str) -> FitContext:
        return FitContext(taxonomy, tmp_path / "work" / name, tmp_path / "ledger.sqlite", tmp_path, listener)

    return make


@pytest.fixture
def context(make_context: Callable[[str], FitContext]) -> FitContext:
    return make_context("candidate")


@pytest.fixture(scope="session")
def tiny_causal_base(tmp_path_factory: pytest.TempPathFactory, taxonomy: Taxonomy, train_set: TrainSet) -> Path:
    """A folder with a Qwen3 of two layers, taught for a few seconds to answer prompt v2."""
    pytest.importorskip("torch").set_num_threads(1)
    from topicsmith.llm.prompts import load_prompt
    from topicsmith.testing import tiny_qwen3

    folder = tmp_path_factory.mktemp("tiny-causal")
    prompt = load_prompt("v2", folder)
    texts = [part for row in train_set for part in prompt.render(row.text, taxonomy)] + [
        '{"reasoning": "It is about Music, as it says."}'
    ]
    tiny_qwen3.make(folder / "base", texts, vocabulary=600, hidden=64, layers=2, heads=2)
    tiny_qwen3.pretrain(
        folder / "base",
        make_examples(300, 11),
        taxonomy,
        prompt,
        folder,
        SilentProgress(),
        epochs=4,
        learning_rate=4e-3,
        batch_size=10,
    )
    return folder / "base"


@pytest.fixture
def tuning_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A fine-tuning service on loopback, found through the environment."""
    spec = importlib.util.spec_from_file_location("tuning_service", Path(__file__).with_name("tuning_service.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    service = module.Service()
    for name in ("OPENAI", "TOGETHER"):
        monkeypatch.setenv(f"{name}_API_KEY", "sk-canary")
        monkeypatch.setenv(f"{name}_BASE_URL", f"{service.url}/v1")
    yield service
    service.close()
