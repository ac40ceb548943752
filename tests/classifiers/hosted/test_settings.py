"""What the settings of a hosted candidate accept."""

import pytest
from pydantic import ValidationError

from topicsmith.classifiers.hosted.settings import HostedSettings


def settings(**own: object) -> HostedSettings:
    return HostedSettings.model_validate({"name": "tuned", "kind": "hosted", "model": "openai:gpt-4.1-mini", **own})


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "mistral:small", "together:", ""])
def test_a_model_names_its_service(model: str) -> None:
    with pytest.raises(ValidationError, match="write openai:MODEL or together:MODEL, as in together:Qwen/Qwen3-8B"):
        settings(model=model)


@pytest.mark.parametrize(("minutes", "accepted"), [(29, False), (30, True), (1440, True), (1441, False)])
def test_an_endpoint_idles_as_long_as_together_accepts(minutes: int, accepted: bool) -> None:
    if accepted:
        assert settings(idle_minutes=minutes).idle_minutes == minutes
    else:
        with pytest.raises(ValidationError):
            settings(idle_minutes=minutes)
