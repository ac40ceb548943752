"""A dedicated endpoint that bills by the minute: started when needed, stopped whatever happens.

It is created stopped and its id stored, then started, so that no running endpoint is ever unknown. It stops at the end
of the process or of the object that uses it; should the process be killed, it stops itself after some idle minutes, and
the next start or stop finds it by the stored id.
"""

import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from topicsmith.classifiers.hosting.life import JobFile
from topicsmith.classifiers.hosting.together import TogetherHost
from topicsmith.errors import StoppedError, UpstreamError


@dataclass(frozen=True)
class EndpointSettings:
    """What to serve, on what, and when to give up waiting."""

    model: str
    hardware: str
    idle_minutes: int
    poll_s: float
    longest_s: float = 1800.0


class Endpoint:
    """One dedicated endpoint of a fine-tuned model."""

    def __init__(
        self,
        host: Callable[[], TogetherHost],
        settings: EndpointSettings,
        state: JobFile,
        saved: Mapping[str, str] | None,
    ) -> None:
        """``saved`` is what :meth:`saved` gave to an earlier process; ``host`` is made when it is first needed."""
        self._host, self._settings, self._state = host, settings, state
        if saved and state.read().endpoint_id is None:
            state.write(replace(state.read(), endpoint_id=saved["id"], endpoint_name=saved["name"]))
        self._stop: weakref.finalize | None = None  # type: ignore[type-arg]  # it is not generic at run time

    @property
    def name(self) -> str | None:
        """The name to ask for, once the endpoint was created."""
        return self._state.read().endpoint_name

    def saved(self) -> dict[str, str] | None:
        """The endpoint's id and name, for another process."""
        state = self._state.read()
        if state.endpoint_id is None or state.endpoint_name is None:
            return None
        return {"id": state.endpoint_id, "name": state.endpoint_name}

    def start(self) -> str:
        """Make the endpoint run, if it does not yet; the name to ask for.

        Raises:
            UpstreamError: when it cannot be deployed or fails.
            StoppedError: when it does not start in time; it is then stopped.
        """
        state = self._state.read()
        if self._stop is not None and self._stop.alive and state.endpoint_name is not None:
            return state.endpoint_name
        host = self._host()
        if state.endpoint_id is None:
            made, name = host.start_endpoint(self._settings.model, self._settings.hardware, self._settings.idle_minutes)
            state = self._state.write(replace(state, endpoint_id=made, endpoint_name=name))
        assert state.endpoint_id is not None
        assert state.endpoint_name is not None
        self._stop = weakref.finalize(self, host.set_endpoint, state.endpoint_id, False)
        try:
            host.set_endpoint(state.endpoint_id, True)
            self._wait(host, state.endpoint_id)
        except BaseException:
            self.stop()
            raise
        return state.endpoint_name

    def stop(self) -> None:
        """Order the endpoint to stop, if this object started it."""
        if self._stop is not None:
            self._stop()

    def _wait(self, host: TogetherHost, endpoint_id: str) -> None:
        deadline = time.monotonic() + self._settings.longest_s
        while (state := host.endpoint_state(endpoint_id)) != "STARTED":
            if state in {"FAILED", "ERROR"}:
                raise UpstreamError(f"the endpoint {endpoint_id} of '{self._settings.model}' did not start ({state})")
            if time.monotonic() > deadline:
                raise StoppedError(f"the endpoint {endpoint_id} is still '{state}'; it was stopped, run again later")
            time.sleep(self._settings.poll_s)
