"""The committed corpus is read again, and a few dozen mutations of it with a fixed seed."""

from pathlib import Path

import pytest

from tests.fuzz.harness import HungError, Target, WroteOutsideError, check, corpus, fuzz, targets

INPUTS = [(name, path) for name in targets() for path in corpus(name)]


@pytest.mark.parametrize(("name", "path"), INPUTS, ids=[f"{name}-{path.name}" for name, path in INPUTS])
def test_the_corpus_is_read_or_refused(name: str, path: Path) -> None:
    targets()[name].made()  # what several inputs share is made first, and is no input's time
    check(targets()[name], path.read_bytes())


HEAVY = {"chat_templates", "encoder_base", "encoder_folder", "ledger", "model_folder", "rows", "run_folder"}
"""Targets that start processes, train or run whole commands."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in HEAVY else []) for name in targets()]
)
def test_mutated_inputs_are_read_or_refused(name: str) -> None:
    assert fuzz(name, 15 if name in HEAVY else 30, 60, 13) is None


def test_a_write_outside_and_a_hang_are_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WroteOutsideError, match="elsewhere"):
        check(Target(lambda _: (tmp_path / "elsewhere").write_bytes(b"")), b"")
    assert not (tmp_path / "elsewhere").exists()
    monkeypatch.setattr("tests.fuzz.harness.LIMIT_S", 0.05)

    def forever(_: Path) -> None:
        while True:
            pass

    with pytest.raises(HungError):
        check(Target(forever), b"")
