"""Did you mean: the known name that a mistyped one is nearest to."""

from collections.abc import Iterable
from difflib import get_close_matches

_NEAR = 0.7


def did_you_mean(typed: str, known: Iterable[str]) -> str:
    """``did you mean 'x'?; `` to go into a message, or nothing where no known name is near.

    >>> did_you_mean("opnai", ["openai", "together"])
    "did you mean 'openai'?; "
    >>> did_you_mean("zebra", ["openai"])
    ''
    """
    near = nearest(typed, known)
    return "" if near is None else f"did you mean '{near}'?; "


def nearest(typed: str, known: Iterable[str]) -> str | None:
    """The known name nearest to ``typed``, where one is near."""
    by_form = {name.casefold(): name for name in known}
    found = get_close_matches(typed.casefold(), list(by_form), n=1, cutoff=_NEAR)
    return by_form[found[0]] if found else None
