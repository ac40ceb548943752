"""A mapping in the place of a model's name."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from topicsmith.errors import ProjectError
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.project_file import read_project
from topicsmith.service_settings import ServiceSettings

DEEPSEEK = {
    "model": "compatible:deepseek-chat",
    "base_url": "https://api.deepseek.com/v1",
    "key": "env:DEEPSEEK_API_KEY",
}


def test_what_stands_beside_a_model_is_kept_under_its_name() -> None:
    found = LabelingSettings.model_validate({"annotators": ["openai:gpt-6-luna", DEEPSEEK], "prompt": "v1"})
    assert found.annotators == ["openai:gpt-6-luna", "compatible:deepseek-chat"]
    assert found.services == {
        "compatible:deepseek-chat": ServiceSettings(base_url="https://api.deepseek.com/v1", key="env:DEEPSEEK_API_KEY")
    }
    assert LabelingSettings.model_validate(found.model_dump()) == found


def test_an_adjudicator_may_be_a_mapping_too() -> None:
    found = LabelingSettings.model_validate({"annotators": ["openai:m"], "adjudicator": DEEPSEEK})
    assert (found.adjudicator, found.labels) == ("compatible:deepseek-chat", "adjudicated")
    assert list(found.services) == ["compatible:deepseek-chat"]


@pytest.mark.parametrize(
    "said",
    [
        {"headers": {"Authorization": "Bearer sk-123"}},
        {"headers": {"api-key": "abc"}},
        {"headers": {"X-Auth": "abc"}},
        {"query": {"key": "abc"}},
        {"query": {"access_token": "abc"}},
        {"key": "sk-123"},
        {"base_url": "api.deepseek.com/v1"},
        {"timeout_s": 0},
        {"body": {"adds": {}}},
        {"colour": "red"},
    ],
)
def test_a_secret_in_the_file_and_what_cannot_be_are_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LabelingSettings.model_validate({"annotators": [{"model": "compatible:m", **said}]})


@pytest.mark.parametrize("value", ["env:KEY", "Bearer env:KEY", "Api-Version"])
def test_secrets_name_the_environment_and_other_headers_are_free(value: str) -> None:
    name = "X-Version" if value == "Api-Version" else "Authorization"
    assert ServiceSettings(headers={name: value}).headers == {name: value}


def test_a_wrong_key_in_a_mapping_is_told_in_a_line(small_project: Path) -> None:
    file = small_project / "topicsmith.yaml"
    file.write_text(file.read_text().replace("'table:second'", "{model: 'compatible:m', base_urll: 'http://h'}"))
    with pytest.raises(ProjectError) as refused:
        read_project(small_project)
    assert "base_urll" in str(refused.value)
    assert "\n" not in str(refused.value)


EAST = {**DEEPSEEK, "base_url": "https://east.example/v1", "name": "compatible:deepseek-east"}


def test_a_mapping_may_give_a_name_of_its_own_under_which_the_model_is_kept() -> None:
    found = LabelingSettings.model_validate({"annotators": [DEEPSEEK, EAST]})
    assert found.annotators == ["compatible:deepseek-chat", "compatible:deepseek-east"]
    services = {name: (service.model, service.base_url) for name, service in found.services.items()}
    assert services == {
        "compatible:deepseek-chat": (None, "https://api.deepseek.com/v1"),
        "compatible:deepseek-east": ("compatible:deepseek-chat", "https://east.example/v1"),
    }
    assert LabelingSettings.model_validate(found.model_dump(mode="json")) == found
    assert LabelingSettings.model_validate({"annotators": [{**DEEPSEEK, "name": DEEPSEEK["model"]}]}) == (
        LabelingSettings.model_validate({"annotators": [DEEPSEEK]})
    )


@pytest.mark.parametrize(
    ("model", "name", "why"),
    [
        ("compatible:org/m", "east", "of 'compatible:org/m': 'name: east' is not of the form provider:NAME"),
        ("compatible:org/m", "compatible:", "write for example 'name: compatible:m-east'"),
        ("compatible:org/m", "compatible:a b", "is not of the form provider:NAME"),
        ("compatible:org/m", 7, "'name: 7' is not of the form provider:NAME"),
        ("compatible:org/m", None, "'name: None' is not of the form provider:NAME"),
        ("compatible:org/m", "openai:m", "'name: openai:m' has another provider: .*'name: compatible:m-east'"),
        ("table:intent", "table:mine", "'table:intent' asks no service: remove its 'name: table:mine'"),
        ("local:keywords", "local:mine", "asks no service"),
    ],
)
def test_a_name_that_cannot_be_one_is_told_in_a_line_with_the_cure(
    small_project: Path, model: str, name: object, why: str
) -> None:
    file = small_project / "topicsmith.yaml"
    written = "null" if name is None else name if isinstance(name, int) else f"'{name}'"
    file.write_text(file.read_text().replace("'table:second'", f"{{model: '{model}', name: {written}}}"))
    with pytest.raises(ProjectError, match=why) as refused:
        read_project(small_project)
    assert "\n" not in str(refused.value)
