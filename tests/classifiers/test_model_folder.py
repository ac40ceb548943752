import errno
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.mutated_json import mutations
from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.majority import KIND, MajorityClassifier
from topicsmith.classifiers.model_folder import (
    MANIFEST,
    candidate_kind,
    load_classifier,
    read_manifest,
    save_classifier,
)
from topicsmith.errors import ModelFolderError, ProjectError, StorageError
from topicsmith.records import TrainSet, ValidationSet

CLASSIFIER = MajorityClassifier(("a", "b"), np.array([0.25, 0.75]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_classifier(CLASSIFIER, "majority", tmp_path / "out" / "m", "the card", {"seconds": 1.5})
    return tmp_path / "out" / "m"


def test_what_was_saved_comes_back_with_what_is_known_about_it(folder: Path) -> None:
    assert load_classifier(folder).predict(["x"]).topics == ["b"]
    manifest = read_manifest(folder)
    assert (manifest["kind"], manifest["topics"], manifest["seconds"]) == ("majority", ["a", "b"], 1.5)
    assert (folder / "README.md").read_text() == "the card"
    assert candidate_kind("majority").Settings is KIND.Settings
    assert [path.name for path in folder.parent.iterdir()] == ["m"]


def test_fault_77_a_changed_or_missing_file_is_noticed(folder: Path) -> None:
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[:-1] + b"\x00")
    with pytest.raises(ModelFolderError, match="is not the file that was saved"):
        load_classifier(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelFolderError, match="is missing"):
        load_classifier(folder)


@pytest.mark.parametrize("name", ["training_args.bin", "model.pkl", "sub/model.pt", "x.joblib"])
def test_fault_74_files_that_may_run_code_are_refused(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"")
    with pytest.raises(ModelFolderError, match="can run code when loaded, so it is refused"):
        load_classifier(folder)


def test_fault_74_no_pickle_is_left_behind(tmp_path: Path) -> None:
    class Careless(MajorityClassifier):
        def save(self, folder: Path) -> None:
            super().save(folder)
            (folder / "training_args.bin").write_bytes(b"x")

    save_classifier(Careless(("a", "b"), np.array([0.5, 0.5])), "majority", tmp_path / "m", "card", {})
    assert not (tmp_path / "m" / "training_args.bin").exists()
    load_classifier(tmp_path / "m")


def test_a_failed_save_leaves_the_earlier_folder_and_no_rest(folder: Path) -> None:
    class Broken(MajorityClassifier):
        def save(self, folder: Path) -> None:
            super().save(folder)
            raise OSError("disk full")

    with pytest.raises(StorageError, match="m: cannot be written: disk full; free space"):
        save_classifier(Broken(("a", "b"), np.array([1.0, 0.0])), "majority", folder, "card", {})
    assert load_classifier(folder).predict(["x"]).topics == ["b"]
    assert [path.name for path in folder.parent.iterdir()] == ["m"]


def test_fault_35_a_folder_that_cannot_take_its_place_leaves_the_earlier_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def failing(source: Path, target: Path) -> None:
        if (Path(source) / "topicsmith.json").is_file() and not str(source).endswith("-old") and target == folder:
            raise OSError(errno.EIO, "Input/output error")
        real(source, target)

    monkeypatch.setattr("os.replace", failing)
    with pytest.raises(StorageError, match="m: cannot be written: Input/output error; the disk or the connection"):
        save_classifier(MajorityClassifier(("a", "b"), np.array([1.0, 0.0])), "majority", folder, "card", {})
    assert load_classifier(folder).predict(["x"]).topics == ["b"]
    assert [path.name for path in folder.parent.iterdir()] == ["m"]


def test_no_model_folder_and_unknown_kinds(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"it has no topicsmith\.json"):
        load_classifier(tmp_path)
    manifest = folder / "topicsmith.json"
    whole = json.loads(manifest.read_text())
    for damaged, reason in [
        ("{", "not JSON"),
        (json.dumps([]), "does not name a kind"),
        (json.dumps({**whole, "kind": "oracle"}), "of the kind 'oracle', which is not installed here; known: "),
        (json.dumps({**whole, "files": None}), "lists no files"),
    ]:
        manifest.write_text(damaged)
        with pytest.raises(ModelFolderError, match=reason):
            load_classifier(folder)
    with pytest.raises(ProjectError, match="unknown candidate kind 'oracle'"):
        candidate_kind("oracle")


@pytest.mark.parametrize("kind", ["majority", "linear"])
@pytest.mark.slow
def test_security_k20_a_folder_mutated_in_any_document_loads_or_is_one_line(
    kind: str, train_set: TrainSet, validation_set: ValidationSet, context: FitContext, tmp_path: Path
) -> None:
    """Hashes fit, as in a folder that somebody made: type, depth, size and encoding are for the readers to bear."""
    settings = candidate_kind(kind).Settings(name="m", kind=kind)
    folder = tmp_path / "m"
    save_classifier(candidate_kind(kind).fit(settings, train_set, validation_set, context), kind, folder, "card", {})
    whole = {path: path.read_bytes() for path in folder.glob("*.json")}
    manifest = json.loads(whole[folder / MANIFEST])
    for path, data in whole.items():
        for mutated in [*mutations(json.loads(data))][:: 1 if len(data) < 2000 else 7]:
            path.write_bytes(mutated)
            if path.name != MANIFEST:
                files = {**manifest["files"], path.name: hashlib.sha256(mutated).hexdigest()}
                (folder / MANIFEST).write_text(json.dumps({**manifest, "files": files}))
            try:
                load_classifier(folder).predict(["hello there"])
            except ModelFolderError as error:
                said = str(error)
                assert "\n" not in said, mutated[:80]
                assert len(said) < 900, mutated[:80]
        for other, content in whole.items():
            other.write_bytes(content)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_security_k20_weights_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    save_classifier(MajorityClassifier(("a", "b"), np.array([0.5, value])), "majority", tmp_path / "m", "card", {})
    with pytest.raises(ModelFolderError, match=r"the array 'shares' holds values that are no finite numbers"):
        load_classifier(tmp_path / "m")
