"""A dedicated endpoint is never left running."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from topicsmith.classifiers.hosted.deployments import Deployments, Wanted
from topicsmith.classifiers.hosted.endpoint import Endpoint, EndpointSettings, stop_leftover
from topicsmith.classifiers.hosted.job import JobFile
from topicsmith.classifiers.hosted.rest import Rest
from topicsmith.errors import StoppedError

WANTED = Wanted("ml_tuned", "1x_nvidia_h100_80gb_sxm", None, 30)


@pytest.fixture
def service(tuning_service: Any) -> Deployments:
    return Deployments(Rest(tuning_service.url, "k", pause=lambda _: None))


@pytest.fixture
def make(service: Deployments, tmp_path: Path) -> Callable[..., Endpoint]:
    def endpoint(longest_s: float = 5.0, saved: dict[str, str] | None = None) -> Endpoint:
        settings = EndpointSettings("mine", WANTED, 0.01, longest_s)
        return Endpoint(lambda: service, settings, JobFile(tmp_path / "endpoint.json"), saved)

    return endpoint


def test_one_endpoint_serves_again_under_the_same_name(tuning_service: Any, make: Callable[..., Endpoint]) -> None:
    first = make()
    assert first.saved() is None
    name = first.start()
    assert first.start() == name == "me/mine/topicsmith"
    first.stop()
    again = make()
    assert again.start() == name
    assert again.saved() == {"id": "ep_0", "deployment": "dep_0", "name": name}
    again.stop()
    assert tuning_service.running == {"dep_0": False}


def test_one_that_does_not_start_in_time_is_stopped(tuning_service: Any, make: Callable[..., Endpoint]) -> None:
    tuning_service.start_state = "PROVISIONING"
    with pytest.raises(StoppedError, match="is still 'PROVISIONING'; it was stopped"):
        make(longest_s=0.05).start()
    assert tuning_service.running == {"dep_0": False}


def test_what_another_process_saved_is_used(
    tuning_service: Any, make: Callable[..., Endpoint], service: Deployments
) -> None:
    made = service.create("elsewhere", WANTED)
    taken_up = make(saved={"id": made.endpoint_id, "deployment": made.deployment_id, "name": made.name})
    assert taken_up.start() == "me/elsewhere/topicsmith"
    assert tuning_service.running == {"dep_0": True}
    taken_up.stop()
    assert len(tuning_service.endpoints) == 1


PROGRAM = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from topicsmith.classifiers.hosted.deployments import Deployments, Wanted
    from topicsmith.classifiers.hosted.endpoint import Endpoint, EndpointSettings
    from topicsmith.classifiers.hosted.job import JobFile
    from topicsmith.classifiers.hosted.rest import Rest
    settings = EndpointSettings("mine", Wanted("ml_tuned", "1x_nvidia_h100_80gb_sxm", None, 30), 0.01)
    endpoint = Endpoint(lambda: Deployments(Rest(sys.argv[1], "k")), settings, JobFile(Path(sys.argv[2])), None)
    print(endpoint.start(), flush=True)
    time.sleep(float(sys.argv[3]))
    """
)


def started(url: str, file: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, url, str(file), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "me/mine/topicsmith\n"
    return process


def test_after_kill_9_the_next_run_stops_it(tuning_service: Any, service: Deployments, tmp_path: Path) -> None:
    file = tmp_path / "endpoint.json"
    process = started(tuning_service.url, file, 60)
    assert stop_leftover(file, lambda: service) is None  # the process lives and uses it
    assert tuning_service.running == {"dep_0": True}
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert tuning_service.running == {"dep_0": True}
    assert stop_leftover(file, lambda: service) == "me/mine/topicsmith"
    assert tuning_service.running == {"dep_0": False}
    assert stop_leftover(file, lambda: service) is None


@pytest.mark.slow
def test_a_process_that_ends_stops_it_and_one_that_another_uses_is_left_to_it(
    tuning_service: Any, make: Callable[..., Endpoint], tmp_path: Path
) -> None:
    process = started(tuning_service.url, tmp_path / "endpoint.json", 1.0)
    mine = make()
    assert mine.start() == "me/mine/topicsmith"
    mine.stop()
    assert tuning_service.running == {"dep_0": True}
    assert json.loads((tmp_path / "endpoint.json").read_text())["runs_for"] == process.pid
    process.communicate(timeout=60)
    deadline = time.monotonic() + 10
    while tuning_service.running["dep_0"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert tuning_service.running == {"dep_0": False}
