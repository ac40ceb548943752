"""Training in several processes: starting them, showing how far they are, and ending all when one fails.

The processes fit the candidate together and leave its finished training as checkpoints; the process that started them
then takes those up like any interrupted training, finds nothing left to do, and has the model. So only one process
ever writes a model folder, and a training broken off goes on whatever number of processes it is given next.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from topicsmith import errors
from topicsmith.classifiers.base import FitContext
from topicsmith.errors import MissingExtraError, ProjectError, TopicsmithError, TrainingError
from topicsmith.progress import Progress, Task
from topicsmith.project import CandidateSettings
from topicsmith.records import TrainSet, ValidationSet
from topicsmith.taxonomy import to_document

Processes = int | Literal["auto"]
JOB, MEETING_POINT = "job.json", "meeting-point"
_GRACE_S = 3.0
_LOOK_S = 0.1


def train_together(
    settings: CandidateSettings,
    processes: Processes,
    on_processor: bool,
    train: TrainSet,
    validation: ValidationSet,
    context: FitContext,
) -> None:
    """Fit the candidate in ``processes`` processes and leave the checkpoints of the finished training.

    Does nothing for a single process, and inside one of the processes it started.

    Raises:
        ProjectError: when there are fewer GPUs than processes, or this program was itself started in several.
        TopicsmithError: what one of the processes raised.
        TrainingError: when one of them died.
    """
    if context.group.size > 1:
        return
    count = count_processes(settings.name, processes, on_processor)
    if count == 1:
        return
    if find_spec("accelerate") is None:
        raise MissingExtraError(f"'processes: {count}'", "train")
    with tempfile.TemporaryDirectory(prefix="topicsmith-") as name:
        folder = Path(name)
        job = {
            "settings": settings.model_dump_json(),
            "kind": settings.kind,
            "on_processor": on_processor,
            "train": [asdict(row) for row in train],
            "validation": [asdict(row) for row in validation],
            "taxonomy": to_document(context.taxonomy),
            "work": str(context.work.absolute()),
            "ledger": str(context.ledger.absolute()),
            "project_folder": str(context.project_folder.absolute()),
        }
        (folder / JOB).write_text(json.dumps(job), encoding="utf-8")
        context.progress.say(f"{settings.name}: training in {count} processes")
        with _started(folder, count) as workers:
            _wait(workers, folder, context.progress)


def count_processes(name: str, processes: Processes, on_processor: bool) -> int:
    """How many processes train; ``auto`` is one for each GPU.

    Raises:
        ProjectError: when there are fewer GPUs than processes, or this program was itself started in several.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ProjectError(
            "this program was started in several processes ('accelerate launch' or 'torchrun'), but starts them "
            f"itself: run it plainly and write 'processes: {os.environ['WORLD_SIZE']}' in the candidate '{name}'"
        )
    if processes == 1 or (on_processor and processes == "auto"):
        return 1
    import torch

    if on_processor:
        return int(processes)
    gpus = torch.cuda.device_count()
    if processes == "auto":
        return max(1, gpus)
    if processes > gpus:
        raise ProjectError(
            f"candidate '{name}': 'processes: {processes}' needs as many GPUs and this machine has {gpus}; "
            "write 'processes: auto'"
        )
    return processes


@contextmanager
def _started(folder: Path, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """The processes, of which none outlives the block."""
    workers: list[subprocess.Popen[str]] = []
    threads = os.environ.get("OMP_NUM_THREADS") or str(max(1, (os.cpu_count() or 1) // count))
    try:
        for rank in range(count):
            place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count}
            with (folder / f"rank-{rank}.log").open("wb") as log:
                workers.append(
                    subprocess.Popen(  # noqa: S603  # this very program
                        [sys.executable, "-m", "topicsmith.classifiers.torch_common.worker", str(folder)],
                        env={**os.environ, **{k: str(v) for k, v in place.items()}, "OMP_NUM_THREADS": threads},
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE if rank == 0 else subprocess.DEVNULL,
                        stderr=log,
                        text=True,
                        start_new_session=True,
                    )
                )
        yield workers
    finally:
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.wait()
            for pipe in (worker.stdin, worker.stdout):
                if pipe is not None:
                    pipe.close()


def _wait(workers: list[subprocess.Popen[str]], folder: Path, progress: Progress) -> None:
    """Pass on what the first process says until all have ended well, or one has not."""
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=_read, args=(workers[0], lines), daemon=True)
    reader.start()
    with ExitStack() as tasks:
        shown = _Shown(progress, tasks)
        while any(worker.poll() is None for worker in workers) or reader.is_alive() or not lines.empty():
            with suppress(queue.Empty):
                shown.show(json.loads(lines.get(timeout=_LOOK_S)))
            if any(worker.poll() not in {None, 0} for worker in workers):
                _let_end(workers)
                raise _failure(workers, folder)


def _read(worker: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert worker.stdout is not None
    for line in worker.stdout:
        lines.put(line)


class _Shown:
    """What the first process says, as a task of the process that started it."""

    def __init__(self, progress: Progress, tasks: ExitStack) -> None:
        self._progress, self._tasks = progress, tasks
        self._task: Task | None = None

    def show(self, said: list[object]) -> None:
        what, *values = said
        if what == "say":
            self._progress.say(str(values[0]))
        elif what == "open":
            title, total, unit = values
            task = self._progress.task(str(title), total if isinstance(total, int) else None, str(unit))
            self._task = self._tasks.enter_context(task)
        elif what == "advance" and self._task is not None:
            self._task.advance(int(str(values[0])))
        elif what == "close":
            self._tasks.close()
            self._task = None


def _let_end(workers: list[subprocess.Popen[str]]) -> None:
    """Give the others a moment: the one that failed first is not always seen first."""
    deadline = time.monotonic() + _GRACE_S
    while any(worker.poll() is None for worker in workers) and time.monotonic() < deadline:
        time.sleep(_LOOK_S)


def _failure(workers: list[subprocess.Popen[str]], folder: Path) -> TopicsmithError:
    """Why the training ended: what a process raised, else which was killed, else the last line of one that broke."""
    count = len(workers)
    for rank in range(count):
        path = folder / f"rank-{rank}.error"
        if path.is_file():
            name, message = json.loads(path.read_text(encoding="utf-8"))
            kind = getattr(errors, name, TrainingError)
            return kind(message) if kind is not MissingExtraError else ProjectError(message)
    for rank, worker in enumerate(workers):
        code = worker.poll()
        if code is not None and code < 0:
            return TrainingError(
                f"process {rank + 1} of {count} was killed by {signal.Signals(-code).name} and the others were "
                "stopped; run again to resume from the last checkpoint, with fewer 'processes' if memory ran out"
            )
    rank = next(rank for rank, worker in enumerate(workers) if worker.poll())
    log = (folder / f"rank-{rank}.log").read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(log) if line.strip()), "no output")
    return TrainingError(
        f"process {rank + 1} of {count} failed ({last}); run again to resume from the last checkpoint, or with "
        "'processes: 1'"
    )
