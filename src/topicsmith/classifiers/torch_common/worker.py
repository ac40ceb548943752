"""One of several processes that train together: ``python -m topicsmith.classifiers.torch_common.worker FOLDER``.

It is started by ``workers.py``, reads its job from ``FOLDER``, and ends when the process that started it does.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.model_folder import candidate_kind
from topicsmith.classifiers.torch_common.distributed import join
from topicsmith.classifiers.torch_common.launcher import JOB, MEETING_POINT
from topicsmith.errors import TopicsmithError
from topicsmith.progress import Progress, SilentProgress, Task
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy_file import from_document


class _Told:
    """Progress as lines of JSON for the process that started this one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, line: str) -> None:
        """Pass a line on."""
        self._tell("say", line)

    def advance(self, steps: int = 1, usd: float = 0.0) -> None:  # the protocol's signature
        """Pass on how far the open task is."""
        self._tell("advance", steps)

    @contextmanager
    def task(self, title: str, total: int | None = None, unit: str = "rows") -> Iterator[Task]:
        """Pass a task on."""
        self._tell("open", title, total, unit)
        yield self
        self._tell("close")

    def _tell(self, *said: object) -> None:
        self._stream.write(json.dumps(said) + "\n")
        self._stream.flush()


def _end_with_starter() -> None:
    """Standard input is a pipe that closes when the process that started this one is gone, however it ended."""
    sys.stdin.read()
    os._exit(1)


def _fit(folder: Path, stream: TextIO) -> None:
    job = json.loads((folder / JOB).read_text(encoding="utf-8"))
    group = join(folder / MEETING_POINT, job["on_processor"])
    progress: Progress = _Told(stream) if group.is_first else SilentProgress()
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


def main(folder: Path, stream: TextIO) -> int:
    """Fit with the others, telling ``stream`` how far it is; the exit code. An error is left beside the job."""
    threading.Thread(target=_end_with_starter, daemon=True).start()
    try:
        _fit(folder, stream)
    except TopicsmithError as error:
        path = folder / f"rank-{os.environ['RANK']}.error"
        path.write_text(json.dumps([type(error).__name__, str(error)]), encoding="utf-8")
        return error.exit_code
    return 0


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as told:
        os.dup2(2, 1)  # whatever a library prints must not stand among what is told
        code = main(Path(sys.argv[1]), told)
    os._exit(code)  # the thread that waits on standard input would hold an ordinary end up
