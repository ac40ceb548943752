"""A saved causal model that does not fit this version, or is damaged, is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.causal.kind import KIND
from topicsmith.classifiers.causal.model import CONFIG, load_causal
from topicsmith.classifiers.causal.settings import CausalSettings
from topicsmith.classifiers.torch_common.saved_answers import few_answers
from topicsmith.classifiers.train import train_candidate
from topicsmith.errors import ModelFolderError, TopicsmithError, TrainingError
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
    with pytest.raises(ModelFolderError, match=r"causal.json: not JSON"):
        load_causal(folder)


def test_out_of_memory_in_answering_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_causal(folder)

    def full(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")

    monkeypatch.setattr(loaded, "_answer", full)  # memory cannot be filled in a test
    with pytest.raises(TopicsmithError, match="out of memory in answering; use a smaller model or a machine"):
        loaded.predict(["soup"])


@pytest.mark.parametrize(
    ("key", "value"),
    [("limit", "many"), ("prompt", []), ("template", {"before": 3}), ("answer", "song"), ("taxonomy", 7)],
)
def test_attack_k20_another_value_in_its_place_is_one_line(folder: Path, key: str, value: object) -> None:
    changed(folder, lambda document: document.update({key: value}))
    with pytest.raises(TopicsmithError, match=rf"causal.json: .*{key}|causal.json: ") as raised:
        load_causal(folder)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("save", ["both", "adapters"])
def test_training_k01_what_was_saved_is_asked(
    tiny_causal_base: Path,
    train_set: TrainSet,
    context: FitContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    save: str,
) -> None:
    """Weights that are lost on the way to the disk are noticed, and no folder is left."""
    import safetensors.torch as on_disk
    from transformers import PreTrainedModel

    plain, plain_file = PreTrainedModel.save_pretrained, on_disk.save_file

    def spoilt(self: Any, folder: Path, **more: object) -> None:
        weights = {name: w * 0 if "layers.1.mlp" in name else w for name, w in self.state_dict().items()}
        plain(self, folder, state_dict=weights, **more)

    def without_b(weights: dict[str, Any], path: str, **more: Any) -> None:
        plain_file({name: w * 0 if "lora_B" in name else w for name, w in weights.items()}, path, **more)

    if save == "both":
        monkeypatch.setattr(PreTrainedModel, "save_pretrained", spoilt)
    else:
        monkeypatch.setattr("peft.peft_model.safe_save_file", without_b)
    settings = CausalSettings.model_validate(
        {
            "name": "c",
            "kind": "causal",
            "model": str(tiny_causal_base),
            "epochs": 2,
            "learning_rate": 0.01,
            "save": save,
        }
    )
    with pytest.raises(TrainingError, match="the saved classifier answers otherwise than the trained one"):
        train_candidate(settings, TrainSet(train_set.examples[:24]), ValidationSet(()), context, tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("answer", ["label", "json", "head"])
def test_training_k01_after_saving_the_classifier_answers_from_what_was_written(
    tiny_causal_base: Path, train_set: TrainSet, context: FitContext, tmp_path: Path, answer: str
) -> None:
    settings = CausalSettings.model_validate(
        {"name": "c", "kind": "causal", "model": str(tiny_causal_base), "epochs": 1, "answer": answer}
    )
    fitted = KIND.fit(settings, TrainSet(train_set.examples[:24]), ValidationSet(()), context)
    before = few_answers(fitted)
    fitted.save(tmp_path)
    assert np.abs(few_answers(fitted) - before).max() < 1e-5
    assert np.abs(few_answers(load_causal(tmp_path)) - before).max() < 1e-5
