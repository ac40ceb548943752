"""Runs commands on a disk that fails at a chosen call: a process that forks one for each command.

``python -m tests.faults.failing_disk`` is that process; ``FailingDisk`` starts it, with the library before it that
makes the calls fail.
"""

import atexit
import ctypes
import importlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

LIBRARY = Path(__file__).with_suffix(".c")
GROWS, CHANGES = 1, 2
BEFOREHAND = ("topicsmith.cli.main", "numpy", "polars", "pydantic", "orjson", "sqlite3", "asyncio", "tokenizers")


@dataclass(frozen=True)
class Failure:
    """From which call on the disk fails (0 for never), with which error, only that once or always, and what fails."""

    call: int = 0
    error: int = 0
    once: bool = False
    kinds: int = GROWS | CHANGES


@dataclass(frozen=True)
class Job:
    """A command, the folder it runs in, whose disk fails, and how."""

    arguments: tuple[str, ...]
    folder: str
    failure: Failure = Failure()


@dataclass(frozen=True)
class Ended:
    """What became of a command: ``calls`` are those that wrote, as ``write /a/b``."""

    code: int
    out: str
    told: str
    calls: tuple[str, ...]


class FailingDisk:
    """The process, for use in a ``with`` block."""

    def __init__(self, folder: Path) -> None:
        """Build the library in ``folder``, which also takes what commands print."""
        self._folder = folder
        built = folder / "failing_disk.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(built), str(LIBRARY), "-ldl"], check=True)
        environment = {
            **os.environ,
            "LD_PRELOAD": str(built),
            "POLARS_MAX_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.failing_disk", str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]  # it is a pipe
        self._process.wait(30)
        self._process.stdout.close()  # type: ignore[union-attr]

    def run(self, job: Job) -> Ended:
        """Run a command to its end."""
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")  # type: ignore[union-attr]  # it is a pipe
        self._process.stdin.flush()  # type: ignore[union-attr]
        code = int(self._process.stdout.readline())  # type: ignore[union-attr]
        out, told, calls = ((self._folder / name).read_text(errors="replace") for name in ("out", "told", "calls"))
        return Ended(code, out, told, tuple(calls.splitlines()))


def _become(job: Job, folder: Path) -> None:
    """Be the command, in a process of its own."""
    names = {"out": 1, "told": 2, "calls": 200}
    for name, number in names.items():
        opened = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(job.folder)
    sys.argv = ["topicsmith", *job.arguments]
    arm = ctypes.CDLL(None).failing_disk_arm
    failure = job.failure
    arm(job.folder.encode(), failure.call, failure.error, int(failure.once), failure.kinds, 200)
    atexit.register(lambda: folder.joinpath("modules").write_text("\n".join(sys.modules)))
    sys.modules["topicsmith.cli.main"].run()


def main(folder: Path) -> None:
    """Fork a process for every line, which is a job, and print its exit code."""
    for name in BEFOREHAND:
        importlib.import_module(name)
    for line in sys.stdin:
        document = json.loads(line)
        child = os.fork()
        if child == 0:
            job = Job(tuple(document["arguments"]), document["folder"], Failure(**document["failure"]))
            _become(job, folder)
            return
        _, status = os.waitpid(child, 0)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(status))
        _learn((folder / "modules").read_text().splitlines())


def _learn(modules: list[str]) -> None:
    """Import what a command imported, so that the next one need not."""
    for name in modules:
        if name not in sys.modules and not name.startswith(("torch", "transformers", "__mp")):
            with suppress(ImportError):
                importlib.import_module(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
