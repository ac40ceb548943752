"""The state of a job on disk, and giving up waiting without losing it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from topicsmith.classifiers.hosted.job import JobFile, JobState, Patience, run_job
from topicsmith.classifiers.hosted.protocol import JobSpec
from topicsmith.classifiers.hosted.rest import Rest
from topicsmith.classifiers.hosted.together import TogetherHost
from topicsmith.errors import RunStateError, StoppedError
from topicsmith.progress import SilentProgress

SPEC = JobSpec("Qwen/Qwen3-8B", "", None, "mine-1", 3, 13, 16, 32, 0.0, 2e-4, None, None)


def run(service: Any, path: Path, patience: Patience) -> Any:
    host = TogetherHost(Rest(service.url, "k"))
    return run_job(host, SPEC, (b"{}\n", None), JobFile(path), None, patience, SilentProgress())


def test_a_state_comes_back_and_a_damaged_one_is_never_taken_for_none(tmp_path: Path) -> None:
    file = JobFile(tmp_path / "job.json")
    assert file.read() == JobState()
    state = file.write(replace(JobState(), training_file="f", ordered=True, job_id="ft-1"))
    assert file.read() == state
    file.path.write_text('{"training_file": ')
    with pytest.raises(RunStateError, match="it may name a job that was paid for"):
        file.read()


@pytest.mark.parametrize(
    "document",
    ["[]", '"x"', '{"ordred": true}', '{"job_id": 5}', '{"ordered": "perhaps"}', "[" * 9999, '{"runs_for": []}'],
)
def test_security_k20_a_state_of_another_shape_is_never_taken_for_none(tmp_path: Path, document: str) -> None:
    (tmp_path / "job.json").write_text(document)
    with pytest.raises(RunStateError, match="it may name a job that was paid for"):
        JobFile(tmp_path / "job.json").read()


def test_waiting_ends_and_the_next_run_goes_on(tuning_service: Any, tmp_path: Path) -> None:
    tuning_service.polls_until_done = 5
    clock = iter(range(0, 10_000, 40))
    short = Patience(1.0, 100.0, lambda _: None, lambda: float(next(clock)))
    with pytest.raises(StoppedError, match="the job ft-0 at together is not done; run again"):
        run(tuning_service, tmp_path / "job.json", short)
    done = run(tuning_service, tmp_path / "job.json", Patience(0.0))
    assert (done.job_id, done.status, done.model) == ("ft-0", "succeeded", "me/tuned")
    assert len(tuning_service.jobs) == 1


@pytest.mark.parametrize("step", range(1, 4))
def test_interrupted_at_any_write_nothing_is_paid_twice(tuning_service: Any, tmp_path: Path, step: int) -> None:
    """The process ends right after the n-th state reached the disk."""

    class Ending(JobFile):
        left = step

        def write(self, state: JobState) -> JobState:
            super().write(state)
            Ending.left -= 1
            if Ending.left == 0:
                raise KeyboardInterrupt
            return state

    host = TogetherHost(Rest(tuning_service.url, "k"))
    path = tmp_path / "job.json"
    with pytest.raises(KeyboardInterrupt):
        run_job(host, SPEC, (b"{}\n", None), Ending(path), None, Patience(0.0), SilentProgress())
    assert run(tuning_service, path, Patience(0.0)).job_id == "ft-0"
    assert (len(tuning_service.jobs), len(tuning_service.files)) == (1, 1)
