"""Together's wire, beyond what the whole life shows."""

from typing import Any

from topicsmith.classifiers.hosted.rest import Rest
from topicsmith.classifiers.hosted.together import TogetherHost


def test_a_file_still_being_checked_is_not_ready(tuning_service: Any) -> None:
    host = TogetherHost(Rest(tuning_service.url, "k"))
    tuning_service.file_state = "PENDING"
    assert not host.file_ready("file-0")
    tuning_service.file_state = "COMPLETED"
    assert host.file_ready("file-0")


def test_an_adapter_stands_in_where_no_whole_model_is_registered(tuning_service: Any) -> None:
    tuning_service.registered = {"adapter_object_id": "ml_adapter"}
    tuning_service.jobs["ft-0"] = {"id": "ft-0", "polls": 9}
    assert TogetherHost(Rest(tuning_service.url, "k")).job("ft-0").registered == "ml_adapter"
