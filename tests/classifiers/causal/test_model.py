"""A saved causal model that does not fit this version, or is damaged, is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.causal.kind import KIND
from topicsmith.classifiers.causal.model import CONFIG, load_causal
from topicsmith.classifiers.causal.settings import CausalSettings
from topicsmith.errors import ModelFolderError, TopicsmithError
from topicsmith.records import TrainSet, ValidationSet

pytest.importorskip("transformers")


@pytest.fixture
def folder(tiny_causal_base: Path, train_set: TrainSet, context: FitContext, tmp_path: Path) -> Path:
    own = CausalSettings.model_validate(
        {"name": "tiny", "kind": "causal", "model": str(tiny_causal_base), "epochs": 1, "answer": "head"}
    )
    fitted = KIND.fit(own, TrainSet(train_set.examples[:12]), ValidationSet(()), context)
    (tmp_path / "model").mkdir()
    fitted.save(tmp_path / "model")
    return tmp_path / "model"


def changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads((folder / CONFIG).read_text())
    change(document)
    (folder / CONFIG).write_text(json.dumps(document))


def test_no_pickle_is_left_and_the_configuration_is_no_classifier_s(folder: Path, context: FitContext) -> None:
    endings = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert endings <= {".safetensors", ".json", ".jinja", ".txt"}
    config = json.loads((folder / "config.json").read_text())
    assert "id2label" not in config
    assert not any("Classification" in name for name in config["architectures"])
    assert load_causal(folder).predict([""]).items[0].topic in context.taxonomy.names
    assert len(load_causal(folder).predict([])) == 0


def test_another_rendering_than_in_training_is_refused(folder: Path) -> None:
    changed(folder, lambda document: document["prompt"].update(system="Something else. {answer}"))
    with pytest.raises(ModelFolderError, match="renders prompts differently from the version that trained the model"):
        load_causal(folder)


def test_damage_is_named(folder: Path) -> None:
    (folder / "head.safetensors").write_bytes(b"x")
    with pytest.raises(ModelFolderError, match=r"head.safetensors: cannot be read"):
        load_causal(folder)
    changed(folder, lambda document: document.pop("template"))
    with pytest.raises(ModelFolderError, match=r"causal.json: lacks 'template'"):
        load_causal(folder)
    (folder / CONFIG).write_text("{")
    with pytest.raises(ModelFolderError, match=r"causal.json: cannot be read"):
        load_causal(folder)


def test_out_of_memory_in_answering_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_causal(folder)

    def full(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")

    monkeypatch.setattr(loaded, "_answer", full)  # memory cannot be filled in a test
    with pytest.raises(TopicsmithError, match="out of memory in answering; use a smaller model or a machine"):
        loaded.predict(["soup"])
