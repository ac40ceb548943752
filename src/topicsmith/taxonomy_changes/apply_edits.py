"""The taxonomy that edits make of another; nothing is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from topicsmith.errors import TaxonomyError
from topicsmith.suggestions import did_you_mean
from topicsmith.taxonomy import Taxonomy, Topic, check_distinct, normalise, source_claims
from topicsmith.taxonomy_changes.edits import (
    Add,
    Edit,
    Merge,
    Order,
    PlacedEdit,
    Remove,
    Rename,
    Reword,
    Split,
    part_topic,
)
from topicsmith.taxonomy_changes.edits_in_effect import in_effect, reworded
from topicsmith.taxonomy_file import subtopics_of


@dataclass(frozen=True)
class EditedTaxonomy:
    """What edits make of a taxonomy; ``already`` has a line for each that was in effect before."""

    taxonomy: Taxonomy
    same_meaning: tuple[str, ...] = ()
    already: tuple[str, ...] = ()


def apply_edits(taxonomy: Taxonomy, edits: Sequence[PlacedEdit]) -> EditedTaxonomy:
    """The taxonomy after ``edits``, those left out that are in effect already.

    Raises:
        TaxonomyError: naming file and line of an edit that contradicts another, or names no topic.
    """
    topics = {normalise(topic.name): topic for topic in taxonomy.topics}
    done = [in_effect(edit.edit, topics, taxonomy) for edit in edits]
    left = [edit for edit, applied in zip(edits, done, strict=True) if not applied]
    already = tuple(
        f"{edit.place}: already applied: {_said(edit.edit)}"
        for edit, applied in zip(edits, done, strict=True)
        if applied
    )
    _check_together(taxonomy, left)
    work = _Workbench(taxonomy)
    for placed in sorted(left, key=lambda each: isinstance(each.edit, Order)):
        try:
            work.apply(placed.edit)
        except TaxonomyError as error:
            raise TaxonomyError(f"{placed.place}: {error}") from None
    same = tuple(e.edit.reword for e in left if isinstance(e.edit, Reword) and e.edit.same_meaning)
    try:
        found = work.taxonomy()
        if left:
            check_distinct(found)
    except TaxonomyError as error:
        place = left[0].place if len(left) == 1 else left[0].place.rpartition(":")[0]
        raise TaxonomyError(f"{place}: the topics after the edits: {error}") from None
    return EditedTaxonomy(found, tuple(found.match(name) or name for name in same), already)


def _said(edit: Edit) -> str:
    """The edit as one short text."""
    kind = type(edit).__name__.lower()
    value = getattr(edit, kind)
    into = getattr(edit, "to", None) or getattr(edit, "into", None)
    names = into if isinstance(into, str) else ", ".join(part.name for part in into or ())
    shown = value if isinstance(value, str) else ", ".join(value[:5])
    return f"{kind} {shown}" + (f" into {names}" if names else "")


def _touched(edit: Edit) -> tuple[str, ...]:
    """The topics of before that an edit is about."""
    if isinstance(edit, Merge):
        return (*edit.merge, edit.into)
    if isinstance(edit, Order | Add):
        return ()
    return (getattr(edit, type(edit).__name__.lower()),)


def _check_together(taxonomy: Taxonomy, edits: Sequence[PlacedEdit]) -> None:
    """Whether each topic stands in one edit only, and is there.

    Raises:
        TaxonomyError: naming both edits.
    """
    names = {normalise(name): name for name in taxonomy.names}
    seen: dict[str, PlacedEdit] = {}
    orders = [each for each in edits if isinstance(each.edit, Order)]
    if len(orders) > 1:
        raise TaxonomyError(f"{orders[1].place}: 'order' stands in {orders[0].place} already; keep one of them")
    for placed in edits:
        for name in dict.fromkeys(normalise(each) for each in _touched(placed.edit)):
            if name in seen:
                raise TaxonomyError(
                    f"{placed.place}: '{names.get(name, name)}' stands in two edits, '{_said(placed.edit)}' here and "
                    f"'{_said(seen[name].edit)}' in {seen[name].place}; keep one of them"
                )
            seen[name] = placed
        for name in _touched(placed.edit):
            new = isinstance(placed.edit, Merge) and name == placed.edit.into
            if normalise(name) not in names and not new:
                now = taxonomy.match(name)
                called = f"it is called '{now}' now; " if now else did_you_mean(name, taxonomy.names)
                raise TaxonomyError(f"{placed.place}: '{name}' is not one of the topics; {called}correct the name")


class _Workbench:
    """The topics while edits are applied: by the form of each name of before, what stands in its place."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.before = taxonomy
        self.places: dict[str, list[Topic]] = {normalise(topic.name): [topic] for topic in taxonomy.topics}
        self.taken = {
            **{normalise(n): t.name for t in taxonomy.topics for n in t.was},
            **dict.fromkeys(self.places, ""),
        }
        self.removed = {normalise(name): name for name in taxonomy.removed}
        self.catch_all = taxonomy.catch_all
        self.added: list[Topic] = []
        self.first: list[str] = []
        self.steps: Mapping[type, Callable[..., None]] = {
            Rename: self._rename,
            Merge: self._merge,
            Split: self._split,
            Add: self._add,
            Remove: self._remove,
            Reword: self._reword,
            Order: self._order,
        }

    def apply(self, edit: Edit) -> None:
        """Do one edit."""
        self.steps[type(edit)](edit)

    @property
    def topics(self) -> list[Topic]:
        """What the topics are now."""
        found = [topic for place in self.places.values() for topic in place]
        at = len(found) - (bool(found) and found[-1].name == self.catch_all)
        found[at:at] = self.added
        by_form = {normalise(topic.name): topic for topic in found}
        return list({form: by_form[form] for form in (*self.first, *by_form)}.values())

    def taxonomy(self) -> Taxonomy:
        """The taxonomy that they make."""
        return Taxonomy(tuple(self.topics), self.catch_all, tuple(self.removed.values()))

    def _topic(self, name: str) -> Topic:
        """The topic of before called ``name``, which no other edit is about."""
        return self.places[normalise(name)][0]

    def _take(self, name: str, *instead_of: Topic) -> None:
        """Give ``name`` to a topic, in the place of those of before; it is no name of a removed one then.

        Raises:
            TaxonomyError: when another topic has it, or had it.
        """
        form = normalise(name)
        own = {normalise(topic.name) for topic in instead_of}
        owner = self.taken.get(form)
        if form not in own and owner == "":
            raise TaxonomyError(f"'{name}' is a topic already; choose another name, or merge the two")
        if form not in own and owner is not None and owner not in {topic.name for topic in instead_of}:
            raise TaxonomyError(f"'{name}' is what '{owner}' was called; choose another name")
        self.taken[form] = ""
        self.removed.pop(form, None)

    def _rename(self, edit: Rename) -> None:
        old = self._topic(edit.rename)
        self._take(edit.to, old)
        was = _names_but(edit.to, (old.name, *old.was))
        sources = None if old.sources is None else tuple(s for s in old.sources if normalise(s) != normalise(edit.to))
        self.places[normalise(old.name)] = [replace(old, name=edit.to, was=was, sources=sources)]
        if self.catch_all == old.name:
            self.catch_all = edit.to

    def _merge(self, edit: Merge) -> None:
        forms = dict.fromkeys(normalise(name) for name in (*edit.merge, edit.into))
        parts = [place[0] for form, place in self.places.items() if form in forms and place]
        self._take(edit.into, *parts)
        survivor = next((topic for topic in parts if normalise(topic.name) == normalise(edit.into)), None)
        texts = [survivor.description] if survivor else [topic.description for topic in parts]
        subtopics = {normalise(sub.name): sub for topic in reversed(parts) for sub in reversed(topic.subtopics)}
        sources = [source for topic in parts for source in topic.sources or ()]
        merged = Topic(
            survivor.name if survivor else edit.into,
            "; ".join(filter(None, texts)) if edit.description is None else edit.description,
            tuple(dict.fromkeys(example for topic in parts for example in topic.examples)),
            tuple(reversed(subtopics.values())),
            _names_but(edit.into, [name for topic in parts for name in (topic.name, *topic.was)]),
            tuple(s for s in dict.fromkeys(sources) if normalise(s) not in forms) if sources else None,
        )
        if self.catch_all in {topic.name for topic in parts}:
            self.catch_all = merged.name
        for topic in parts:
            self.places[normalise(topic.name)] = [merged] if topic is (survivor or parts[0]) else []

    def _split(self, edit: Split) -> None:
        old = self._topic(edit.split)
        stays = next((part for part in edit.into if normalise(part.name) == normalise(old.name)), None)
        if self.catch_all == old.name and stays is None:
            raise TaxonomyError(f"'{old.name}' is the catch-all; keep it as one of the parts")
        gone = () if stays is not None else old.was
        made = []
        for part in edit.into:
            self._take(part.name, old)
            if part is stays:
                worded = Reword.model_construct(description=part.description, examples=part.examples)
                made.append(reworded(old, worded))
            else:
                made.append(part_topic(part, (old.name, *gone)))
        self.places[normalise(old.name)] = made

    def _add(self, edit: Add) -> None:
        self._take(edit.add)
        sources = None if edit.sources is None else tuple(edit.sources)
        for source in sources or ():
            if self.before.match(source) is None:
                near = did_you_mean(source, self.before.names)
                raise TaxonomyError(f"'from: {source}' is not one of the topics; {near}correct the name")
        subtopics = subtopics_of(edit.subtopics)
        self.added.append(Topic(edit.add, edit.description, tuple(edit.examples), subtopics, sources=sources))

    def _remove(self, edit: Remove) -> None:
        topic = self._topic(edit.remove)
        self.places[normalise(topic.name)] = []
        if topic.name == self.catch_all:
            self.catch_all = None
        divided = [source for source in topic.sources or () if self.before.was_divided(source)]
        left = source_claims(self.topics) if divided else {}
        names = (topic.name, *topic.was, *(s for s in divided if len(left.get(normalise(s), ())) == 1))
        self.removed = {**{normalise(name): name for name in names}, **self.removed}

    def _reword(self, edit: Reword) -> None:
        old = self._topic(edit.reword)
        self.places[normalise(old.name)] = [reworded(old, edit)]

    def _order(self, edit: Order) -> None:
        wanted = [normalise(name) for name in edit.order]
        if len(set(wanted)) < len(wanted):
            twice = next(name for name in edit.order if wanted.count(normalise(name)) > 1)
            raise TaxonomyError(f"'{twice}' stands twice in 'order'; keep one")
        names = [topic.name for topic in self.topics]
        known = {normalise(name) for name in names}
        unknown = next((name for name, form in zip(edit.order, wanted, strict=True) if form not in known), None)
        if unknown is not None:
            near = did_you_mean(unknown, names)
            raise TaxonomyError(f"'{unknown}' in 'order' is no topic after the other edits; {near}correct the name")
        self.first = wanted


def _names_but(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """``names`` without another spelling of ``name``, each once."""
    by_form = {normalise(each): each for each in reversed(names)}
    by_form.pop(normalise(name), None)
    return tuple(reversed(by_form.values()))
