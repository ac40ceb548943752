import json
import pickletools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.classifiers.conftest import make_examples
from topicsmith import plugins
from topicsmith.classifiers.base import CHECKPOINTS, FitContext, FittedCandidate
from topicsmith.classifiers.linear import LinearSettings
from topicsmith.classifiers.model_folder import REFUSED, candidate_kind, load_classifier
from topicsmith.classifiers.train import train_candidate
from topicsmith.errors import TrainingError
from topicsmith.records import Example, TrainSet, ValidationSet

SETTINGS = LinearSettings(name="tfidf", kind="linear", seed=5)


def test_the_folder_loads_alone_and_says_what_it_is(
    train_set: TrainSet, validation_set: ValidationSet, context: FitContext, tmp_path: Path
) -> None:
    scratch = context.work / CHECKPOINTS
    scratch.mkdir(parents=True)
    record = train_candidate(SETTINGS, train_set, validation_set, context, tmp_path / "out" / "tfidf")
    assert (record.rows, record.rows_seen, record.usd, record.device) == (90, 90, None, "cpu")
    assert record.topics == ("Cooking", "Music", "Other")
    assert not scratch.exists()
    manifest = json.loads((tmp_path / "out" / "tfidf" / "topicsmith.json").read_text())
    assert manifest["settings"]["seed"] == 5
    assert manifest["data"]["validation rows"] == 36
    assert set(manifest["libraries"]) >= {"python", "scikit-learn"}
    assert manifest["seconds"] == pytest.approx(record.seconds, abs=1e-3)
    assert load_classifier(record.folder).predict(["piano melody"]).topics == ["Music"]


def test_a_failed_training_leaves_the_earlier_folder(
    train_set: TrainSet, validation_set: ValidationSet, context: FitContext, tmp_path: Path
) -> None:
    train_candidate(SETTINGS, train_set, validation_set, context, tmp_path / "tfidf")
    one_topic = TrainSet((Example("1", "soup", "Cooking"),))
    with pytest.raises(TrainingError):
        train_candidate(SETTINGS, one_topic, validation_set, context, tmp_path / "tfidf")
    assert load_classifier(tmp_path / "tfidf").predict(["soup bread"]).topics == ["Cooking"]


OF_KIND: dict[str, dict[str, object]] = {
    "majority": {},
    "linear": {},
    "embedding": {"model": "TINY"},
    "encoder": {"model": "TINY", "epochs": 1, "device": "cpu"},
    "causal": {"model": "CAUSAL", "epochs": 1, "batch_size": 8},
    "prompted": {"model": "together:a/model"},
    "hosted": {"model": "together:Qwen/Qwen3-8B", "poll_s": 0.01},
    "similarity": {"model": "TINY"},
    "detector": {"encoder": "TINY", "base": {"kind": "linear"}},
    "cascade": {"members": ["majority", "linear"]},
    "hierarchy": {"way": "topic", "base": {"kind": "encoder", "model": "TINY", "epochs": 1, "device": "cpu"}},
}


def _is_pickle(path: Path) -> bool:
    """Whether a file, or what is packed in it, is a program for the pickle machine."""
    data = path.read_bytes()
    if data.startswith(b"PK"):
        return True  # what torch.save writes is a zip archive around a pickle
    if not data.startswith(b"\x80"):
        return False
    try:
        return any(operation.name == "STOP" for operation, _, _ in pickletools.genops(data))
    except ValueError:
        return False


def test_every_kind_that_is_offered_is_looked_at_for_pickles() -> None:
    built_in = {name for name in plugins.names("topicsmith.candidates") if "topicsmith." in _module(name)}
    assert built_in == {*OF_KIND, "onnx"}  # which is never fitted; what an export leaves is looked at beside it


def _module(name: str) -> str:
    return type(plugins.find("topicsmith.candidates", name)).__module__


@pytest.mark.slow
@pytest.mark.parametrize("kind", OF_KIND)
def test_fault_74_no_kind_leaves_a_pickle_in_its_folder(
    kind: str,
    tiny: Path,
    tiny_causal_base: Path,
    tuning_service: Any,
    make_context: Callable[[str], FitContext],
    validation_set: ValidationSet,
    tmp_path: Path,
) -> None:
    places: dict[object, object] = {"TINY": str(tiny), "CAUSAL": str(tiny_causal_base)}

    def placed(value: object) -> object:
        if isinstance(value, dict):
            return {key: placed(v) for key, v in value.items()}
        return places.get(value, value) if isinstance(value, str) else value

    own = {key: placed(value) for key, value in OF_KIND[kind].items()}
    settings = candidate_kind(kind).Settings.model_validate({"name": kind, "kind": kind, **own})
    rows = TrainSet(make_examples(30, 1))
    held = ValidationSet(make_examples(90, 2)) if kind == "detector" else validation_set  # it needs more
    context, others = make_context(kind), {}
    for name in settings.made_of:
        member = candidate_kind(name).Settings.model_validate({"name": name, "kind": name})
        train_candidate(member, rows, held, make_context(name), tmp_path / "out" / name)
        others[name] = FittedCandidate(member, tmp_path / "out" / name)
    record = train_candidate(settings, rows, held, replace(context, others=others), tmp_path / "out" / kind)
    files = [path for path in record.folder.rglob("*") if path.is_file()]
    assert {"README.md", "topicsmith.json"} <= {path.name for path in files}
    assert [path.name for path in files if path.suffix in REFUSED or _is_pickle(path)] == []
    load_classifier(record.folder)
