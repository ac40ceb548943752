"""How a service is reached that needs more than a model's name: address, key, headers, fields of the body, price."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, model_validator

from topicsmith.sections import Section
from topicsmith.suggestions import did_you_mean

SECRET = re.compile(r"((?:Bearer|Basic|Token|ApiKey) )?env:([A-Za-z_][A-Za-z0-9_]*)", re.IGNORECASE)
"""How a secret is written: the environment variable that holds it, behind the word that a header begins with."""

_SECRET_NAMES = re.compile(r"auth|key|token|secret|password|cookie|signature|\bsig\b", re.IGNORECASE)


def _only_from_the_environment(value: str) -> str:
    if not SECRET.fullmatch(value):
        raise ValueError("write env:NAME, the environment variable that holds it; keys stand in no file")
    return value


def _no_secrets(values: dict[str, str]) -> dict[str, str]:
    for name, value in values.items():
        if _SECRET_NAMES.search(name) and not SECRET.fullmatch(value):
            raise ValueError(f"'{name}' looks like a secret: write env:NAME, the environment variable that holds it")
    return values


Named = Annotated[dict[str, str], AfterValidator(_no_secrets)]


class BodyChanges(Section):
    """Fields to put into the body of each request, merged into what stands there, and fields to leave out.

    ``remove`` names fields by their path, as in ``chat_template_kwargs`` or ``generationConfig.temperature``.
    """

    add: dict[str, Any] = Field(default={})
    remove: list[str] = Field(default=[])


class GivenPrice(Section):
    """Dollars per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)


class ServiceSettings(Section):
    """What a mapping in the place of a model's name says of the service.

    ``key`` is sent the way the provider sends its key, in place of the one in the provider's own variable; where a
    header says it in another form, ``headers`` do. ``timeout_s`` is how long one call may take.
    """

    base_url: str | None = None
    key: Annotated[str, AfterValidator(_only_from_the_environment)] | None = None
    headers: Named = Field(default={})
    query: Named = Field(default={})
    body: BodyChanges = BodyChanges()
    timeout_s: float | None = Field(default=None, gt=0, le=3600)
    concurrency: int | None = Field(default=None, gt=0, le=1000)
    price: GivenPrice | None = None

    @model_validator(mode="after")
    def _an_address(self) -> "ServiceSettings":
        if self.base_url is not None and not re.match(r"https?://[^\s/]", self.base_url):
            raise ValueError(f"'base_url: {self.base_url}' is not an address: write it as https://host/v1")
        return self


def split_service(value: object) -> tuple[object, ServiceSettings | None]:
    """The model's name of an annotator, and what a mapping says beside it.

    Raises:
        ValueError: naming the key of the mapping that is wrong.

    >>> split_service("openai:m")
    ('openai:m', None)
    >>> split_service({"model": "compatible:m", "timeout_s": 9.0})[0]
    'compatible:m'
    """
    if not isinstance(value, Mapping) or "model" not in value:
        return value, None
    model = value["model"]
    try:
        return model, ServiceSettings.model_validate({key: each for key, each in value.items() if key != "model"})
    except ValidationError as invalid:
        raise ValueError(f"of '{model}': {_told(invalid)}") from None


def _told(invalid: ValidationError) -> str:
    finding = invalid.errors(include_url=False)[0]
    key = ".".join(str(part) for part in finding["loc"])
    if finding["type"] == "extra_forbidden":
        known = ["model", *ServiceSettings.model_fields]
        return f"unknown key '{key}'; {did_you_mean(key, known)}known: {', '.join(known)}"
    message = finding["msg"].removeprefix("Value error, ")
    return f"{key}: {message}" if key else message
