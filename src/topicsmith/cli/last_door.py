"""What happens to errors nobody raised on purpose, and to streams that are closed or full."""

import errno
import os
import re
import sqlite3
import sys

from topicsmith.errors import ProjectError, StorageError, TopicsmithError

_DISK_IS_FULL = "the disk is full; free space and run again, everything that was finished is kept"
_KINDS: tuple[tuple[type[Exception], type[TopicsmithError], str], ...] = (
    (sqlite3.Error, StorageError, "a ledger cannot be read or written: {}; see that the disk has space and works"),
    (MemoryError, StorageError, "there is not enough memory; give it less at once, or take a larger machine"),
    (RecursionError, ProjectError, "a document is nested too deeply to be read; with '--debug' you see which"),
)
_OS_ERROR = re.compile(r"(?:os error |errno )(\d{1,3})", re.IGNORECASE)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})


def known(error: Exception) -> TopicsmithError | None:
    """What a failure of the disk, of the memory or of a hostile document is in our own words; ``None`` for others.

    Libraries raise these wherever they read or write, so they are told apart here, by what they are.
    """
    if isinstance(error, TopicsmithError):
        return error
    if isinstance(error, OSError):
        return _of_the_system(error)
    system = _OS_ERROR.search(str(error))  # polars and Arrow have errors of their own that quote the system's
    if system is not None:
        return _of_the_system(OSError(int(system[1]), os.strerror(int(system[1]))))
    for kind, make, words in _KINDS:
        if isinstance(error, kind):
            return make(words.format(error))
    return None


def _of_the_system(error: OSError) -> TopicsmithError:
    what = f"{error.filename}: " if isinstance(error.filename, str | os.PathLike) else ""
    if error.errno in _FULL:
        return StorageError(what + _DISK_IS_FULL)
    if error.errno == errno.EROFS:
        return StorageError(f"{what}{error.strerror}; make the folder writable, or use another one")
    if error.errno in _FORBIDDEN:
        return StorageError(f"{what}{error.strerror}; see that you may read it, and write in its folder")
    if error.errno == errno.ENAMETOOLONG:
        return ProjectError(f"{what}the name is too long; take a shorter one")
    return StorageError(f"{what}{error.strerror or error}")


def hold_streams() -> None:
    """Put the null device in the place of standard streams that are closed.

    Otherwise the next file that is opened gets their number, and messages go into it.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(number)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123  # lives as long as the process
    if sys.stdout is None:
        sys.stdout = _Closed()


class _Closed:
    """In the place of a closed standard output: what is written there is lost, and that is an error."""

    encoding = "utf-8"

    def write(self, _text: str) -> int:
        """Refuse."""
        raise StorageError("standard output is closed, so the answer has nowhere to go")

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """It is nobody's screen."""
        return False
