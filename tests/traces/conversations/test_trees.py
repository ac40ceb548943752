"""Branches of conversations kept as trees."""

from collections.abc import Mapping, Sequence

from topicsmith.traces.conversations.trees import branch, newest_branch

NODES: dict[str, object] = {
    "root": {"id": "root", "parent": None, "children": ["old", "new"]},
    "old": {"id": "old", "parent": "root", "children": []},
    "new": {"id": "new", "parent": "root", "children": ["last"]},
    "last": {"id": "last", "parent": "new", "children": []},
}


def names(path: Sequence[object]) -> list[str]:
    return [str(node["id"]) for node in path if isinstance(node, Mapping)]


def test_the_branch_to_the_current_node() -> None:
    assert names(list(branch(NODES, "last", "parent", "children"))) == ["root", "new", "last"]
    assert names(list(branch(NODES, "old", "parent", "children"))) == ["root", "old"]


def test_without_a_current_node_the_last_children_are_followed() -> None:
    assert names(list(branch(NODES, None, "parent", "children"))) == ["root", "new", "last"]
    assert names(list(branch(NODES, "gone", "parent", "children"))) == ["root", "new", "last"]


def test_a_chain_that_comes_back_to_itself_ends() -> None:
    loop: dict[str, object] = {"a": {"id": "a", "parent": "b"}, "b": {"id": "b", "parent": "a"}}
    assert names(list(branch(loop, "a", "parent", "children"))) == ["b", "a"]
    assert branch(loop, None, "parent", "children") == []


def test_of_a_list_the_branch_with_the_newest_message() -> None:
    items: list[object] = [
        {"id": "1", "up": "none", "at": 1},
        {"id": "2", "up": "1", "at": 2},
        {"id": "3", "up": "1", "at": 9},
        {"id": "4", "up": "2", "at": 3},
    ]
    assert names(newest_branch(items, "id", "up", "at")) == ["1", "3"]
    assert newest_branch(items[:2], "id", "up", "at") == items[:2]  # no fork, no choice
    assert newest_branch([{"x": 1}, {"x": 2}], "id", "up", "at") == [{"x": 1}, {"x": 2}]
