"""The topics: what they are, and matching an answer to one of them."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from topicsmith.errors import TaxonomyError
from topicsmith.normal_forms import normal_form


@dataclass(frozen=True)
class Topic:
    """One topic, or one subtopic (which then has no subtopics of its own).

    ``was`` are former or other names, which count as this one wherever a name is read. ``sources`` (``from`` in files)
    are topics some of whose rows may be this one's; ``None`` where nothing is said. Models are told neither.
    """

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    subtopics: tuple["Topic", ...] = ()
    was: tuple[str, ...] = ()
    sources: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Taxonomy:
    """The topics in the user's order; ``catch_all`` is the name of the one that takes what fits nowhere.

    ``removed`` are names of topics that are no more and that no other topic stands for.

    >>> taxonomy = Taxonomy((Topic("Arts & culture"), Topic("Other")), catch_all="Other")
    >>> taxonomy.match("  arts & Culture. ")
    'Arts & culture'
    >>> taxonomy.match("culture") is None
    True
    """

    topics: tuple[Topic, ...]
    catch_all: str | None = None
    removed: tuple[str, ...] = ()
    _by_form: Mapping[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.topics) < 2:
            raise TaxonomyError(f"a taxonomy needs at least 2 topics, this one has {len(self.topics)}")
        forms = _forms(self.topics, "topic", ("topics",))
        claims = source_claims(self.topics)
        _check_lineage(self, forms)
        gone = {normalise(name) for name in self.removed}
        sole = {form: of[0] for form, of in claims.items() if form not in forms and form not in gone and not of[1:]}
        object.__setattr__(self, "_by_form", {**sole, **forms})
        for index, topic in enumerate(self.topics):
            _forms(topic.subtopics, f"subtopic of '{topic.name}'", ("topics", index, "subtopics"))
        if self.catch_all is not None and self.catch_all not in self.names:
            raise TaxonomyError(f"the catch-all '{self.catch_all}' is not one of the topics: {_listed(self.names)}")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The topics' names, in order."""
        return tuple(topic.name for topic in self.topics)

    def topic(self, name: str) -> Topic:
        """The topic called ``name`` exactly.

        Raises:
            TaxonomyError: when there is none.
        """
        found = self._by_name.get(name)
        if found is None:
            raise TaxonomyError(f"'{name}' is not one of the topics: {_listed(self.names)}")
        return found

    @cached_property
    def _by_name(self) -> Mapping[str, Topic]:
        return {topic.name: topic for topic in self.topics}

    def match(self, answer: str) -> str | None:
        """The topic whose name, or a former one, equals ``answer`` after :func:`normalise`, or ``None``.

        A topic that is gone and that one other takes rows ``from`` is a former name of that one.
        """
        return self._by_form.get(normalise(answer))

    def was_divided(self, name: str) -> bool:
        """Whether ``name`` is a topic of old whose rows no topic has taken over as a whole: split up, or removed."""
        form = normalise(name)
        return form not in self._by_form and form in self._divided

    @cached_property
    def _divided(self) -> frozenset[str]:
        return frozenset({normalise(name) for name in self.removed} | source_claims(self.topics).keys())

    def match_subtopic(self, topic: str, answer: str) -> str | None:
        """The subtopic of ``topic`` with that name, or former name, after :func:`normalise`, or ``None``."""
        form = normalise(answer)
        subtopics = self.topic(topic).subtopics
        return next((s.name for s in subtopics if form in {normalise(name) for name in (s.name, *s.was)}), None)

    @cached_property
    def digest(self) -> str:
        """A short hash of everything a model could be told about the topics."""
        text = json.dumps(to_document(self, former_names=False), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def version_digest(self) -> str:
        """A short hash of everything, what models are not told included: it tells one version from another."""
        text = json.dumps(to_document(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(b"version" + text.encode()).hexdigest()[:16]


_LISTED = 20
_LONGEST = 1000
"""Characters of a name that are compared."""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def normalise(name: str) -> str:
    """The form in which two spellings of a topic are the same.

    Compatibility forms and case are folded; underscores, hyphens and white space become one space; quotes,
    brackets, commas and full stops around the name go, and so do characters that nobody sees.

    >>> normalise(' "Credit-Cards". ')
    'credit cards'
    """
    folded = normal_form("NFKC", _seen(name[:_LONGEST])).casefold()
    spaced = " ".join(folded.replace("_", " ").replace("-", " ").split())
    return spaced.strip(" \t\"'`“”‘’«».,;:!?()[]{}<>*#")


def _seen(text: str) -> str:
    """``text`` without soft hyphens, zero-width spaces, marks of direction and the like; white space stays."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(each for each in text if each.isspace() or unicodedata.category(each) not in {"Cc", "Cf"})


def _forms(topics: Sequence[Topic], what: str, at: tuple[str | int, ...]) -> dict[str, str]:
    """The name of each topic by the forms of that name and its former ones; ``at`` is where the topics stand."""
    forms: dict[str, str] = {}
    for index, topic in enumerate(topics):
        form, here = normalise(topic.name), (*at, index)
        if not form:
            raise TaxonomyError(f"the {what} name {topic.name!r} has no letters or digits", here)
        if form in forms:
            other = forms[form]
            if other == topic.name:
                raise TaxonomyError(f"duplicate {what} '{topic.name}'; rename or remove one", here)
            raise TaxonomyError(
                f"the {what} '{topic.name}' differs from '{other}' only in case, spaces or punctuation; rename or "
                "remove one",
                here,
            )
        forms[form] = topic.name
    return {**forms, **_former_forms(topics, what, forms, at)}


def _former_forms(
    topics: Sequence[Topic], what: str, names: Mapping[str, str], at: tuple[str | int, ...]
) -> dict[str, str]:
    forms: dict[str, str] = {}
    for index, topic in enumerate(topics):
        here = (*at, index, "was")
        for former in topic.was:
            form = normalise(former)
            if not form:
                raise TaxonomyError(
                    f"'was' of the {what} '{topic.name}' has {former!r}, which has no letters or digits",
                    here,
                )
            if names.get(form) == topic.name:
                raise TaxonomyError(
                    f"the {what} '{topic.name}' has its own name under 'was'; 'was' is for names it has no longer", here
                )
            if form in names:
                raise TaxonomyError(
                    f"the {what} '{topic.name}' was '{former}', but '{names[form]}' is still a {what}; remove it, or "
                    "take it out of 'was'",
                    here,
                )
            if forms.get(form, topic.name) != topic.name:
                raise TaxonomyError(
                    f"'{former}' cannot have become both '{forms[form]}' and '{topic.name}'; remove it from one 'was'",
                    here,
                )
            forms[form] = topic.name
    return forms


def source_claims(topics: Sequence[Topic]) -> dict[str, tuple[str, ...]]:
    """By the form of each name under ``from``, the topics that take rows from it."""
    claims: dict[str, tuple[str, ...]] = {}
    for topic in topics:
        for form in dict.fromkeys(normalise(source) for source in topic.sources or ()):
            claims[form] = (*claims.get(form, ()), topic.name)
    return claims


def _check_lineage(taxonomy: Taxonomy, forms: Mapping[str, str]) -> None:
    """Whether ``from`` and ``removed`` go together with the topics and their former names.

    Raises:
        TaxonomyError: naming the two that do not go together.
    """
    current = {normalise(topic.name) for topic in taxonomy.topics}
    for index, topic in enumerate(taxonomy.topics):
        for source in topic.sources or ():
            form, here = normalise(source), ("topics", index, "from")
            if not form:
                raise TaxonomyError(f"'from' of the topic '{topic.name}' has {source!r}, which has no letters", here)
            if form == normalise(topic.name):
                raise TaxonomyError(
                    f"the topic '{topic.name}' cannot take rows from itself; take it out of 'from'", here
                )
    for index, name in enumerate(taxonomy.removed):
        form = normalise(name)
        if not form:
            raise TaxonomyError(f"'removed' has {name!r}, which has no letters or digits", ("removed", index))
        if form in forms:
            what = "is still a topic" if form in current else f"is under 'was' of '{forms[form]}'"
            raise TaxonomyError(
                f"'{name}' is under 'removed' but {what}; take it out of one of the two", ("removed", index)
            )


def check_distinct(taxonomy: Taxonomy) -> None:
    """Whether topics, and the subtopics of each, differ in their descriptions and examples, none of which is empty.

    Raises:
        TaxonomyError: naming the two of which nobody could say which one is meant, or whose example says nothing.
    """
    _check_distinct(taxonomy.topics, "topics", ("topics",))
    for index, topic in enumerate(taxonomy.topics):
        _check_distinct(topic.subtopics, f"subtopics of '{topic.name}'", ("topics", index, "subtopics"))


def _check_distinct(topics: Sequence[Topic], what: str, at: tuple[str | int, ...]) -> None:
    described: dict[str, str] = {}
    shown: dict[str, str] = {}
    for index, topic in enumerate(topics):
        form = _folded(topic.description)
        if form and described.setdefault(form, topic.name) != topic.name:
            raise TaxonomyError(
                f"the {what} '{described[form]}' and '{topic.name}' have the same description; say how they differ, or "
                f"merge them: remove '{topic.name}' and write 'was: {topic.name}' under '{described[form]}'",
                (*at, index, "description"),
            )
        for example in (*topic.examples, *(each for sub in topic.subtopics for each in sub.examples)):
            if not _folded(example):
                raise TaxonomyError(
                    f"an example of '{topic.name}' is empty; write what a user asks, or take it out",
                    (*at, index, "examples"),
                )
            if shown.setdefault(_folded(example), topic.name) != topic.name:
                raise TaxonomyError(
                    f"the example '{example[:60]}' stands under both '{shown[_folded(example)]}' and '{topic.name}'; "
                    "keep it where it belongs",
                    (*at, index, "examples"),
                )


def _folded(text: str) -> str:
    return " ".join(normal_form("NFKC", _seen(text)).casefold().split())


def to_document(taxonomy: Taxonomy, *, former_names: bool = True) -> dict[str, object]:
    """The taxonomy as plain data, in the shape its YAML file has; with or without what models are not told."""

    def plain(topic: Topic) -> dict[str, object]:
        entry: dict[str, object] = {"name": topic.name}
        if topic.description:
            entry["description"] = topic.description
        if topic.examples:
            entry["examples"] = list(topic.examples)
        if topic.subtopics:
            entry["subtopics"] = [plain(subtopic) for subtopic in topic.subtopics]
        if topic.was and former_names:
            entry["was"] = list(topic.was)
        if topic.sources is not None and former_names:
            entry["from"] = list(topic.sources)
        if topic.name == taxonomy.catch_all:
            entry["catch_all"] = True
        return entry

    removed = {"removed": list(taxonomy.removed)} if taxonomy.removed and former_names else {}
    return {"topics": [plain(topic) for topic in taxonomy.topics], **removed}
