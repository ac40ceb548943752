"""Small helpers of the format files: the first of several names that a field goes by, what is left for metadata."""

import re
from collections.abc import Collection, Mapping

_NO_ID = frozenset(
    {"", "none", "null", "undefined", "nan", "nil", "n/a", "na", "<na>", "nat", "\\n", "[object object]"}
)
_ZEROS = re.compile(r"[0-]{8,}|A{21}[A=]{0,3}")


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


def first_id(row: Mapping[str, object], *names: str) -> str | None:
    """The first of the fields ``names`` that holds an id.

    Words that programs write where there is none (``None``, ``undefined``, ``nan``, ids of zeros only) are no id.
    """
    for name in names:
        written = first_text({name: row.get(name)}, name)
        if written is not None and is_id(written):
            return written.strip()
    return None


def is_id(written: str) -> bool:
    """Whether ``written`` names something, and is not a program's word for nothing."""
    return written.strip().casefold() not in _NO_ID and not _ZEROS.fullmatch(written.strip())


def rest_of(row: Mapping[str, object], used: Collection[str]) -> dict[str, object]:
    """The fields of ``row`` that are not ``used`` and hold something."""
    return {key: value for key, value in row.items() if key not in used and value is not None}


def mapping(value: object) -> Mapping[str, object]:
    """``value`` where it is an object, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}
