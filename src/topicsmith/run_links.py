"""What keeps a run's writes and deletions inside its folder, whatever links somebody left there, and to one writer."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from topicsmith.disk_errors import cannot_be, disk_errors
from topicsmith.errors import RunInUseError, RunStateError

_FAILING = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM}


def refuse_links_out(run: Path) -> None:
    """Refuse a run folder in which a file or a folder is a link to something outside of it.

    What a run replaces or deletes is named by its path; through such a link that would be a file or folder of somebody
    else. Only ``latest``, beside the runs, is a link.

    Raises:
        RunStateError: naming the first such link.
    """
    root = run.resolve()
    for link in _links(root):
        target = link.resolve()
        if not target.is_relative_to(root):
            raise RunStateError(
                f"{run / link.relative_to(root)}: is a link to {target}, outside of the run; what a run writes or "
                "deletes stays in its folder: put what it points to in its place, or remove it"
            )


def _links(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.is_symlink():
                yield Path(entry.path)
            elif entry.is_dir():
                yield from _links(Path(entry.path))


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Hold the lock of a run, the file at ``path``, which is made where there is none.

    Raises:
        RunInUseError: when another process holds it.
        RunStateError: when something else lies there: a link, a pipe, a file with content that no lock has. Nothing
            that topicsmith did not make is emptied.
        StorageError: when the disk is full, read-only or failing.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    except OSError as exc:
        if exc.errno in _FAILING:
            raise cannot_be("written", path, exc) from exc
        raise RunStateError(f"{path}: cannot be opened as a lock ({exc.strerror}); remove it and run again") from None
    foreign = RunStateError(f"{path}: is no lock that topicsmith made; move it away and run again")
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(descriptor)
        raise foreign
    with os.fdopen(descriptor, "r+", encoding="utf-8", errors="replace") as lock:
        holder = lock.read(32).strip()
        if holder and not (holder.isascii() and holder.isdecimal()):
            raise foreign
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = f" (process {holder})" if holder else ""
            raise RunInUseError(
                f"{path.parent}: in use by another topicsmith{who}; wait for it or choose another run"
            ) from None
        with disk_errors(path):
            os.ftruncate(descriptor, 0)  # nothing is held back, which closing would try to write once more
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
