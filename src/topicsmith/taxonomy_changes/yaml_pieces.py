"""The pieces of a YAML text that hold one topic each: found, changed in place, or made anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from topicsmith.yaml_file import root_node
from topicsmith.yaml_loaders import PlainDumper

_WIDTH = 10**9


@dataclass(frozen=True)
class Piece:
    """Where one item of a list in lines stands, with the comments above it; ``dash`` is where its own line begins."""

    start: int
    dash: int
    end: int

    def comments_in(self, text: str) -> str:
        """The comments above the item."""
        return text[self.start : self.dash]


def block_pieces(text: str, topics: yaml.SequenceNode) -> list[Piece]:
    """The piece of each item of a list written in lines; together they are one stretch of the text.

    Comments directly above an item go with it, those above the first one stay at the head of the list.
    """
    column = topics.start_mark.column
    dashes = [_dash(text, node.start_mark.index, column) for node in topics.value]
    starts = [dashes[0], *(_with_comments(text, dash) for dash in dashes[1:])]
    end = _content_end(text, topics.value[-1].start_mark.index, topics.end_mark.index)
    return [Piece(*each) for each in zip(starts, dashes, [*starts[1:], end], strict=True)]


def _dash(text: str, index: int, column: int) -> int:
    """Where the line of an item's dash begins: that of its first character, or an earlier one."""
    while True:
        start = text.rfind("\n", 0, index) + 1
        if text[start : start + column].strip() == "" and text[start + column : start + column + 1] == "-":
            return start
        index = start - 1


def _with_comments(text: str, start: int) -> int:
    """Where the comment lines begin that stand directly above ``start``."""
    while start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip().startswith("#"):
            break
        start = above
    return start


def _content_end(text: str, start: int, end: int) -> int:
    """Behind the last line up to ``end`` that has something else than white space or a comment."""
    lines = text[start:end].splitlines(keepends=True)
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        end -= len(lines.pop())
    newline = text.find("\n", max(end - 1, start))
    return len(text) if newline < 0 else newline + 1


def flow(value: object) -> str:
    """``value`` on one line, as it may stand inside brackets.

    >>> flow({"name": "a, b", "was": ["c"]})
    "{name: 'a, b', was: c}"
    """
    if isinstance(value, Mapping):
        value = {key: _single(key, item) for key, item in value.items()}
    found = _dumped(value, None)
    return found if "\n" not in found else _dumped(value, '"')


def _dumped(value: object, style: str | None) -> str:
    dumped = yaml.dump(
        [value], Dumper=PlainDumper, default_flow_style=True, width=_WIDTH, allow_unicode=True, sort_keys=False,
        default_style=style,
    )  # fmt: skip
    return str(dumped).strip()[1:-1]


def _single(key: object, item: object) -> object:
    """A former name that is alone stands without brackets."""
    return item[0] if key == "was" and isinstance(item, list) and len(item) == 1 else item


def rendered_block(entry: object, indent: int) -> str:
    """A topic written anew, a key a line."""
    assert isinstance(entry, Mapping)
    if list(entry) == ["name"]:
        lines = [f"- {flow(entry['name'])}"]
    else:
        margin = " " * (indent + 2)
        lines = [
            f"{'- ' if at == 0 else '  '}{key}:{_written(key, entry[key], margin)}" for at, key in enumerate(entry)
        ]
    return "".join(f"{' ' * indent}{line}\n" for line in lines)


_LONG = 100


def _written(key: object, value: object, margin: str) -> str:
    """What stands behind ``key:``: the value on the same line, or a long list with an item a line behind ``margin``."""
    on_one_line = flow(_single(key, value))
    if len(on_one_line) <= _LONG or not isinstance(value, list):
        return f" {on_one_line}"
    items = (
        rendered_block(item, len(margin)) if isinstance(item, Mapping) else f"{margin}- {flow(item)}\n"
        for item in value
    )
    return "\n" + "".join(items).removesuffix("\n")


def fast_value(text: str) -> object:
    """The value of a text that is YAML and flat."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe


def read_piece(piece: str) -> object:
    """The one item of a piece, a bare name as its mapping; ``None`` where it cannot be read alone."""
    try:
        value = fast_value(piece)
    except yaml.YAMLError:
        return None
    if not isinstance(value, list) or len(value) != 1:
        return None
    return {"name": value[0]} if isinstance(value[0], str) else value[0]


def changed_block(piece: str, old: object, new: object) -> str | None:
    """``piece``, which holds ``old``, with ``new`` in it; ``None`` where that cannot be done in place."""
    try:
        items = root_node(piece)
    except yaml.YAMLError:
        return None
    assert items is not None
    node = items.value[0]
    assert isinstance(old, Mapping)
    assert isinstance(new, Mapping)
    on_one_line = piece[node.start_mark.index : node.end_mark.index]
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        if len(flow(new)) > _LONG and "\n" not in on_one_line:
            found = _in_lines(piece, node, new)
            if _same(read_piece(found), new):
                return found
        found = piece[: node.start_mark.index] + flow(new) + piece[node.end_mark.index :]
    else:
        found = _changed_mapping(piece, node, old, new)
    return found if _same(read_piece(found), new) else None


def _in_lines(piece: str, node: yaml.Node, new: Mapping[str, object]) -> str:
    """The item of one line as a mapping of one key a line, what stood behind it behind the first."""
    first, *others = new
    margin = " " * node.start_mark.column
    head = f"{piece[: node.start_mark.index]}{first}: {flow(new[first])}{piece[node.end_mark.index :]}"
    end = _content_end(head, node.start_mark.index, len(head))
    return head[:end] + "".join(f"{margin}{key}:{_written(key, new[key], margin)}\n" for key in others) + head[end:]


def _changed_mapping(piece: str, node: yaml.MappingNode, old: Mapping[str, object], new: Mapping[str, object]) -> str:
    """The mapping of one key a line, with other values, more keys or fewer."""
    changes: list[tuple[int, int, str]] = []
    there = {key.value: (key, value) for key, value in node.value}
    for name, (key, value) in there.items():
        if name in new and old.get(name) != new[name]:
            written = _written(name, new[name], " " * node.start_mark.column)
            ended = piece[value.start_mark.index : value.end_mark.index].endswith("\n")
            changes.append((key.end_mark.index, value.end_mark.index, f":{written}" + ("\n" if ended else "")))
        elif name not in new and name in old:
            start = piece.rfind("\n", 0, key.start_mark.index) + 1
            changes.append((start, piece.find("\n", value.end_mark.index - 1) + 1, ""))
    more = [name for name in new if name not in there]
    if more:
        end = _content_end(piece, node.start_mark.index, len(piece))
        indent = " " * node.start_mark.column
        changes.append((end, end, "".join(f"{indent}{name}:{_written(name, new[name], indent)}\n" for name in more)))
    for start, end, written in sorted(changes, reverse=True):
        piece = piece[:start] + written + piece[end:]
    return piece


def _same(found: object, new: Mapping[str, object]) -> bool:
    """Whether what was read is what was meant, bare names and names alone in a list aside."""
    if not isinstance(found, Mapping):
        return False
    return {
        key: _plain(key, value) for key, value in found.items() if value not in ("", [], False) or key == "from"
    } == {key: _plain(key, value) for key, value in new.items()}


def _plain(key: object, value: object) -> object:
    if key in {"was", "from"} and isinstance(value, str):
        return [value]
    if key == "subtopics" and isinstance(value, Sequence):
        return [{"name": sub} if isinstance(sub, str) else dict(_inner(sub)) for sub in value]
    return value


def _inner(sub: Mapping[str, object]) -> list[tuple[str, object]]:
    return [(key, _plain(key, value)) for key, value in sub.items() if value not in ("", [])]
