"""Settings of ``kind: prompted``."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from topicsmith.project import CandidateSettings
from topicsmith.service_settings import ServiceSettings, split_service


class PromptedSettings(CandidateSettings):
    """Settings of ``kind: prompted``. ``examples`` is how many training rows the prompt shows with their answers.

    In the place of a name, ``model`` may be a mapping with ``model``, the name, another ``name`` for it, and what
    ``service`` then keeps of it; the setting ``model`` is then that name.
    """

    model: str
    service: ServiceSettings | None = None
    prompt: str = "v2"
    answer: Literal["json", "xml"] = "json"
    examples: int = Field(default=0, ge=0, le=200)
    budget_usd: float | None = Field(default=None, gt=0)
    concurrency: int = Field(default=50, gt=0, le=1000)

    @model_validator(mode="before")
    @classmethod
    def _service_apart(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        model, service = split_service(value.get("model"))
        return value if service is None else {**value, "model": model, "service": service}

    @field_validator("model")
    @classmethod
    def _scheme(cls, value: str) -> str:
        scheme, _, model = value.partition(":")
        if not scheme or not model:
            raise ValueError("write provider:model, for example 'together:zai-org/GLM-4.5-Air-FP8'")
        return value
