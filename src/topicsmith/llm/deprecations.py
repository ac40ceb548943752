"""Which models have been shut down or soon will be, from a dated table.

The table is data that comes with the package (``llm/tables/models.yaml``), each entry with its source. A model that
is not in it is not known to end; that is no promise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib import resources

import yaml

NEAR_DAYS = 90
"""From this many days before its shutdown on, a model is warned about."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A model's end: requests fail from the day ``shutdown`` on, or another model answers them (see ``note``)."""

    provider: str
    model: str
    shutdown: date
    replacement: str | None
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """How a model stands on a day; ``message`` is one line for a person, empty where there is nothing to say."""

    ending: Ending | None
    retired: bool
    near: bool
    message: str


def model_status(model_ref: str, on: date | None = None) -> ModelStatus:
    """How ``model_ref`` (``provider:model``) stands on the day ``on``, today when left out.

    >>> model_status("openai:gpt-4.1-nano", date(2026, 11, 23)).message
    'openai:gpt-4.1-nano was shut down on 2026-10-23; use gpt-6-luna'
    """
    on = on or datetime.now(UTC).date()
    ending = _ending(model_ref)
    if ending is None:
        return ModelStatus(None, retired=False, near=False, message="")
    left = (ending.shutdown - on).days
    advice = f"; use {ending.replacement}" if ending.replacement else ""
    note = f" ({ending.note})" if ending.note else ""
    if left <= 0:
        return ModelStatus(
            ending, retired=True, near=False, message=f"{model_ref} was shut down on {ending.shutdown}{advice}{note}"
        )
    near = left <= NEAR_DAYS
    message = f"{model_ref} will be shut down on {ending.shutdown}, in {left} days{advice}{note}" if near else ""
    return ModelStatus(ending, retired=False, near=near, message=message)


def _ending(model_ref: str) -> Ending | None:
    """The entry that names the model most exactly."""
    provider, _, model = model_ref.partition(":")
    found = [
        ending
        for ending in endings()
        if ending.provider == provider
        and (model.startswith(ending.model[:-1]) if ending.model.endswith("*") else model == ending.model)
    ]
    return max(found, key=lambda ending: (not ending.model.endswith("*"), len(ending.model)), default=None)


@lru_cache(maxsize=1)
def endings() -> tuple[Ending, ...]:
    """The whole table."""
    text = (resources.files("topicsmith.llm") / "tables" / "models.yaml").read_text(encoding="utf-8")
    entries: list[Mapping[str, object]] = yaml.safe_load(text)["models"]
    return tuple(_entry(entry) for entry in entries)


def _entry(entry: Mapping[str, object]) -> Ending:
    shutdown = entry["shutdown"]
    assert isinstance(shutdown, date)
    replacement = entry.get("replacement")
    return Ending(
        str(entry["provider"]),
        str(entry["id"]),
        shutdown,
        str(replacement) if replacement else None,
        str(entry.get("note", "")),
        str(entry["source"]),
    )
