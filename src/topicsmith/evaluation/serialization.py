"""Results as plain data and back: what stands in ``evaluations.json`` and ``advice.json``."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from math import isfinite
from pathlib import Path
from typing import TypeVar

from topicsmith.errors import RunStateError
from topicsmith.json_file import checked

T = TypeVar("T")


def to_document(value: object) -> object:
    """``value`` (records, sequences, mappings, numbers, texts) as plain JSON data; NaN and infinity become ``None``."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_document(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_document(item) for item in value]
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    return value


def from_document(shape: type[T], document: object, where: Path) -> T:
    """Read back a record, or with ``list[Evaluation]`` and the like several.

    Args:
        shape: the type of what is wanted.
        document: plain data.
        where: the file it came from, named in errors.

    Raises:
        RunStateError: when the document is of another shape.
    """
    return checked(shape, document, where, RunStateError, "run again")
