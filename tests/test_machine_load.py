"""How much of the machine others use."""

import sys
from pathlib import Path

import pytest

from topicsmith.machine_load import OtherPrograms


def stat(path: Path, *columns: int) -> None:
    path.write_text("cpu  " + " ".join(map(str, columns)) + "\ncpu0 1 2\n")


def test_the_share_of_others_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "stat"
    stat(path, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    monkeypatch.setattr("topicsmith.machine_load._STAT", path)
    monkeypatch.setattr("os.sysconf", lambda _name: 100)
    used = [1.0, 0.5, 0.0, 0.0, 0.0]
    monkeypatch.setattr("os.times", lambda: type("Times", (), dict(zip(NAMES, used, strict=True))))
    others = OtherPrograms()
    # 20 s of processor pass: 12 idle, 1 waiting for a disk, 7 busy, of which 3 are ours; guests are in user already
    stat(path, 500, 0, 150, 1200, 100, 20, 30, 0, 400, 0)
    used[0], used[1] = 3.5, 1.0
    assert others.share() == pytest.approx(4 / 20)


NAMES = ("user", "system", "children_user", "children_system", "elapsed")


def test_elsewhere_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topicsmith.machine_load._STAT", tmp_path / "none")
    assert OtherPrograms().share() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_this_machine_tells_a_share() -> None:
    others = OtherPrograms()
    sum(range(3_000_000))
    share = others.share()
    assert share is None or 0 <= share <= 1
