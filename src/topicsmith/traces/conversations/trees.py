"""Conversations kept as trees, where a question that was edited begins another branch."""

from collections.abc import Mapping

from topicsmith.traces.conversations.fields import first_id
from topicsmith.traces.conversations.instants import instant


def branch(nodes: Mapping[str, object], current: str | None, parent: str, children: str) -> list[Mapping[str, object]]:
    """The nodes from the root to ``current``, or where that is not told to the last child of each.

    ``parent`` and ``children`` are the fields that link nodes. A chain that comes back to itself ends there.
    """
    known = {key: node for key, node in nodes.items() if isinstance(node, Mapping)}
    path: list[Mapping[str, object]] = []
    seen: set[str] = set()
    if current in known:
        at: str | None = current
        while at is not None and at in known and at not in seen:
            seen.add(at)
            path.append(known[at])
            at = first_id(known[at], parent)
        return path[::-1]
    at = next((key for key, node in known.items() if first_id(node, parent) not in known), None)
    while at is not None and at in known and at not in seen:
        seen.add(at)
        path.append(known[at])
        listed = known[at].get(children)
        below = [str(key) for key in listed if str(key) in known] if isinstance(listed, list) else []
        at = below[-1] if below else None
    return path


def newest_branch(items: list[object], own: str, parent: str, time: str) -> list[object]:
    """Of a list of messages that name their parents, those on the way to the newest; all where there is no tree."""
    nodes = {name: item for item in items if isinstance(item, Mapping) and (name := first_id(item, own))}
    parents = [first_id(item, parent) for item in nodes.values()]
    forks = len([name for name in parents if name]) != len({name for name in parents if name})
    if len(nodes) < len(items) or not forks:
        return items
    last = max(enumerate(nodes), key=lambda pair: (instant(nodes[pair[1]].get(time)) or 0, pair[0]))[1]
    return list(branch(nodes, last, parent, "children"))
