import pytest
from pydantic import ValidationError

from topicsmith.classifiers.prompted.settings import PromptedSettings


def test_a_mapping_in_the_place_of_the_model_is_kept_beside_its_name() -> None:
    said = {"name": "a", "kind": "prompted", "model": {"model": "compatible:m", "base_url": "http://127.0.0.1:1/v1"}}
    found = PromptedSettings.model_validate(said)
    assert (found.model, found.model_name) == ("compatible:m", "compatible:m")
    assert found.service is not None
    assert found.service.base_url == "http://127.0.0.1:1/v1"
    assert PromptedSettings.model_validate(found.model_dump()) == found


def test_a_model_without_a_provider_is_refused() -> None:
    with pytest.raises(ValidationError, match="write provider:model"):
        PromptedSettings.model_validate({"name": "a", "kind": "prompted", "model": {"model": "m"}})
