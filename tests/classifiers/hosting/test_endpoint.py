"""A dedicated endpoint is never left running."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from topicsmith.classifiers.hosting.endpoint import Endpoint, EndpointSettings
from topicsmith.classifiers.hosting.life import JobFile
from topicsmith.classifiers.hosting.rest import Rest
from topicsmith.classifiers.hosting.together import TogetherHost
from topicsmith.errors import StoppedError


@pytest.fixture
def make(tuning_service: Any, tmp_path: Path) -> Callable[..., Endpoint]:
    def endpoint(longest_s: float = 5.0, saved: dict[str, str] | None = None) -> Endpoint:
        settings = EndpointSettings("me/tuned", "1x_h100", 5, 0.01, longest_s)
        host = TogetherHost(Rest(f"{tuning_service.url}/v1", "k"))
        return Endpoint(lambda: host, settings, JobFile(tmp_path / "endpoint.json"), saved)

    return endpoint


def test_one_endpoint_serves_again_under_the_same_name(tuning_service: Any, make: Callable[..., Endpoint]) -> None:
    first = make()
    assert first.saved() is None
    name = first.start()
    assert first.start() == name
    first.stop()
    again = make()
    assert again.start() == name
    again.stop()
    assert tuning_service.endpoints == {"endpoint-0": "STOPPED"}


def test_one_that_does_not_start_in_time_is_stopped(tuning_service: Any, make: Callable[..., Endpoint]) -> None:
    tuning_service.refuse = {"GET /v1/endpoints/endpoint-0": [(200, {"state": "PENDING"})] * 99}
    with pytest.raises(StoppedError, match="is still 'PENDING'; it was stopped"):
        make(longest_s=0.05).start()
    assert tuning_service.endpoints == {"endpoint-0": "STOPPED"}


def test_what_another_process_saved_is_used(tuning_service: Any, make: Callable[..., Endpoint]) -> None:
    tuning_service.endpoints["endpoint-7"] = "STOPPED"
    taken_up = make(saved={"id": "endpoint-7", "name": "me/tuned-7"})
    assert taken_up.start() == "me/tuned-7"
    assert tuning_service.endpoints == {"endpoint-7": "STARTED"}
    taken_up.stop()
