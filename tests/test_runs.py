"""The run folder: one writer, whole files, and what counts as fresh."""

import subprocess
import sys
from pathlib import Path

import pytest

from topicsmith.errors import RunInUseError, RunStateError
from topicsmith.runs import Manifest, RunFolder, find_run, fingerprint, open_run


def done(folder: RunFolder, name: str, files: list[str], mark: str = "f1") -> Manifest:
    manifest = Manifest(folder)
    manifest.begin(name, mark)
    manifest.finish(name, files, {"rows": 3}, {})
    return manifest


def test_a_second_writer_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from topicsmith.runs import open_run\n"
        "with open_run(Path(sys.argv[1])):\n print('open', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "r")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == "open\n"
        with (
            pytest.raises(RunInUseError, match=rf"in use by another topicsmith \(process {holder.pid}\)"),
            open_run(tmp_path / "r"),
        ):
            pass
        holder.kill()
    with open_run(tmp_path / "r") as folder:  # a killed holder leaves no lock behind
        assert folder.path == (tmp_path / "r").resolve()


def test_latest_points_to_the_newest_run(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with open_run(tmp_path / name) as folder:
            folder.write_json("manifest.json", {})
    assert find_run(tmp_path / "latest").path == (tmp_path / "two").resolve()


def test_a_folder_without_a_manifest_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunStateError, match="not a run folder"):
        find_run(tmp_path)


def test_a_stage_is_fresh_until_its_settings_or_files_change(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_json("x.json", {"a": 1})
    done(folder, "agree", ["x.json"])
    manifest = Manifest(folder)
    assert manifest.is_fresh("agree", "f1", ["x.json"])
    assert not manifest.is_fresh("agree", "f2", ["x.json"])
    assert not manifest.is_fresh("label", "f1", ["x.json"])
    folder.write_json("x.json", {"a": 1})  # rewritten with the same content
    assert manifest.is_fresh("agree", "f1", ["x.json"])
    folder.write_json("x.json", {"a": 2})
    assert not manifest.is_fresh("agree", "f1", ["x.json"])
    folder.file("x.json").unlink()
    assert not manifest.is_fresh("agree", "f1", ["x.json"])


def test_a_stage_that_was_killed_is_not_fresh(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_json("x.json", {})
    Manifest(folder).begin("agree", "f1")
    assert not Manifest(folder).is_fresh("agree", "f1", ["x.json"])


def test_a_file_completed_by_a_later_stage_keeps_the_earlier_one_fresh(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_json("s.json", {"copies": None})
    done(folder, "split", ["s.json"])
    folder.write_json("s.json", {"copies": 2})
    manifest = done(folder, "balance", ["s.json"])
    assert manifest.is_fresh("split", "f1", ["s.json"], ["split", "balance"])
    assert not manifest.is_fresh("split", "f1", ["s.json"])


def test_fault_43_a_manifest_of_another_version_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_json("manifest.json", {"format": 99, "stages": {}, "files": {}})
    with pytest.raises(RunStateError, match="written by another version"):
        Manifest(folder)


def test_fault_33_a_torn_manifest_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.manifest.write_text('{"format": 1, "sta')
    with pytest.raises(RunStateError, match="not JSON"):
        Manifest(folder)


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1}) != fingerprint({"a": 1, "b": [3]})


def test_a_run_finds_its_project_where_it_lies_in_one(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "runs" / "first")
    assert run.project_file is None
    (tmp_path / "topicsmith.yaml").write_text("name: x")
    assert run.project_file == tmp_path.resolve() / "topicsmith.yaml"
    assert RunFolder(Path("/")).project_file is None  # as shallow as can be


def test_the_ledger_lies_beside_the_runs_of_a_project_and_in_a_run_that_lies_elsewhere(tmp_path: Path) -> None:
    runs = tmp_path / "project" / "runs"
    (runs / "one").mkdir(parents=True)
    (runs / "latest").symlink_to("one")
    for name in ("one", "latest", "two"):
        assert RunFolder(runs / name).ledger == runs / "ledger.sqlite"
    assert RunFolder(runs / "latest").name == "one"
    assert RunFolder(runs / "latest").own_ledger == runs / "one" / "ledger.sqlite"
    (tmp_path / "copy").mkdir()
    assert RunFolder(tmp_path / "copy").ledger == tmp_path / "copy" / "ledger.sqlite"


@pytest.mark.parametrize(
    "document",
    [[], 3, None, "a", {}, {"format": 1}, {"format": 1, "stages": [], "files": {}}, {"format": 1, "stages": {"a": 1},
     "files": {}}, {"format": 1, "stages": {}, "files": {"x": []}}, {"format": [], "stages": {}, "files": {}}],
)  # fmt: skip
def test_security_k20_a_manifest_of_another_shape_is_one_line(tmp_path: Path, document: object) -> None:
    folder = RunFolder(tmp_path)
    folder.write_json("manifest.json", document)
    with pytest.raises(RunStateError, match=r"manifest\.json: ") as raised:
        Manifest(folder)
    assert "\n" not in str(raised.value)


def test_security_k20_a_note_of_a_file_that_says_nothing_is_not_fresh(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.file("x.txt").write_text("x")
    done(folder, "ingest", ["x.txt"])
    assert Manifest(folder).is_fresh("ingest", "f1", ["x.txt"])
    noted = folder.read("manifest.json", dict[str, object])
    folder.write_json("manifest.json", {**noted, "files": {"x.txt": {}}})
    assert not Manifest(folder).is_fresh("ingest", "f1", ["x.txt"])
