"""Small helpers of the format files: the first of several names that a field goes by, what is left for metadata."""

from collections.abc import Collection, Mapping


def first_text(row: Mapping[str, object], *names: str) -> str | None:
    """The first of the fields ``names`` that holds text, a number or a time, as text."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if value is not None and hasattr(value, "isoformat"):
            return str(value.isoformat())
    return None


def rest_of(row: Mapping[str, object], used: Collection[str]) -> dict[str, object]:
    """The fields of ``row`` that are not ``used`` and hold something."""
    return {key: value for key, value in row.items() if key not in used and value is not None}


def mapping(value: object) -> Mapping[str, object]:
    """``value`` where it is an object, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}
