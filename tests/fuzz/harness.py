"""Mutated inputs for every reader: only the errors a target declares, in time, and no write outside its folder."""

import importlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
LIMIT_S = 5.0
PIECES = [
    b"null",
    b"-1",
    b"1e999",
    b"NaN",
    b"[]",
    b"{}",
    b'"',
    b"\\ud800",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"[" * 3000,
]
WRITES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree"}


class HungError(BaseException):
    """An input took longer than `LIMIT_S`; no ``except Exception`` of a reader may swallow it."""


class WroteOutsideError(BaseException):
    """A reader wrote outside the folder it was given."""


@dataclass(frozen=True)
class Target:
    """One reader: how it is called with a file in an empty folder, and what it may raise."""

    read: Callable[[Path], object]
    allowed: tuple[type[Exception], ...] = ()
    suffix: str = ".txt"


def targets() -> dict[str, Target]:
    """Every target by the name of its file in ``targets/``."""
    names = sorted(path.stem for path in (HERE / "targets").glob("*.py"))
    return {name: importlib.import_module(f"tests.fuzz.targets.{name}").TARGET for name in names}


def corpus(name: str) -> list[Path]:
    """The committed inputs of a target."""
    return sorted((CORPUS / name).iterdir())


_folder: list[Path] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if not _folder or not (event in WRITES or (event == "open" and _writes(arguments))):
        return
    if isinstance(arguments[0], str | bytes | os.PathLike):
        path = Path(os.fsdecode(arguments[0])).resolve()
        if not path.is_relative_to(_folder[-1]) and path != Path(os.devnull) and "__pycache__" not in path.parts:
            raise WroteOutsideError(f"{event} {path}")


def _writes(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))


sys.addaudithook(_watch)


@contextmanager
def _limits(folder: Path) -> Iterator[None]:
    def hung(_signal: int, _frame: FrameType | None) -> None:
        raise HungError(f"longer than {LIMIT_S:g} s")

    before = signal.signal(signal.SIGALRM, hung)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    _folder.append(folder)
    try:
        yield
    finally:
        _folder.pop()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def check(target: Target, data: bytes) -> None:
    """Read ``data``; whatever the target does not allow is raised."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve() / f"input{target.suffix}"
        path.write_bytes(data)
        with _limits(path.parent), suppress(*target.allowed):
            target.read(path)


@st.composite
def mutated(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed with one to four pieces cut, doubled, or replaced by something a reader may stumble over."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        piece = draw(st.one_of(st.sampled_from([b"", data[start:end] * 2, *PIECES]), st.binary(max_size=6)))
        data = data[:start] + piece + data[end:]
    return data


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
    @given(mutated([path.read_bytes() for path in corpus(name)]))
    def attempt(data: bytes) -> None:
        if time.monotonic() > until and not failing:
            return
        try:
            check(target, data)
        except (Exception, HungError, WroteOutsideError) as wrong:
            failing.append(data)
            raise AssertionError(f"{name}: {type(wrong).__name__}: {wrong}") from wrong

    try:
        attempt()
    except AssertionError as wrong:
        sys.stderr.write(f"{str(wrong)[:300]}\n")
        return failing[-1]
    return None
