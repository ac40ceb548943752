"""The life of a paid job: every step is on disk before the next, so that a killed run goes on and never pays twice."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from topicsmith.atomic_files import write_bytes
from topicsmith.classifiers.hosted.protocol import Host, JobSpec, TuningJob
from topicsmith.classifiers.hosted.rest import Refused
from topicsmith.errors import ProjectError, RunStateError, StoppedError, TrainingError, UpstreamError
from topicsmith.json_file import checked, read_json
from topicsmith.progress import Progress

T = TypeVar("T")


_LOOK_UP = "it may name a job that was paid for: look the job up at the service, mend the file or remove it"


@dataclass(frozen=True)
class JobState:
    """What is known of a job. ``ordered`` is set before the order is sent: from then on a job may exist.

    ``runs_for`` is the process for which the endpoint was ordered to run; it is set before that, and cleared after the
    order to stop.
    """

    training_file: str | None = None
    validation_file: str | None = None
    ordered: bool = False
    job_id: str | None = None
    endpoint_id: str | None = None
    endpoint_name: str | None = None
    deployment_id: str | None = None
    runs_for: int | None = None


class JobFile:
    """The state of one job on disk."""

    def __init__(self, path: Path) -> None:
        """Keep the state at ``path``."""
        self.path = path

    def read(self) -> JobState:
        """What is known so far.

        Raises:
            RunStateError: when the file is damaged: it may name a job that was paid for.
        """
        try:
            document = read_json(self.path, cure=_LOOK_UP)
        except FileNotFoundError:
            return JobState()
        unknown = set(document) - {field.name for field in fields(JobState)} if isinstance(document, dict) else set()
        if unknown:
            raise RunStateError(f"{self.path}: '{min(unknown)}' is nothing that is kept of a job; {_LOOK_UP}")
        return checked(JobState, document, self.path, cure=_LOOK_UP)

    def write(self, state: JobState) -> JobState:
        """Replace the state, durably; gives it back."""
        write_bytes(self.path, json.dumps(asdict(state), indent=2).encode())
        return state


@dataclass(frozen=True)
class Patience:
    """How often to look at a job or file, in seconds, and for how long."""

    poll_s: float = 30.0
    longest_s: float = 24 * 3600.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


def run_job(
    host: Host,
    spec: JobSpec,
    files: tuple[bytes, bytes | None],
    state_file: JobFile,
    budget_usd: float | None,
    patience: Patience,
    progress: Progress,
) -> TuningJob:
    """Bring a job to its end, from wherever an earlier run left it.

    ``files`` are the chat lines for training and validation; their ids replace those in ``spec``.

    Raises:
        TrainingError: when the job failed or was cancelled.
        StoppedError: when the service asks for more than ``budget_usd`` or names no price to hold against it, or does
            not finish; the job stays noted.
    """
    state = _uploaded(host, spec, files, state_file, patience)
    spec = replace(spec, training_file=state.training_file or "", validation_file=state.validation_file)
    if state.job_id is None:
        state = _ordered(host, spec, state, state_file, budget_usd, progress)
    assert state.job_id is not None
    job = _until(
        lambda: _ended(host.job(str(state.job_id))),
        patience,
        f"the job {state.job_id} at {host.name} is not done; run again to keep waiting",
    )
    if job.status == "failed":
        raise TrainingError(
            f"{host.name} ended the job {job.job_id} without a model: {job.message or 'no reason given'}; to start a "
            f"new one, remove {state_file.path}"
        )
    return job


def _uploaded(
    host: Host, spec: JobSpec, files: tuple[bytes, bytes | None], state_file: JobFile, patience: Patience
) -> JobState:
    state = state_file.read()
    training, validation = files
    if state.training_file is None:
        state = state_file.write(replace(state, training_file=host.upload(f"{spec.suffix}-train.jsonl", training)))
    if validation is not None and state.validation_file is None:
        uploaded = host.upload(f"{spec.suffix}-validation.jsonl", validation)
        state = state_file.write(replace(state, validation_file=uploaded))
    for file_id in (state.training_file, state.validation_file):
        if file_id is not None and state.job_id is None:
            what = f"{host.name} has not checked the file {file_id}; run again to keep waiting"
            _until(partial(_ready, host, file_id), patience, what)
    return state


def _ordered(
    host: Host, spec: JobSpec, state: JobState, state_file: JobFile, budget_usd: float | None, progress: Progress
) -> JobState:
    """Order the job, unless an earlier run did and did not live to hear its id."""
    if state.ordered:
        found = host.find(spec)
        if found is not None:
            progress.say(f"{host.name}: resuming the job {found}, which an earlier run started")
            return state_file.write(replace(state, job_id=found))
    price = host.estimate(spec)
    progress.say(f"{host.name}: the job will cost " + ("an unknown amount" if price is None else f"about ${price:.2f}"))
    if budget_usd is not None and price is None:
        raise StoppedError(
            f"{host.name} names no price beforehand, so 'budget_usd: {budget_usd:g}' cannot be kept; remove it to "
            "order the job all the same"
        )
    if budget_usd is not None and price is not None and price > budget_usd:
        raise StoppedError(
            f"{host.name} estimates ${price:.2f}, more than 'budget_usd: {budget_usd:g}'; raise it or train on less"
        )
    state = state_file.write(replace(state, ordered=True))
    try:
        job_id = host.create(spec)
    except Refused as refused:
        if refused.status < 500:
            state_file.write(replace(state, ordered=False))
            raise
        job_id = _arrived(host, spec)
    except ProjectError:
        state_file.write(replace(state, ordered=False))
        raise
    except UpstreamError:
        job_id = _arrived(host, spec)
    return state_file.write(replace(state, job_id=job_id))


def _arrived(host: Host, spec: JobSpec) -> str:
    """The id of a job whose order got no answer. It stays noted as ordered, so that the next run looks again."""
    found = host.find(spec)
    if found is None:
        raise UpstreamError(f"{host.name} did not confirm the job and lists no such job; run again to check once more")
    return found


def _ready(host: Host, file_id: str) -> bool | None:
    return host.file_ready(file_id) or None


def _ended(job: TuningJob) -> TuningJob | None:
    return None if job.status == "running" else job


def _until(look: Callable[[], T | None], patience: Patience, otherwise: str) -> T:
    deadline = patience.now() + patience.longest_s
    while (found := look()) is None:
        if patience.now() > deadline:
            raise StoppedError(otherwise)
        patience.sleep(patience.poll_s)
    return found
