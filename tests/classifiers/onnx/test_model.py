"""Encoders by onnxruntime alone: the same answers as by torch, alone and in company."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.classifiers.conftest import make_examples
from topicsmith.classifiers.base import FitContext, FittedModel
from topicsmith.classifiers.model_folder import candidate_kind, load_classifier, save_classifier
from topicsmith.classifiers.onnx.model import OnnxClassifier, read_model
from topicsmith.classifiers.onnx.parts import Traceable
from topicsmith.classifiers.onnx.write import write_files
from topicsmith.errors import MissingExtraError, ModelFolderError
from topicsmith.records import TrainSet, ValidationSet

pytestmark = pytest.mark.slow
SETTINGS: dict[str, dict[str, object]] = {
    "encoder": {"epochs": 2, "device": "cpu", "long_texts": "windows", "learning_rate": 5e-3},
    "embedding": {},
}
TEXTS = [
    "soup",
    "",
    "please tell me about the piano with my guitar today",
    "[SEP] boil the [MASK] salt",
    "how do i boil the bread " * 30,
    "whatever \ud83d item",
]


@pytest.fixture(scope="module", params=sorted(SETTINGS))
def trained(request: pytest.FixtureRequest, tiny: Path, tmp_path_factory: pytest.TempPathFactory, taxonomy: Any) -> Any:
    from topicsmith.progress import SilentProgress

    kind = candidate_kind(request.param)
    settings = kind.Settings.model_validate(
        {"name": "a", "kind": request.param, "model": str(tiny), **SETTINGS[request.param]}
    )
    folder = tmp_path_factory.mktemp(request.param)
    context = FitContext(taxonomy, folder, folder / "ledger.sqlite", folder, SilentProgress())
    return kind.fit(settings, TrainSet(make_examples(90, 1)), ValidationSet(make_examples(36, 2)), context)


@pytest.fixture(scope="module")
def folders(trained: FittedModel, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder of either precision, as an export saves it."""
    assert isinstance(trained, Traceable)
    found = {}
    for precision in ("fp32", "int8"):
        made, saved = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("saved") / precision
        write_files(trained.onnx_parts(), trained.topics, made, precision)
        save_classifier(read_model(made), "onnx", saved, "a card", {})
        found[precision] = saved
    return found


def numbers(classifier: FittedModel, texts: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    found = classifier.predict(texts).probabilities
    assert found is not None
    return found


def test_single_precision_answers_as_torch_does(trained: FittedModel, folders: dict[str, Path]) -> None:
    loaded = load_classifier(folders["fp32"])
    texts = [*TEXTS, *(row.text for row in make_examples(60, 5))]
    assert loaded.topics == trained.topics == ("Cooking", "Music", "Other")
    assert np.abs(numbers(loaded, texts) - numbers(trained, texts)).max() <= 1e-4
    assert loaded.predict(texts).topics == trained.predict(texts).topics
    assert loaded.predict([]).items == ()


def test_eight_bits_stay_near_and_do_not_ask_for_company(trained: FittedModel, folders: dict[str, Path]) -> None:
    loaded = load_classifier(folders["int8"])
    texts = [*TEXTS, *(row.text for row in make_examples(60, 5))]
    together = numbers(loaded, texts)
    assert np.abs(together - numbers(trained, texts)).max() <= 0.05
    alone = np.concatenate([numbers(loaded, [text]) for text in texts])
    assert np.abs(together - alone).max() <= 1e-5
    assert (folders["int8"] / "model.onnx").stat().st_size < (folders["fp32"] / "model.onnx").stat().st_size


def test_a_long_text_in_the_batch_does_not_move_a_short_one(folders: dict[str, Path]) -> None:
    """Padded together by hand, since predicting sorts by length."""
    loaded = read_model(folders["int8"])
    ids = np.full((2, 40), loaded.texts.padding.id, dtype=np.int64)
    pieces = loaded.texts.encode(["soup", "how do i boil the bread with salt today please"]).pieces
    mask = np.zeros_like(ids)
    for row, piece in enumerate(pieces):
        ids[row, : len(piece)], mask[row, : len(piece)] = piece[:40], 1
    both = loaded.session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
    one = loaded.session.run(
        None, {"input_ids": pieces[0][None], "attention_mask": np.ones((1, len(pieces[0])), np.int64)}
    )[0]
    assert np.abs(both[0] - one[0]).max() <= 1e-5


def test_no_torch_is_imported(folders: dict[str, Path]) -> None:
    program = (
        "import sys, topicsmith as ts\n"
        f"answers = ts.load({str(folders['int8'])!r}).predict(['boil the soup', 'piano song']).topics\n"
        "heavy = {'torch', 'transformers', 'onnx', 'onnxscript', 'sklearn'} & set(sys.modules)\n"
        "print(answers, sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.strip() == f"{load_classifier(folders['int8']).predict(['boil the soup', 'piano song']).topics} []"
    )


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def edit(name: str, value: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        document = json.loads(path.read_text())
        document[name] = value
        path.write_text(json.dumps(document))

    return change


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("model.onnx", cut, "model.onnx: onnxruntime cannot read it"),
        ("model.onnx", Path.unlink, "model.onnx: is missing"),
        ("tokenizer.json", cut, "tokenizer.json: cannot be read"),
        ("tokenizer.json", Path.unlink, "tokenizer.json: cannot be read"),
        ("config.json", cut, "config.json: "),
        ("config.json", edit("max_tokens", None), "config.json: 'max_tokens' is missing or was edited"),
        ("config.json", edit("max_tokens", True), "config.json: 'max_tokens' is missing or was edited"),
        ("config.json", edit("max_tokens", 1), "config.json: 'max_tokens' is missing or was edited"),
        ("config.json", edit("padding_side", "top"), "config.json: 'padding_side' is missing or was edited"),
        ("config.json", edit("long_texts", "tail"), "config.json: 'long_texts' is missing or was edited"),
        ("config.json", edit("id2label", {"0": "a", "1": "b"}), "copy the folder again"),
        ("config.json", edit("model_type", "bert"), "config.json: is a 'bert', not a 'topicsmith-onnx'"),
    ],
)
def test_a_damaged_folder_is_told_in_one_line(
    folders: dict[str, Path], tmp_path: Path, name: str, damage: Callable[[Path], None], message: str
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(folders["fp32"], folder)
    damage(folder / name)
    with pytest.raises(ModelFolderError) as of_file:
        candidate_kind("onnx").load(folder)
    assert message in str(of_file.value)
    assert "\n" not in str(of_file.value)
    with pytest.raises(ModelFolderError, match="train the candidate again or copy the folder again"):
        load_classifier(folder)


def test_another_graph_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    import onnx

    shutil.copytree(folders["fp32"], tmp_path / "m")
    path = tmp_path / "m" / "model.onnx"
    model = onnx.load(str(path))
    for node in model.graph.node:
        node.input[:] = ["ids" if name == "input_ids" else name for name in node.input]
    model.graph.input[0].name = "ids"
    onnx.save(model, str(path))
    with pytest.raises(ModelFolderError, match=r"takes attention_mask, ids and gives numbers .*, not input_ids and"):
        read_model(tmp_path / "m")


def test_what_is_not_installed_is_named(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topicsmith.classifiers.onnx.model.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"the kind 'onnx' needs libraries that are not installed: .*onnx"):
        read_model(folders["fp32"])


def test_it_saves_what_it_was_read_from(folders: dict[str, Path], tmp_path: Path) -> None:
    loaded = read_model(folders["int8"])
    assert isinstance(loaded, OnnxClassifier)
    loaded.save(tmp_path)
    assert read_model(tmp_path).predict(TEXTS).topics == loaded.predict(TEXTS).topics
