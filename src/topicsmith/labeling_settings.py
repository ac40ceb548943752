"""Who labels, as the project file says it."""

from collections import Counter
from typing import Literal

from pydantic import Field, model_validator

from topicsmith.sections import Section
from topicsmith.service_settings import ServiceSettings, check_other_name, split_service


class LabelingSettings(Section):
    """Who labels. Without annotators the given topics (``traces.topic``) are the labels.

    In the place of a name, an annotator may be a mapping: ``model``, its name unless ``name`` gives another, and what
    ``services`` then keeps of it by that name.
    ``examples`` is how many of each topic's examples a prompt shows with their answers; ``samples`` is how often each
    question is asked, so that the share of the answers that agree is a confidence.
    """

    annotators: list[str] = Field(default=[])
    services: dict[str, ServiceSettings] = Field(default={})
    prompt: str = "v2"
    answer: Literal["json", "xml"] = "json"
    examples: int = Field(default=0, ge=0, le=20)
    samples: int = Field(default=1, ge=1, le=25)
    adjudicator: str | None = None
    labels: Literal["agreed", "adjudicated", "weighted"] = "agreed"
    budget_usd: float | None = Field(default=None, gt=0)
    concurrency: int = Field(default=50, gt=0, le=1000)
    mode: Literal["online", "batch"] = "online"

    @model_validator(mode="before")
    @classmethod
    def _services_apart(cls, value: object) -> object:
        """What mappings say beside the names of models goes into ``services``."""
        if not isinstance(value, dict) or not isinstance(value.get("annotators", []), list):
            return value
        split = [split_service(each) for each in [*value.get("annotators", []), value.get("adjudicator")]]
        said = {str(name): service for name, service in split if service is not None}
        if not said:
            return value
        names = [name for name, _ in split]
        found = {**value, "annotators": names[:-1], "services": {**value.get("services", {}), **said}}
        return {**found, "adjudicator": names[-1]} if names[-1] is not None else found

    @model_validator(mode="before")
    @classmethod
    def _adjudicator_adjudicates(cls, value: object) -> object:
        """Naming an adjudicator is choosing adjudicated labels."""
        if isinstance(value, dict) and value.get("adjudicator") is not None and "labels" not in value:
            return {**value, "labels": "adjudicated"}
        return value

    @model_validator(mode="after")
    def _adjudicated_by_somebody(self) -> "LabelingSettings":
        if self.labels == "adjudicated" and self.adjudicator is None:
            raise ValueError("'labels: adjudicated' needs an 'adjudicator', for example 'adjudicator: local:trained'")
        if self.labels != "adjudicated" and self.adjudicator is not None:
            raise ValueError(f"'labels: {self.labels}' asks no adjudicator; write 'labels: adjudicated' or remove it")
        if self.adjudicator in self.annotators:
            raise ValueError(f"the adjudicator '{self.adjudicator}' is one of the annotators; name somebody else")
        return self

    @model_validator(mode="after")
    def _distinct(self) -> "LabelingSettings":
        twice = [name for name, count in Counter(self.annotators).items() if count > 1]
        if twice:
            raise ValueError(f"has a duplicate annotator '{twice[0]}'{_cure_of_twice(twice[0])}")
        for name in [*self.annotators, *([] if self.adjudicator is None else [self.adjudicator])]:
            scheme, colon, model = name.partition(":")
            if not colon or not scheme or not model:
                raise ValueError(f"'{name}' is not of the form provider:model, table:COLUMN or local:METHOD")
        for name, service in self.services.items():
            if service.model is not None:
                check_other_name(name, service.model)
        return self


def _cure_of_twice(name: str) -> str:
    if name.startswith(("table:", "local:")):
        return ": remove one"
    return f": remove one, or give one that is at another service a name of its own, such as 'name: {name}-2'"
