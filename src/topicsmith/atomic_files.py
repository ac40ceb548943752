"""Writing files so that a reader sees the old one or the new one, whole, whatever happens in between."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from topicsmith.disk_errors import cannot_be, disk_errors

_UMASK = os.umask(0o077)
os.umask(_UMASK)  # reading it means setting it: once, while there is one thread


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; at the end of the block it is flushed and takes ``path``'s place.

    Raises:
        StorageError: when the disk is full or failing; ``path`` is then as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
    except OSError as exc:
        raise cannot_be("written", path, exc) from exc
    temporary = Path(name)
    try:
        with disk_errors(path):
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            allow_by_umask(temporary)
            os.replace(temporary, path)  # noqa: PTH105  # atomic on one file system
            sync_folder(path.parent)
    except OSError as exc:
        raise cannot_be("written", path, exc) from exc
    finally:
        with suppress(OSError):  # what cannot be removed must not hide what went wrong
            temporary.unlink(missing_ok=True)


def allow_by_umask(path: Path) -> None:
    """Give a file, or a folder with all in it, the permissions that a plain ``open`` or ``mkdir`` would have given.

    Temporary files and what safetensors writes are for their owner alone; copied into an image they could not be read.
    """
    for each in (path, *path.rglob("*")) if path.is_dir() else (path,):
        each.chmod((0o777 if each.is_dir() else 0o666) & ~_UMASK)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace the content of ``path`` by ``data``, durably and all at once."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Flush the folder's own entry list, so that a file made or renamed in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
