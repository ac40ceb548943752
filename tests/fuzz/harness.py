"""Mutated inputs for every reader: only the errors a target declares, in time, and no write outside its folder."""

import importlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky, FlakyFailure

from tests.fuzz.mutations import mutated

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
LIMIT_S = 5.0
LONGEST = 2000
"""How many characters of an error a person is still willing to read."""
WRITES = {
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
    "shutil.rmtree", "sqlite3.connect",
}  # fmt: skip
_BESIDE = {"beside.txt": b"somebody else's"}


class HungError(BaseException):
    """An input took longer than `LIMIT_S`; no ``except Exception`` of a reader may swallow it."""


class WroteOutsideError(BaseException):
    """A reader wrote outside the folder it was given."""


class LongError(BaseException):
    """What a reader says of an input is no line that a person can read."""


@dataclass(frozen=True)
class Target:
    """One reader: how it is called with a file in an empty folder, and what it may raise.

    ``made`` gives inputs that are made on the spot, beside those of the corpus. Where inputs are ``named``, their first
    line is the name of a file in a folder, and the rest what stands in that file.
    """

    read: Callable[[Path], object]
    allowed: tuple[type[Exception], ...] = ()
    suffix: str = ".txt"
    made: Callable[[], list[bytes]] = list
    named: bool = False


def targets() -> dict[str, Target]:
    """Every target by the name of its file in ``targets/``."""
    names = sorted(path.stem for path in (HERE / "targets").glob("*.py"))
    return {name: importlib.import_module(f"tests.fuzz.targets.{name}").TARGET for name in names}


def corpus(name: str) -> list[Path]:
    """The committed inputs of a target."""
    return sorted((CORPUS / name).glob("*"))


_folder: list[Path] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if not _folder or not (event in WRITES or (event == "open" and _writes(arguments))):
        return
    both = event in {"os.rename", "os.link", "os.symlink"}
    for given_path in arguments[int(event == "os.symlink") : 2 if both else 1]:
        path = _place(event, given_path, arguments)
        if path is not None and not path.is_relative_to(_folder[-1]) and not _harmless(path):
            raise WroteOutsideError(f"{event} {path}")


def _harmless(path: Path) -> bool:
    return path == Path(os.devnull) or "__pycache__" in path.parts or path.parts[:2] == ("/", "proc")


def _place(event: str, given_path: object, arguments: tuple[object, ...]) -> Path | None:
    """Where a call writes; ``None`` where that is no place. Removing a link touches the link."""
    if not isinstance(given_path, str | bytes | os.PathLike):
        return None
    path = Path(os.fsdecode(given_path))
    if event == "sqlite3.connect" and str(path).startswith((":memory:", "file:")):
        return None
    within = arguments[-1] if event in {"os.remove", "os.rmdir", "os.mkdir", "os.chmod"} else -1
    if isinstance(within, int) and within >= 0 and not path.is_absolute():
        path = Path(f"/proc/self/fd/{within}").readlink() / path
    return path.parent.resolve() / path.name if event in {"os.remove", "os.rename", "os.symlink"} else path.resolve()


def _writes(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))


sys.addaudithook(_watch)


@contextmanager
def limits(folder: Path) -> Iterator[None]:
    """Inside the block: no longer than `LIMIT_S`, and nothing written outside ``folder``, temporary files included."""

    def hung(_signal: int, _frame: FrameType | None) -> None:
        raise HungError(f"longer than {LIMIT_S:g} s")

    before, temporary = signal.signal(signal.SIGALRM, hung), tempfile.tempdir
    tempfile.tempdir = str(folder)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    _folder.append(folder)
    try:
        yield
    finally:
        _folder.pop()
        tempfile.tempdir = temporary
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def check(target: Target, data: bytes) -> None:
    """Read ``data``; whatever the target does not allow is raised."""
    with tempfile.TemporaryDirectory() as outside:
        for name, content in _BESIDE.items():
            Path(outside, name).write_bytes(content)
        path = Path(outside).resolve() / "inside" / f"input{target.suffix}"
        path.parent.mkdir()
        path.write_bytes(data)
        try:
            with limits(path.parent):
                target.read(path)
        except target.allowed as refused:
            if len(str(refused)) > LONGEST:
                raise LongError(f"{type(refused).__name__} of {len(str(refused)):,} characters: {refused}") from refused
        found = {each.name: each.read_bytes() for each in Path(outside).iterdir() if each.name != "inside"}
        if found != _BESIDE:  # as libraries write that Python does not see
            raise WroteOutsideError(f"beside the folder: {sorted(found)}")


def seeds(name: str) -> list[bytes]:
    """The inputs of a target that are mutated."""
    return [*targets()[name].made(), *(path.read_bytes() for path in corpus(name))]


def _check_twice(target: Target, data: bytes) -> None:
    """Read ``data``; what takes too long has another try, since other programs may have held the machine."""
    try:
        check(target, data)
    except HungError:
        check(target, data)


def fuzz(name: str, examples: int, seconds: float, number: int) -> bytes | None:
    """Try inputs until one fails (returned, shrunk) or ``examples`` or ``seconds`` are used up."""
    target, until = targets()[name], time.monotonic() + seconds
    failing: list[bytes] = []

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(mutated(seeds(name), target.suffix, target.named))
    def attempt(data: bytes) -> None:
        if time.monotonic() > until and not failing:
            return
        try:
            _check_twice(target, data)
        except (Exception, HungError, WroteOutsideError, LongError) as wrong:
            failing.append(data)
            raise AssertionError(f"{name}: {type(wrong).__name__}: {wrong}") from wrong

    try:
        attempt()
    except (AssertionError, Flaky, FlakyFailure) as wrong:
        sys.stderr.write(f"{str(wrong)[:300]}\n")
        return failing[-1]
    return None
