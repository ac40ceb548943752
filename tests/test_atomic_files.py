"""Whole files or none."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from topicsmith.atomic_files import replacing, sha256, write_bytes
from topicsmith.errors import StorageError


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.json"
    write_bytes(path, b"old")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]


def test_what_fails_half_way_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_bytes(path, b"old")

    def write_half() -> None:
        with replacing(path) as temporary:
            temporary.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_fault_34_a_full_disk_is_said_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_bytes(path, b"old")
    with pytest.raises(StorageError, match="No space left on device"), replacing(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert path.read_bytes() == b"old"


def test_fault_35_a_failed_rename_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    write_bytes(path, b"old")

    def refuse(source: object, target: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StorageError, match="Read-only file system"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"


def test_sha256_of_abc_is_the_published_one(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_files_and_folders_get_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    """In a process with a umask of its own, and as a plain file and folder get them."""
    code = (
        "import os, sys; os.umask(0o027)\n"
        "from pathlib import Path\n"
        "from topicsmith.atomic_files import allow_by_umask, write_bytes\n"
        "folder = Path(sys.argv[1])\n"
        "write_bytes(folder / 'file', b'x')\n"
        "(folder / 'inner').mkdir(mode=0o700)\n"
        "(folder / 'inner' / 'weights').touch(mode=0o600)\n"
        "allow_by_umask(folder / 'inner')\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    found = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert found == {"file": 0o640, "inner": 0o750, "weights": 0o640}
