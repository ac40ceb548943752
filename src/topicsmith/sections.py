"""The base of every part of the project file."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the project file: unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
