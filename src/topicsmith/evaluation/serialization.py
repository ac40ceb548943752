"""Results as plain data and back: what stands in ``evaluations.json`` and ``advice.json``."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from math import isfinite
from typing import TypeVar

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
