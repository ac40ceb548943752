"""Sweeps: a candidate whose keys hold lists stands for one candidate per combination.

    - {name: qwen, kind: causal, model: Qwen/Qwen3-0.6B, rank: [8, 64], seed: [1, 2]}

becomes ``qwen-rank-8-seed-1``, ``qwen-rank-8-seed-2``, ``qwen-rank-64-seed-1`` and ``qwen-rank-64-seed-2``, each a
``SweepMember`` of ``qwen`` with the values it was given, so that a report can draw the four as one line.
"""

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from typing import get_args, get_origin

from topicsmith import plugins
from topicsmith.errors import ProjectError

LARGEST = 200
"""How many candidates one entry may stand for: beyond it, a mistake is likelier than a wish."""

LONGEST_NAME = 80


def expand(entries: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Every candidate that ``entries`` stand for, in order; the last list of an entry varies fastest.

    >>> [entry["name"] for entry in expand([{"name": "a", "rank": [8, 64]}, {"name": "b"}])]
    ['a-rank-8', 'a-rank-64', 'b']

    Raises:
        ProjectError: when a list is empty, repeats a value, or an entry stands for more than 200 candidates.
    """
    return [candidate for entry in entries for candidate in _expand_one(entry)]


def swept_keys(entry: Mapping[str, object]) -> list[str]:
    """The keys of ``entry`` whose lists make several candidates of it.

    A key whose value is a list by nature, as its kind's settings say, varies only over a list of lists.
    """
    natural = _list_keys(entry.get("kind"))
    return [key for key, value in entry.items() if isinstance(value, list) and _varies(value, key in natural)]


def _varies(values: list[object], natural: bool) -> bool:
    if natural:
        return bool(values) and all(isinstance(value, list) for value in values)
    return not any(isinstance(value, Mapping) for value in values)


def _list_keys(kind: object) -> frozenset[str]:
    """The keys of a kind that take a list; none for a kind that is not known, which is said elsewhere."""
    if not isinstance(kind, str) or kind not in plugins.names("topicsmith.candidates"):
        return frozenset()
    settings = plugins.find("topicsmith.candidates", kind).Settings  # type: ignore[attr-defined]  # the door's protocol
    return frozenset(key for key, field in settings.model_fields.items() if _takes_lists(field.annotation))


def _takes_lists(annotation: object) -> bool:
    return get_origin(annotation) is list or any(_takes_lists(part) for part in get_args(annotation))


def _expand_one(entry: Mapping[str, object]) -> list[dict[str, object]]:
    keys = swept_keys(entry)
    if not keys:
        return [dict(entry)]
    lists = [_checked(entry, key) for key in keys]
    count = 1
    for values in lists:
        count *= len(values)
    if count > LARGEST:
        raise ProjectError(
            f"the candidate '{entry.get('name')}' expands to {count} candidates ({', '.join(keys)}); "
            f"shorten its lists to at most {LARGEST} combinations"
        )
    return [_derived(entry, dict(zip(keys, chosen, strict=True))) for chosen in itertools.product(*lists)]


def _checked(entry: Mapping[str, object], key: str) -> list[object]:
    values = entry[key]
    assert isinstance(values, list)
    name = entry.get("name")
    if not values:
        raise ProjectError(f"the candidate '{name}' has an empty list in '{key}'; give values or remove the key")
    for index, value in enumerate(values):
        if any(value == v and type(value) is type(v) for v in values[:index]):
            raise ProjectError(f"the candidate '{name}' has duplicate value {value!r} in '{key}'; remove one")
    return values


def _derived(entry: Mapping[str, object], chosen: Mapping[str, object]) -> dict[str, object]:
    derived = {**entry, **chosen}
    name = entry.get("name")
    if isinstance(name, str):
        derived["name"] = member_name(name, chosen)
        derived["sweep"] = {"name": name, "varied": dict(chosen)}
    return derived


def member_name(base: str, chosen: Mapping[str, object]) -> str:
    """``base`` with each key and value, in the letters a folder's name may have; long ones end in a hash."""
    full = base + "".join(f"-{_plain(key)}-{_plain(value)}" for key, value in chosen.items())
    if len(full) <= LONGEST_NAME:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:8]
    return f"{full[: LONGEST_NAME - 9].rstrip('-')}-{digest}"


def _plain(value: object) -> str:
    text = "+".join(map(str, value)) if isinstance(value, list) else str(value)
    kept = "".join(c if c.isalnum() or c in "._" else "-" for c in text)
    return kept.strip("-.") or "none"
