"""Failures of the disk in our own words: what it was, where, and the cure.

Libraries meet them wherever they read or write, and each has an error of its own for them; they are told apart by what
the system said.
"""

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from topicsmith.errors import ProjectError, StorageError, TopicsmithError, first_line

_DISK_ISFULL = "the disk is full; free space and run again, everything that was finished is kept"
_OS_ERROR = re.compile(r"(?:os error |errno )(\d{1,3})", re.IGNORECASE)
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says where there is no space."""

_CURES = {
    **dict.fromkeys(FULL, "free space and run again"),
    errno.EROFS: "make the folder writable, or use another one",
    **dict.fromkeys((errno.EACCES, errno.EPERM), "see that you may read it, and write in its folder"),
    **dict.fromkeys(
        (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY),
        "something else lies there or on the way to it: move that away and run again",
    ),
    errno.EIO: "the disk or the connection to it is failing: mend that and run again",
    errno.ENAMETOOLONG: "take a shorter name",
}


def cannot_be(done: str, path: object, error: OSError) -> StorageError:
    """The error that says that ``path`` cannot be ``done`` (written, copied), why, and the cure.

    >>> import errno
    >>> str(cannot_be("written", "a.csv", OSError(errno.ENOSPC, "No space left on device")))
    'a.csv: cannot be written: No space left on device; free space and run again'
    """
    cure = _CURES.get(error.errno or 0, "free space or repair the disk, and run again")
    return StorageError(f"{path}: cannot be {done}: {error.strerror or error}; {cure}")


def in_our_words(error: BaseException) -> TopicsmithError | None:
    """What an error of the system or of SQLite is, also one that a library only quotes; ``None`` for others."""
    if isinstance(error, OSError):
        return _of_the_system(error)
    if isinstance(error, sqlite3.Error):
        return StorageError(f"a ledger cannot be read or written: {error}; see that the disk has space and works")
    quoted = _OS_ERROR.search(str(error))  # Polars, Arrow and safetensors have errors of their own
    return _of_the_system(OSError(int(quoted[1]), os.strerror(int(quoted[1])))) if quoted else None


def _of_the_system(error: OSError) -> TopicsmithError:
    what = f"{error.filename}: " if isinstance(error.filename, str | os.PathLike) else ""
    if error.errno in FULL:
        return StorageError(what + _DISK_ISFULL)
    if error.errno == errno.ENAMETOOLONG:
        return ProjectError(f"{what}the name is too long; take a shorter one")
    cure = _CURES.get(error.errno or 0)
    return StorageError(f"{what}{error.strerror or error}{f'; {cure}' if cure else ''}")


def _nearest(path: Path, named: object) -> object:
    """The file that the system named, where it lies below ``path``; the name may be missing, or be a temporary one."""
    return named if isinstance(named, str | Path) and path in Path(named).parents else path


@contextmanager
def disk_errors(path: Path | None = None) -> Iterator[None]:
    """Around code that writes, at or below ``path`` if given: what the disk did to it is raised in our own words.

    Other errors pass as they are, and so do missing files and broken connections.

    Raises:
        StorageError: when the disk is full, read-only or failing, or something else lies in the way.
    """
    try:
        yield
    except TopicsmithError:
        raise
    except Exception as error:  # libraries have their own for what the system said; others go on
        found = in_our_words(error)
        if found is None or (isinstance(error, OSError) and error.errno not in _CURES):
            raise
        if path is not None and isinstance(error, OSError):
            raise cannot_be("written", _nearest(path, error.filename), error) from error
        raise (StorageError(f"{path}: {found}") if path is not None else found) from error


@contextmanager
def writing_table(path: Path | None) -> Iterator[None]:
    """Around code that does nothing but write a table, at ``path`` if given: Polars does not always quote the system.

    Raises:
        StorageError: when the disk is full, read-only or failing, or something else lies in the way.
    """
    try:
        with disk_errors(path):
            yield
    except TopicsmithError:
        raise
    except Exception as error:  # Polars' are told by their module; others go on
        if not type(error).__module__.startswith("polars"):
            raise
        what = "standard output" if path is None else path
        raise StorageError(
            f"{what}: the table cannot be written: {first_line(error)}; free space or repair the disk, and run again"
        ) from error
