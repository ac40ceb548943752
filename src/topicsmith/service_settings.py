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


_NO_SERVICES = frozenset({"table", "local"})
_OTHER_NAME = re.compile(r"\w+:[\w.@:/+-]{1,200}")
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
    header says it in another form, ``headers`` do. ``timeout_s`` is how long one call may take. ``model`` is the model
    to ask, ``provider:model``, where it is known by another name here.
    """

    model: str | None = None
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

    def asked(self, name: str) -> str:
        """The model that is asked, ``provider:model``, by whoever is called ``name``.

        >>> ServiceSettings().asked("openai:m"), ServiceSettings(model="openai:m").asked("openai:m-eu")
        ('openai:m', 'openai:m')
        """
        return self.model or name


def split_service(value: object) -> tuple[object, ServiceSettings | None]:
    """The name of an annotator, which is its model's unless a mapping gives another, and what that says beside it.

    Raises:
        ValueError: naming the key of the mapping that is wrong.

    >>> split_service("openai:m")
    ('openai:m', None)
    >>> split_service({"model": "compatible:m", "timeout_s": 9.0})[0]
    'compatible:m'
    >>> split_service({"model": "compatible:m", "name": "compatible:m-east"})[0]
    'compatible:m-east'
    """
    if not isinstance(value, Mapping) or "model" not in value:
        return value, None
    model = value["model"]
    name = value.get("name", model)
    said = {key: each for key, each in value.items() if key not in {"model", "name"}}
    try:
        if name != model:
            check_other_name(name, model)
            said["model"] = model
        return name, ServiceSettings.model_validate(said)
    except ValidationError as invalid:
        raise ValueError(f"of '{model}': {_told(invalid)}") from None


def check_other_name(name: object, model: object) -> None:
    """Look whether whoever asks ``model`` can be called ``name``.

    Raises:
        ValueError: when it is of another provider or of another form, or no service is asked.
    """
    provider, colon, own = str(model).partition(":")
    if not colon or provider in _NO_SERVICES:
        raise ValueError(f"'{model}' asks no service: remove its 'name: {name}'")
    example = f"'name: {provider}:{own.rpartition('/')[2]}-east'"
    if not isinstance(name, str) or not _OTHER_NAME.fullmatch(name):
        raise ValueError(f"of '{model}': 'name: {name}' is not of the form provider:NAME: write for example {example}")
    if name.partition(":")[0] != provider:
        raise ValueError(f"of '{model}': 'name: {name}' has another provider: write for example {example}")


def _told(invalid: ValidationError) -> str:
    finding = invalid.errors(include_url=False)[0]
    key = ".".join(str(part) for part in finding["loc"])
    if finding["type"] == "extra_forbidden":
        known = ["model", "name", *(key for key in ServiceSettings.model_fields if key != "model")]
        return f"unknown key '{key}'; {did_you_mean(key, known)}known: {', '.join(known)}"
    message = finding["msg"].removeprefix("Value error, ")
    return f"{key}: {message}" if key else message
