"""A changed taxonomy in the text of its file: comments, order of keys and layout stay where topics did not change.

Each topic of a list is a piece of the text with the comments above it. Pieces are moved, left out, made anew, or
changed in place. What comes out is read again and has to be the taxonomy that was meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy import Taxonomy, normalise, to_document
from topicsmith.taxonomy_changes.yaml_pieces import block_pieces, changed_block, fast_value, flow, rendered_block
from topicsmith.taxonomy_file import parse_taxonomy
from topicsmith.yaml_file import Document, Location, root_node


@dataclass(frozen=True)
class RewrittenText:
    """The new text; ``rewritten`` are topics whose entries had to be written anew, without comments inside them."""

    text: str
    rewritten: tuple[str, ...] = ()


def rewrite(text: str, at: Location, before: Taxonomy, after: Taxonomy) -> RewrittenText:
    """``text``, which has ``before`` at the place ``at``, with ``after`` in it.

    Raises:
        TaxonomyError: when the text is written in a way that cannot be changed, with anchors for example.
    """
    ends = "\r\n" if "\r\n" in text else "\n"
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    plain = text.removeprefix(mark).replace("\r\n", "\n")
    try:
        found = _rewritten(plain, at, before, after)
    except yaml.YAMLError:  # an alias whose anchor is gone
        found = RewrittenText("")
    if _reads_as(found.text, at, after):
        return RewrittenText(mark + found.text.replace("\n", ends), found.rewritten)
    raise TaxonomyError(
        "the file is written in a way that cannot be edited by program (with anchors, for example); write its topics "
        "out, or edit it by hand"
    )


def _reads_as(text: str, at: Location, taxonomy: Taxonomy) -> bool:
    try:
        return parse_taxonomy(Document(Path(), fast_value(text), {}), at) == taxonomy
    except (yaml.YAMLError, TaxonomyError, KeyError, TypeError):
        return False


_BYTE_ORDER_MARK = "\ufeff"


def _rewritten(text: str, at: Location, before: Taxonomy, after: Taxonomy) -> RewrittenText:
    holder = _child(root_node(text), at)
    is_mapping = isinstance(holder, yaml.MappingNode)
    topics = _child(holder, ("topics",)) if is_mapping else holder
    assert isinstance(topics, yaml.SequenceNode)
    make = _flow_list if topics.flow_style else _block_list
    made = make(text, topics, before, after)
    if after.removed == before.removed:
        return made
    return RewrittenText(_with_removed(made.text, at, after.removed), made.rewritten)


def _child(node: yaml.Node | None, at: Location) -> yaml.Node:
    for part in at:
        assert isinstance(node, yaml.MappingNode)
        node = next(value for key, value in node.value if key.value == part)
    assert node is not None
    return node


def _origins(before: Taxonomy, after: Taxonomy) -> dict[str, int]:
    """By name after, the place before of the topic whose piece of the text is to be used."""
    places = {normalise(name): at for at, name in enumerate(before.names)}
    stays = {normalise(name) for name in after.names}
    found: dict[str, int] = {}
    for topic in after.topics:
        own = places.get(normalise(topic.name))
        former = (places.get(normalise(name)) for name in topic.was if normalise(name) not in stays)
        at = own if own is not None else next((each for each in former if each is not None), None)
        if at is not None:
            found[topic.name] = at
    return found


def _entries(taxonomy: Taxonomy) -> dict[str, object]:
    """By name, each topic as its file has it."""
    document = to_document(taxonomy)["topics"]
    assert isinstance(document, list)
    return {entry["name"]: entry for entry in document}


def _block_list(text: str, topics: yaml.SequenceNode, before: Taxonomy, after: Taxonomy) -> RewrittenText:
    pieces = block_pieces(text, topics)
    head, tail = text[: pieces[0].start], text[pieces[-1].end :]
    if head and not head.endswith("\n"):
        raise TaxonomyError("the topics do not begin on a line of their own; write each on its own line")
    origins, old, new = _origins(before, after), _entries(before), _entries(after)
    indent = topics.start_mark.column
    parts, anew = [], []
    for topic in after.topics:
        entry, at = new[topic.name], origins.get(topic.name)
        if at is None:
            parts.append(rendered_block(entry, indent))
            continue
        piece = text[pieces[at].start : pieces[at].end]
        piece += "" if piece.endswith("\n") else "\n"
        if old[before.names[at]] != entry:
            changed = changed_block(piece, old[before.names[at]], entry)
            if changed is None:
                anew.append(topic.name)
                changed = pieces[at].comments_in(text) + rendered_block(entry, indent)
            piece = changed
        parts.append(piece)
    return RewrittenText(head + "".join(parts) + tail, tuple(anew))


def _flow_list(text: str, topics: yaml.SequenceNode, before: Taxonomy, after: Taxonomy) -> RewrittenText:
    """A list in brackets, on one line or on several."""
    origins, old, new = _origins(before, after), _entries(before), _entries(after)
    items = [text[node.start_mark.index : node.end_mark.index] for node in topics.value]
    separator = ", "
    if len(topics.value) > 1:
        between = text[topics.value[0].end_mark.index : topics.value[1].start_mark.index]
        separator = between if not between.replace(",", "", 1).strip() else separator
    parts = []
    for topic in after.topics:
        at = origins.get(topic.name)
        same = at is not None and old[before.names[at]] == new[topic.name]
        parts.append(items[at] if same and at is not None else flow(new[topic.name]))
    start, end = topics.start_mark.index, topics.end_mark.index
    if not topics.value:
        return RewrittenText(text)
    first = text[start : topics.value[0].start_mark.index]
    last = text[topics.value[-1].end_mark.index : end]
    return RewrittenText(text[:start] + first + separator.join(parts) + last + text[end:])


def _with_removed(text: str, at: Location, removed: Sequence[str]) -> str:
    """``text`` with the key ``removed`` beside the topics; a bare list of topics gets the key ``topics`` first."""
    holder = _child(root_node(text), at)
    value = flow(list(removed))
    if isinstance(holder, yaml.SequenceNode):
        start = block_pieces(text, holder)[0].start if not holder.flow_style else holder.start_mark.index
        body = text[start:]
        body += "" if body.endswith("\n") else "\n"
        return f"{text[:start]}topics:{'' if not holder.flow_style else ' '}{_newline(holder)}{body}removed: {value}\n"
    assert isinstance(holder, yaml.MappingNode)
    for key, old in holder.value:
        if key.value == "removed":
            if isinstance(old, yaml.SequenceNode) and not old.flow_style:
                pieces = block_pieces(text, old)
                return text[: key.end_mark.index] + f": {value}\n" + text[pieces[-1].end :]
            return text[: old.start_mark.index] + value + text[old.end_mark.index :]
    key, topics = next((key, node) for key, node in holder.value if key.value == "topics")
    if holder.flow_style:
        end = holder.end_mark.index - 1
        return f"{text[:end].rstrip().rstrip(',')}, removed: {value}{text[end:]}"
    end = topics.end_mark.index
    if isinstance(topics, yaml.SequenceNode) and not topics.flow_style:
        end = block_pieces(text, topics)[-1].end
        before = text[:end] if text[:end].endswith("\n") else text[:end] + "\n"
        return f"{before}{' ' * key.start_mark.column}removed: {value}\n{text[end:]}"
    end = text.find("\n", end)
    before, rest = (text + "\n", "") if end < 0 else (text[: end + 1], text[end + 1 :])
    return f"{before}{' ' * key.start_mark.column}removed: {value}\n{rest}"


def _newline(holder: yaml.SequenceNode) -> str:
    return "" if holder.flow_style else "\n"
