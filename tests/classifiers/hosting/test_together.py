"""Together's wire, beyond what the whole life shows."""

from typing import Any

import pytest

from topicsmith.classifiers.hosting.rest import Rest
from topicsmith.classifiers.hosting.together import TogetherHost
from topicsmith.errors import UpstreamError


def test_a_model_that_cannot_be_deployed_is_explained(tuning_service: Any) -> None:
    host = TogetherHost(Rest(f"{tuning_service.url}/v1", "k"))
    tuning_service.refuse = {"POST /v1/endpoints": [(404, {"error": {"message": "no hardware"}})]}
    with pytest.raises(UpstreamError, match=r"cannot deploy 'm' on 'h'.*choose another 'hardware'"):
        host.start_endpoint("m", "h", 5)


def test_a_file_still_being_checked_is_not_ready(tuning_service: Any) -> None:
    host = TogetherHost(Rest(f"{tuning_service.url}/v1", "k"))
    tuning_service.file_state = "PENDING"
    assert not host.file_ready("file-0")
    tuning_service.file_state = "COMPLETED"
    assert host.file_ready("file-0")
