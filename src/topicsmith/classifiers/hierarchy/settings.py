"""Settings of ``kind: hierarchy``."""

from typing import Literal

from pydantic import model_validator

from topicsmith.classifiers.hierarchy.base import base_settings
from topicsmith.errors import ProjectError
from topicsmith.project import CandidateSettings

Way = Literal["topic", "joint", "leaves", "steps"]


class HierarchySettings(CandidateSettings):
    """Settings of ``kind: hierarchy``: the way, and under ``base`` the settings of the kind it is built from."""

    way: Way = "steps"
    base: dict[str, object]

    @model_validator(mode="after")
    def _base_is_a_kind(self) -> "HierarchySettings":
        if not isinstance(self.base.get("kind"), str):
            raise ValueError("'base' needs 'kind', for example 'base: {kind: linear}'")
        if self.base["kind"] == "hierarchy":
            raise ValueError("'base' cannot be a hierarchy itself")
        try:
            base_settings(self)
        except ProjectError as error:
            raise ValueError(str(error)) from None
        return self
