"""The topics: what they are, and matching an answer to one of them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from topicsmith.errors import TaxonomyError
from topicsmith.normal_forms import normal_form


@dataclass(frozen=True)
class Topic:
    """One topic, or one subtopic (which then has no subtopics of its own).

    ``was`` are former or other names, which count as this one wherever a name is read; models are not told them.
    """

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    subtopics: tuple["Topic", ...] = ()
    was: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taxonomy:
    """The topics in the user's order; ``catch_all`` is the name of the one that takes what fits nowhere.

    >>> taxonomy = Taxonomy((Topic("Arts & culture"), Topic("Other")), catch_all="Other")
    >>> taxonomy.match("  arts & Culture. ")
    'Arts & culture'
    >>> taxonomy.match("culture") is None
    True
    """

    topics: tuple[Topic, ...]
    catch_all: str | None = None
    _by_form: Mapping[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.topics) < 2:
            raise TaxonomyError(f"a taxonomy needs at least 2 topics, this one has {len(self.topics)}")
        object.__setattr__(self, "_by_form", _forms(self.topics, "topic", ("topics",)))
        for index, topic in enumerate(self.topics):
            _forms(topic.subtopics, f"subtopic of '{topic.name}'", ("topics", index, "subtopics"))
        if self.catch_all is not None and self.catch_all not in self.names:
            raise TaxonomyError(f"the catch-all '{self.catch_all}' is not one of the topics: {', '.join(self.names)}")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The topics' names, in order."""
        return tuple(topic.name for topic in self.topics)

    def topic(self, name: str) -> Topic:
        """The topic called ``name`` exactly.

        Raises:
            TaxonomyError: when there is none.
        """
        for topic in self.topics:
            if topic.name == name:
                return topic
        raise TaxonomyError(f"'{name}' is not one of the topics: {', '.join(self.names)}")

    def match(self, answer: str) -> str | None:
        """The topic whose name, or a former one, equals ``answer`` after :func:`normalise`, or ``None``."""
        return self._by_form.get(normalise(answer))

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


def normalise(name: str) -> str:
    """The form in which two spellings of a topic are the same.

    Compatibility forms and case are folded; underscores, hyphens and white space become one space; quotes,
    brackets, commas and full stops around the name go.

    >>> normalise(' "Credit-Cards". ')
    'credit cards'
    """
    folded = normal_form("NFKC", name, 1000).casefold()
    spaced = " ".join(folded.replace("_", " ").replace("-", " ").split())
    return spaced.strip(" \t\"'`“”‘’«».,;:!?()[]{}<>*#")


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


def renamed_only(before: Taxonomy, after: Taxonomy) -> bool:
    """Whether ``after`` differs from ``before`` by former names alone: topics and subtopics renamed or merged.

    Every topic before is one of those after, and the other way round. A topic that stands for a single one has its
    description, examples and subtopics still; one that others were merged into may be described anew.
    """
    sources: dict[str, list[Topic]] = {name: [] for name in after.names}
    for topic in before.topics:
        name = after.match(topic.name)
        if name is None:
            return False
        sources[name].append(topic)
    catch_all = None if before.catch_all is None else after.match(before.catch_all)
    return catch_all == after.catch_all and all(_same(sources[topic.name], topic) for topic in after.topics)


def _same(sources: Sequence[Topic], topic: Topic) -> bool:
    """Whether ``topic`` is the one in ``sources`` under another name, or all of them merged."""
    if len(sources) != 1:
        return bool(sources) and all(
            not topic.subtopics or _names(topic.subtopics).keys() >= {normalise(s.name) for s in each.subtopics}
            for each in sources
        )
    (before,) = sources
    if (before.description, before.examples) != (topic.description, topic.examples):
        return False
    now = _names(topic.subtopics)
    met: dict[str, list[Topic]] = {subtopic.name: [] for subtopic in topic.subtopics}
    for subtopic in before.subtopics:
        name = now.get(normalise(subtopic.name))
        if name is None:
            return False
        met[name].append(subtopic)
    return all(_same(met[subtopic.name], subtopic) for subtopic in topic.subtopics)


def _names(topics: Sequence[Topic]) -> dict[str, str]:
    return {normalise(name): topic.name for topic in topics for name in (topic.name, *topic.was)}


def to_document(taxonomy: Taxonomy, *, former_names: bool = True) -> dict[str, object]:
    """The taxonomy as plain data, in the shape its YAML file has; with or without former names."""

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
        if topic.name == taxonomy.catch_all:
            entry["catch_all"] = True
        return entry

    return {"topics": [plain(topic) for topic in taxonomy.topics]}
