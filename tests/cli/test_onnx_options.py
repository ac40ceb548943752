"""``export --onnx`` over a run with a tiny encoder."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import topicsmith as ts
from tests.classifiers.tiny_models import tiny_bert
from tests.conftest import write_small_project
from tests.test_pipeline import run
from topicsmith.classifiers.model_folder import read_manifest
from topicsmith.cli.export import export
from topicsmith.cli.onnx_options import share_of
from topicsmith.errors import ModelFolderError, ProjectError, UserError
from topicsmith.loading import load

app = typer.Typer()
app.command()(export)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small_project(tmp_path_factory.mktemp("onnx") / "small")
    tiny_bert(folder / "tiny")
    file = folder / "topicsmith.yaml"
    own = "  - {name: mine, kind: embedding, model: tiny}\n"
    file.write_text(file.read_text() + own)
    run(folder)
    return folder


@pytest.mark.slow
def test_a_runs_encoder_goes_out_and_answers_the_same(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = [str(project), "--onnx", "--candidate", "mine"]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    assert done.stderr.splitlines()[-1].startswith("mine-fp32: mine in fp32; 0 of ")
    assert done.stderr.splitlines()[-1].endswith("ts.load('mine-fp32')")
    trained, exported = load(project, "mine"), ts.load("mine-fp32")
    texts = ["how do I find a song in Oslo", "my loan from Lima is not right", "a"]
    assert (exported.kind, exported.classes_) == ("onnx", trained.classes_)
    assert abs(exported.predict_proba(texts) - trained.predict_proba(texts)).max() <= 1e-4
    assert exported.predict_sure(texts)[1] == trained.predict_sure(texts)[1]
    assert exported.calibration == trained.calibration
    assert exported.calibration is not None
    about, before = read_manifest(Path("mine-fp32")), read_manifest(trained.folder)
    assert (about["name"], about["settings"], about["topics"]) == ("mine", before["settings"], before["topics"])
    said = about["exported"]
    assert isinstance(said, dict)
    assert (said["precision"], said["from kind"], said["answers changed"]) == ("fp32", "embedding", 0)
    assert "| answers changed | 0 |" in Path("mine-fp32/README.md").read_text()

    again = CliRunner().invoke(app, given)
    assert str(again.exception) == "mine-fp32: already exists; add '--force' to overwrite it, or name another place"
    forced = CliRunner().invoke(app, [*given, "--force", "--precision", "int8", "-o", "mine-fp32", "--json"])
    assert forced.exit_code == 0, forced.output
    document = json.loads(forced.stdout)
    assert {key: document[key] for key in ("command", "out", "candidate", "precision", "changed")} == {
        "command": "export",
        "out": "mine-fp32",
        "candidate": "mine",
        "precision": "int8",
        "changed": 0,
    }
    assert document["rows"] == said["validation rows asked"]
    assert 0 < document["largest_difference"] < 0.05
    assert ts.load("mine-fp32").predict(texts).topics == trained.predict(texts).topics


@pytest.mark.slow
def test_what_answers_otherwise_is_refused_and_not_written(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topicsmith.classifiers.onnx.int8._SMALLEST", 1e9)  # all that is rounded becomes zero
    out = tmp_path / "out"
    given = [str(project), "--onnx", "--candidate", "mine", "--precision", "int8", "--most-changed", "1%"]
    done = CliRunner().invoke(app, [*given, "-o", str(out)])
    assert isinstance(done.exception, ProjectError)
    assert str(done.exception).startswith("mine: in int8 ")
    assert str(done.exception).endswith(
        "are answered otherwise, more than '--most-changed 1%' allows; use '--precision fp32', or allow more"
    )
    assert done.exception.exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_what_cannot_be_meant(project: Path, tmp_path: Path) -> None:
    def said(*options: str) -> str:
        done = CliRunner().invoke(app, [str(project), "--onnx", *options])
        assert isinstance(done.exception, UserError)
        return str(done.exception)

    assert said("--precision", "int4") == "--precision int4: not known; use one of fp32, int8"
    assert said("--what", "labels") == "--onnx: writes a classifier and no rows; leave '--what' and '--format' out"
    assert "which has no network for onnxruntime; name a candidate of the kind" in said(
        "--candidate", "tfidf", "-o", str(tmp_path / "a")
    )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    assert said("--candidate", "mine", "--force", "-o", str(tmp_path / "mine")) == (
        f"{tmp_path / 'mine'}: is not what 'export --onnx' wrote, and stays; name another place"
    )
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    assert "and stays" in said("--candidate", "mine", "--force", "-o", str(tmp_path / "link"))
    with pytest.raises(ModelFolderError, match="has no candidate 'other'"):
        load(project, "other")


@pytest.mark.parametrize(
    ("text", "share"), [("0.5%", 0.005), ("0.005", 0.005), (" 2 % ", 0.02), ("1", 1.0), ("0", 0.0)]
)
def test_shares(text: str, share: float) -> None:
    assert share_of(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "%", "half", "nan", "-1%", "101%", "1.5", "0.5%%", "1% of all", "inf"])
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(ProjectError, match=r"not a share of answers; write it as 0.5% or 0.005"):
        share_of(text)
