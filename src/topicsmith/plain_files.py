"""Reading files that somebody named or that an archive carried: a pipe or a device must not make it wait for ever."""

import errno
import os
import stat
from pathlib import Path


def read_plain(path: Path, most: int = -1) -> bytes:
    """The content of the regular file at ``path``, or its first ``most`` bytes.

    Raises:
        OSError: as :meth:`pathlib.Path.read_bytes`, and for a pipe, a socket or a device, which is not waited for.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check_kind(path, os.fstat(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def refuse_special(path: Path) -> None:
    """Refuse what is no regular file, before a library opens it and waits.

    Raises:
        OSError: as :func:`read_plain`.
    """
    _check_kind(path, path.stat())


def _check_kind(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe, a socket or a device, not a file", str(path))
