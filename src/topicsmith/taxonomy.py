"""The topics: reading them, checking them, and matching an answer to one of them.

A taxonomy is written as YAML, in a file of its own or inside the project file::

    topics:
      - name: Science
        description: Natural sciences, mathematics, research
        examples: ["why is the sky blue?"]
        subtopics: [Physics, Biology]        # names, or mappings like the topics
      - name: Other
        catch_all: true                      # at most one topic
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from topicsmith.errors import TaxonomyError
from topicsmith.yaml_file import Document, Location, explain, read_document


@dataclass(frozen=True)
class Topic:
    """One topic, or one subtopic (which then has no subtopics of its own)."""

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    subtopics: tuple["Topic", ...] = ()


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
        object.__setattr__(self, "_by_form", _forms(self.names, "topic"))
        for topic in self.topics:
            _forms([subtopic.name for subtopic in topic.subtopics], f"subtopic of '{topic.name}'")
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
        """The topic whose name equals ``answer`` after :func:`normalise`, or ``None``."""
        return self._by_form.get(normalise(answer))

    def match_subtopic(self, topic: str, answer: str) -> str | None:
        """The subtopic of ``topic`` whose name equals ``answer`` after :func:`normalise`, or ``None``."""
        form = normalise(answer)
        return next((s.name for s in self.topic(topic).subtopics if normalise(s.name) == form), None)

    @cached_property
    def digest(self) -> str:
        """A short hash of everything a model could be told about the topics."""
        text = json.dumps(to_document(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def normalise(name: str) -> str:
    """The form in which two spellings of a topic are the same.

    Compatibility forms and case are folded; underscores, hyphens and white space become one space; quotes,
    brackets, commas and full stops around the name go.

    >>> normalise(' "Credit-Cards". ')
    'credit cards'
    """
    folded = unicodedata.normalize("NFKC", name[:1000]).casefold()
    spaced = " ".join(folded.replace("_", " ").replace("-", " ").split())
    return spaced.strip(" \t\"'`“”‘’«».,;:!?()[]{}<>*#")


def _forms(names: Sequence[str], what: str) -> dict[str, str]:
    forms: dict[str, str] = {}
    for name in names:
        form = normalise(name)
        if not form:
            raise TaxonomyError(f"the {what} name {name!r} has no letters or digits")
        if form in forms:
            other = forms[form]
            if other == name:
                raise TaxonomyError(f"duplicate {what} '{name}'; rename or remove one")
            raise TaxonomyError(
                f"the {what} '{name}' differs from '{other}' only in case, spaces or punctuation; rename or remove one"
            )
        forms[form] = name
    return forms


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _SubtopicModel(_Strict):
    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    examples: list[str] = []


class _TopicModel(_SubtopicModel):
    subtopics: list[_SubtopicModel | str] = []
    catch_all: bool = False


class _TaxonomyModel(_Strict):
    topics: list[_TopicModel | str]


def read_taxonomy(path: Path) -> Taxonomy:
    """Read a taxonomy file.

    Raises:
        TaxonomyError: naming the file and line, when it is missing, malformed or contradicts itself.
    """
    document = read_document(path, TaxonomyError)
    return parse_taxonomy(document, ())


def parse_taxonomy(document: Document, at: Location) -> Taxonomy:
    """Read the taxonomy that stands in ``document`` at the place ``at``."""
    value = document.value
    for part in at:
        value = value[part]  # type: ignore[index]  # the caller found the place there
    try:
        model = _TaxonomyModel.model_validate(value)
    except ValidationError as invalid:
        raise explain(invalid, document, _TaxonomyModel, TaxonomyError, at) from None
    topics = [_TopicModel(name=topic) if isinstance(topic, str) else topic for topic in model.topics]
    marked = [topic.name for topic in topics if topic.catch_all]
    try:
        if len(marked) > 1:
            raise TaxonomyError(f"two topics are marked catch_all: '{marked[0]}' and '{marked[1]}'; at most one can be")
        return Taxonomy(tuple(_topic(topic) for topic in topics), marked[0] if marked else None)
    except TaxonomyError as error:
        raise TaxonomyError(f"{document.path}:{document.line((*at, 'topics'))}: {error}") from None


def _topic(model: _TopicModel) -> Topic:
    subtopics = [_SubtopicModel(name=sub) if isinstance(sub, str) else sub for sub in model.subtopics]
    return Topic(
        model.name,
        model.description,
        tuple(model.examples),
        tuple(Topic(sub.name, sub.description, tuple(sub.examples)) for sub in subtopics),
    )


def to_document(taxonomy: Taxonomy) -> dict[str, object]:
    """The taxonomy as plain data, in the shape its YAML file has."""

    def plain(topic: Topic) -> dict[str, object]:
        entry: dict[str, object] = {"name": topic.name}
        if topic.description:
            entry["description"] = topic.description
        if topic.examples:
            entry["examples"] = list(topic.examples)
        if topic.subtopics:
            entry["subtopics"] = [plain(subtopic) for subtopic in topic.subtopics]
        if topic.name == taxonomy.catch_all:
            entry["catch_all"] = True
        return entry

    return {"topics": [plain(topic) for topic in taxonomy.topics]}


def from_document(value: object, where: Path) -> Taxonomy:
    """The taxonomy in plain data, as :func:`to_document` gives it; ``where`` is named in errors."""
    return parse_taxonomy(Document(where, value, {}), ())
