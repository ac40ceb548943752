"""What the fingerprint of code notices, and what it leaves alone."""

import shutil
from pathlib import Path

import pytest

from tests.test_pipeline import run
from topicsmith.stages import code
from topicsmith.stages.code import code_fingerprint, kind_fingerprint


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package's source that the fingerprints are taken of."""
    copy = tmp_path / "source" / "topicsmith"
    shutil.copytree(code.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code, "PACKAGE", copy)
    forget()
    return copy


def forget() -> None:
    for cached in (code.code_fingerprint, code.kind_fingerprint, code._imported):
        cached.cache_clear()


@pytest.fixture(autouse=True)
def _forget_afterwards() -> object:
    yield
    forget()


KINDS = ("majority", "linear", "embedding", "encoder", "causal", "prompted", "hosted", "hierarchy")


def changed_by(source: Path, file: str) -> set[str]:
    """The kinds whose fingerprint a word more in ``file`` changes."""
    before = {kind: kind_fingerprint(kind) for kind in KINDS}
    with (source / file).open("a") as text:
        text.write("# a word more\n")
    forget()
    return {kind for kind in KINDS if kind_fingerprint(kind) != before[kind]}


def test_rooms_have_fingerprints_of_their_own() -> None:
    assert code_fingerprint(("labels",)) == code_fingerprint(("labels",))
    assert code_fingerprint(("labels",)) != code_fingerprint(("dataset",))


@pytest.mark.parametrize(
    ("file", "kinds"),
    [
        ("classifiers/majority.py", {"majority"}),
        ("classifiers/base.py", set(KINDS)),
        ("classifiers/causal/lora.py", {"causal"}),
        ("classifiers/hosted/rest.py", {"hosted"}),
        ("classifiers/encoder/sentence_encoder.py", {"embedding"}),
        ("classifiers/model_card.py", set()),
        ("labels/agreement.py", set()),
    ],
)
def test_a_change_is_noticed_by_the_kinds_it_decides(source: Path, file: str, kinds: set[str]) -> None:
    assert changed_by(source, file) == kinds


@pytest.mark.slow
def test_a_change_in_one_kind_trains_and_asks_no_other_again(small_project: Path, source: Path) -> None:
    run(small_project)
    latest = (small_project / "runs/latest").resolve()
    files = {
        name: [latest / f"classifiers/{name}/topicsmith.json", latest / f"predictions/{name}.parquet"]
        for name in ("floor", "tfidf")
    }
    before = {name: [file.stat().st_mtime_ns for file in found] for name, found in files.items()}
    with (source / "classifiers/majority.py").open("a") as text:
        text.write("# a word more\n")
    forget()
    skipped = run(small_project)
    after = {name: [file.stat().st_mtime_ns for file in found] for name, found in files.items()}
    assert not skipped["train"]
    assert after["tfidf"] == before["tfidf"]
    assert all(now > then for now, then in zip(after["floor"], before["floor"], strict=True))
