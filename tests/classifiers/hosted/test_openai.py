"""OpenAI's wire: the body fits the official client's own types."""

from typing import Any

import pytest

from topicsmith.classifiers.hosted.openai import OpenAIHost
from topicsmith.classifiers.hosted.protocol import JobSpec
from topicsmith.classifiers.hosted.rest import Rest


def test_the_job_is_one_that_the_official_client_could_have_sent(tuning_service: Any) -> None:
    types: Any = pytest.importorskip("openai.types.fine_tuning.job_create_params")
    from pydantic import TypeAdapter

    host = OpenAIHost(Rest(f"{tuning_service.url}/v1", "k"))
    host.create(JobSpec("gpt-4.1-nano-2025-04-14", "file-0", "file-1", "mine", 3, 13, 16, 32, 0.0, 2e-4, 8, 1.5))
    body = tuning_service.bodies[0]
    adapter: Any = TypeAdapter(types.JobCreateParams)
    assert adapter.validate_python(body) == body
    assert set(body) <= set(types.JobCreateParams.__annotations__)


def test_no_weights_are_given_away(tuning_service: Any, tmp_path: Any) -> None:
    assert not OpenAIHost(Rest(f"{tuning_service.url}/v1", "k")).download("ft-0", tmp_path / "a")
