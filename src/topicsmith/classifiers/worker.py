"""One of several processes that train a candidate together: ``python -m topicsmith.classifiers.worker FOLDER``.

It is started by ``workers.py``, reads its job from ``FOLDER``, and ends when the process that started it does.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.folder import candidate_kind
from topicsmith.classifiers.group import join
from topicsmith.classifiers.workers import JOB, MEETING_POINT
from topicsmith.errors import TopicsmithError
from topicsmith.progress import Progress, SilentProgress, Task
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import from_document


class _ToldTask:
    def advance(self, steps: int = 1, usd: float = 0.0) -> None:  # the protocol's signature
        """Tell the process that started this one."""
        _tell("advance", steps)


class _ToldProgress:
    """Tells the process that started this one, a line of JSON at a time."""

    def say(self, line: str) -> None:
        """Pass a line on."""
        _tell("say", line)

    @contextmanager
    def task(self, title: str, total: int | None = None, unit: str = "rows") -> Iterator[Task]:
        """Pass a task on."""
        _tell("open", title, total, unit)
        yield _ToldTask()
        _tell("close")


def _tell(*said: object) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _end_with_starter() -> None:
    """Standard input is a pipe that closes when the process that started this one is gone, however it ended."""
    sys.stdin.read()
    os._exit(1)


def _fit(folder: Path) -> None:
    job = json.loads((folder / JOB).read_text(encoding="utf-8"))
    group = join(folder / MEETING_POINT, job["on_processor"])
    progress: Progress = _ToldProgress() if group.is_first else SilentProgress()
    context = FitContext(
        taxonomy=from_document(job["taxonomy"], folder / JOB),
        work=Path(job["work"]),
        ledger=Path(job["ledger"]),
        project_folder=Path(job["project_folder"]),
        progress=progress,
        group=group,
    )
    kind = candidate_kind(job["kind"])
    settings = kind.Settings.model_validate_json(job["settings"])
    train = TrainSet(tuple(Example(**row) for row in job["train"]))
    validation = ValidationSet(tuple(Example(**row) for row in job["validation"]))
    kind.fit(settings, train, validation, context)


def main(folder: Path) -> int:
    """Fit with the others; the exit code. What the person has to know is left beside the job."""
    threading.Thread(target=_end_with_starter, daemon=True).start()
    try:
        _fit(folder)
    except TopicsmithError as error:
        path = folder / f"rank-{os.environ['RANK']}.error"
        path.write_text(json.dumps([type(error).__name__, str(error)]), encoding="utf-8")
        return error.exit_code
    return 0


if __name__ == "__main__":
    code = main(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(code)  # the thread that waits on standard input would hold an ordinary end up
