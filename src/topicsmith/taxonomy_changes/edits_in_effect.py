"""Whether a taxonomy is already as an edit would make it, so that an edit applied twice changes nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from topicsmith.taxonomy import Taxonomy, Topic, normalise
from topicsmith.taxonomy_changes.edits import Add, Edit, Merge, Order, Remove, Rename, Reword, Split


def in_effect(edit: Edit, topics: Mapping[str, Topic], taxonomy: Taxonomy) -> bool:
    """Whether ``taxonomy`` is already as ``edit`` would make it; ``topics`` are its own by the form of their names."""
    return _CHECKS[type(edit)](edit, topics, taxonomy)


def _became(name: str, into: str, topics: Mapping[str, Topic], taxonomy: Taxonomy) -> bool:
    return normalise(name) not in topics and taxonomy.match(name) == taxonomy.match(into) is not None


def _is_renamed(edit: Rename, topics: Mapping[str, Topic], taxonomy: Taxonomy) -> bool:
    if normalise(edit.rename) == normalise(edit.to):
        return any(topic.name == edit.to for topic in topics.values())
    return normalise(edit.to) in topics and _became(edit.rename, edit.to, topics, taxonomy)


def _is_merged(edit: Merge, topics: Mapping[str, Topic], taxonomy: Taxonomy) -> bool:
    others = [name for name in edit.merge if normalise(name) != normalise(edit.into)]
    return normalise(edit.into) in topics and all(_became(name, edit.into, topics, taxonomy) for name in others)


def _is_split(edit: Split, topics: Mapping[str, Topic], _taxonomy: Taxonomy) -> bool:
    form, parts = normalise(edit.split), {normalise(part.name) for part in edit.into}
    if not parts <= topics.keys() or (form in topics) != (form in parts):
        return False
    return all(form in {normalise(s) for s in topics[part].sources or ()} for part in parts - {form})


def _is_added(edit: Add, topics: Mapping[str, Topic], _taxonomy: Taxonomy) -> bool:
    if edit.under is not None:
        holder = topics.get(normalise(edit.under))
        topics = {normalise(sub.name): sub for sub in holder.subtopics} if holder else {}
    found = topics.get(normalise(edit.add))
    return (
        found is not None
        and found.description.split() == edit.description.split()
        and found.examples == tuple(edit.examples)
        and found.sources == (None if edit.sources is None else tuple(edit.sources))
    )


def _is_removed(edit: Remove, topics: Mapping[str, Topic], taxonomy: Taxonomy) -> bool:
    form = normalise(edit.remove)
    return form not in topics and form in {normalise(name) for name in taxonomy.removed}


def _is_reworded(edit: Reword, topics: Mapping[str, Topic], _taxonomy: Taxonomy) -> bool:
    found = topics.get(normalise(edit.reword))
    return found is not None and found == reworded(found, edit)


def _is_ordered(edit: Order, topics: Mapping[str, Topic], taxonomy: Taxonomy) -> bool:
    wanted = [normalise(name) for name in edit.order]
    return [normalise(name) for name in taxonomy.names[: len(wanted)]] == wanted and set(wanted) <= topics.keys()


_CHECKS: Mapping[type, Callable[..., bool]] = {
    Rename: _is_renamed,
    Merge: _is_merged,
    Split: _is_split,
    Add: _is_added,
    Remove: _is_removed,
    Reword: _is_reworded,
    Order: _is_ordered,
}


def reworded(topic: Topic, edit: Reword) -> Topic:
    """``topic`` with the words of ``edit``."""
    description = topic.description if edit.description is None else edit.description
    return replace(topic, description=description, examples=_or(edit.examples, topic.examples))


def _or(examples: Sequence[str] | None, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    return otherwise if examples is None else tuple(examples)
