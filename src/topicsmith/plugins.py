"""The three doors open to others: trace formats, annotators and candidates, found through entry points.

The built-in parts come through the same doors; see ``[project.entry-points]`` in ``pyproject.toml``.
"""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Literal

from topicsmith.errors import ProjectError
from topicsmith.suggestions import did_you_mean

Group = Literal["topicsmith.formats", "topicsmith.annotators", "topicsmith.candidates"]

_NOUN: dict[Group, str] = {
    "topicsmith.formats": "trace format",
    "topicsmith.annotators": "annotator",
    "topicsmith.candidates": "candidate kind",
}


@cache
def _found(group: Group) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        if point.name in found and found[point.name].value != point.value:
            raise ProjectError(
                f"the {_NOUN[group]} '{point.name}' is offered twice: by {found[point.name].value} and by "
                f"{point.value}; uninstall one of the packages"
            )
        found[point.name] = point
    return found


def names(group: Group) -> list[str]:
    """The names offered in ``group``, sorted."""
    return sorted(_found(group))


def find(group: Group, name: str) -> object:
    """Import and return what is offered as ``name``.

    Raises:
        ProjectError: when nothing has that name, or it cannot be imported.
    """
    point = _found(group).get(name)
    if point is None:
        known = names(group)
        raise ProjectError(
            f"unknown {_NOUN[group]} '{name}'; {did_you_mean(name, known)}known: {', '.join(known) or 'none'}"
        )
    try:
        return point.load()
    except (ImportError, AttributeError) as exc:
        package = point.dist.name if point.dist is not None else point.value
        raise ProjectError(
            f"the {_NOUN[group]} '{name}' of the package {package} cannot be imported ({exc}); install it again"
        ) from exc
