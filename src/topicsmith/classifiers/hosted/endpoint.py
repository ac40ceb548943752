"""A dedicated endpoint that bills by the minute: started when needed, stopped whatever happens.

It is created stopped and its ids stored; that it is about to run is stored before it is ordered to. It stops at the end
of the process or of the object that uses it. Should the process be killed, the next run in the same run folder stops
it, and where none comes, it stops itself after some idle minutes.
"""

import os
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from topicsmith.classifiers.hosted.deployments import Deployed, Deployments, Wanted
from topicsmith.classifiers.hosted.job import JobFile, JobState
from topicsmith.errors import StoppedError, UpstreamError


@dataclass(frozen=True)
class EndpointSettings:
    """What to serve under which name, and when to give up waiting."""

    name: str
    wanted: Wanted
    poll_s: float
    longest_s: float = 1800.0


class Endpoint:
    """One dedicated endpoint of a fine-tuned model."""

    def __init__(
        self,
        service: Callable[[], Deployments],
        settings: EndpointSettings,
        state: JobFile,
        saved: Mapping[str, str] | None,
    ) -> None:
        """``saved`` is what :meth:`saved` gave to an earlier process; ``service`` is made when it is first needed."""
        self._service, self._settings, self._state = service, settings, state
        if saved and "deployment" in saved and state.read().deployment_id is None:
            found = replace(state.read(), endpoint_id=saved["id"], deployment_id=saved["deployment"])
            state.write(replace(found, endpoint_name=saved["name"]))
        self._stop: weakref.finalize | None = None  # type: ignore[type-arg]  # it is not generic at run time

    @property
    def name(self) -> str | None:
        """The name to ask for, once the endpoint was created."""
        return self._state.read().endpoint_name

    def saved(self) -> dict[str, str] | None:
        """The endpoint's ids and name, for another process."""
        deployed = _deployed(self._state.read())
        if deployed is None:
            return None
        return {"id": deployed.endpoint_id, "deployment": deployed.deployment_id, "name": deployed.name}

    def start(self) -> str:
        """Make the endpoint run, if it does not yet; the name to ask for.

        Where another living process runs it, it is that one's to stop.

        Raises:
            UpstreamError: when it cannot be deployed or fails.
            StoppedError: when it does not start in time; it is then stopped.
        """
        state = self._state.read()
        deployed = _deployed(state)
        if self._stop is not None and self._stop.alive and deployed is not None:
            return deployed.name
        service = self._service()
        if deployed is None:
            deployed = service.create(self._settings.name, self._settings.wanted)
            made = replace(state, endpoint_id=deployed.endpoint_id, deployment_id=deployed.deployment_id)
            state = self._state.write(replace(made, endpoint_name=deployed.name))
        if _used_elsewhere(state):
            self._wait(service, deployed)
            return deployed.name
        self._state.write(replace(state, runs_for=os.getpid()))
        self._stop = weakref.finalize(self, _halt, service, deployed, self._state)
        try:
            service.scale(deployed, 1)
            self._wait(service, deployed)
        except BaseException:
            self.stop()
            raise
        return deployed.name

    def stop(self) -> None:
        """Order the endpoint to stop, if this object started it."""
        if self._stop is not None:
            self._stop()

    def _wait(self, service: Deployments, deployed: Deployed) -> None:
        deadline = time.monotonic() + self._settings.longest_s
        while True:
            state, why = service.state(deployed)
            if state in {"READY", "DEGRADED"}:  # degraded: it answers, with fewer replicas than wanted
                return
            if state == "FAILED":
                raise UpstreamError(f"the endpoint {deployed.name} did not start: {why or 'no reason given'}")
            if time.monotonic() > deadline:
                raise StoppedError(f"the endpoint {deployed.name} is still '{state}'; it was stopped; run again later")
            time.sleep(self._settings.poll_s)


def stop_leftover(state_file: Path, service: Callable[[], Deployments]) -> str | None:
    """Stop the endpoint that a killed process left running; its name, ``None`` where nothing runs or somebody uses it.

    Raises:
        UpstreamError: when the service does not take the order.
    """
    file = JobFile(state_file)
    state = file.read()
    deployed = _deployed(state)
    if deployed is None or state.runs_for is None or _used_elsewhere(state) or state.runs_for == os.getpid():
        return None
    _halt(service(), deployed, file)
    return deployed.name


def _halt(service: Deployments, deployed: Deployed, file: JobFile) -> None:
    service.scale(deployed, 0)
    file.write(replace(file.read(), runs_for=None))


def _deployed(state: JobState) -> Deployed | None:
    if state.endpoint_id is None or state.deployment_id is None or state.endpoint_name is None:
        return None
    return Deployed(state.endpoint_id, state.deployment_id, state.endpoint_name)


def _used_elsewhere(state: JobState) -> bool:
    """Whether another process that lives says that it uses the endpoint."""
    if state.runs_for is None or state.runs_for == os.getpid():
        return False
    try:
        os.kill(state.runs_for, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
