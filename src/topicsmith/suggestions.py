"""Did you mean: the known name that a mistyped one is nearest to."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

_NEAR = 0.7
_DECIMAL = re.compile(r"-?[0-9]{1,18}\.0+")


def did_you_mean(typed: str, known: Iterable[str]) -> str:
    """``did you mean 'x'?; `` to go into a message, or nothing where no known name is near.

    >>> did_you_mean("opnai", ["openai", "together"])
    "did you mean 'openai'?; "
    >>> did_you_mean("zebra", ["openai"])
    ''
    """
    near = nearest(typed, known)
    return "" if near is None else f"did you mean '{near}'?; "


def as_whole_numbers(values: Iterable[str]) -> str:
    """What to do about values such as ``1.0``, to go into a message; nothing where there is none.

    >>> as_whole_numbers(["a", "2.0"])
    "'2.0' is read as the text it is, not as '2' (pandas makes such decimals of whole numbers where a row has none): \
write whole numbers, in pandas by astype('Int64'), or name '2.0' in quotes; "
    >>> as_whole_numbers(["2", "2.5", "v1.0"])
    ''
    """
    found = next((value for value in values if _DECIMAL.fullmatch(value)), None)
    if found is None:
        return ""
    return (
        f"'{found}' is read as the text it is, not as '{found.partition('.')[0]}' (pandas makes such decimals of whole "
        f"numbers where a row has none): write whole numbers, in pandas by astype('Int64'), or name '{found}' in "
        "quotes; "
    )


def nearest(typed: str, known: Iterable[str]) -> str | None:
    """The known name nearest to ``typed``, where one is near."""
    by_form = {name.casefold(): name for name in known}
    found = get_close_matches(typed.casefold(), list(by_form), n=1, cutoff=_NEAR)
    return by_form[found[0]] if found else None
