"""Reading the topics.

A taxonomy is written as YAML, in a file of its own or inside the project file::

    topics:
      - name: Science
        description: Natural sciences, mathematics, research
        examples: ["why is the sky blue?"]
        subtopics: [Physics, Biology]        # names, or mappings like the topics
      - name: Media
        was: [Music, Video]                  # former or other names: a rename has one, a merger several
      - name: Other
        catch_all: true                      # at most one topic
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy import Taxonomy, Topic, check_distinct
from topicsmith.yaml_file import Document, Location, explain, read_document


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SubtopicEntry(_Strict):
    """A subtopic as it stands in a file."""

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    examples: list[str] = []
    was: list[str] | str = []


def bare_name(value: object) -> object:
    """A bare name as the mapping it stands for."""
    return {"name": value} if isinstance(value, str) else value


class _TopicModel(SubtopicEntry):
    sources: list[str] | str | None = Field(default=None, alias="from")
    subtopics: list[Annotated[SubtopicEntry, BeforeValidator(bare_name)]] = []
    catch_all: bool = False


class _TaxonomyModel(_Strict):
    topics: list[Annotated[_TopicModel, BeforeValidator(bare_name)]]
    removed: list[str] | str = []


def read_taxonomy(path: Path) -> Taxonomy:
    """Read a taxonomy file.

    Raises:
        TaxonomyError: naming the file and line, when it is missing, malformed or contradicts itself.
    """
    return parse_taxonomy(read_document(path, TaxonomyError), ())


def parse_taxonomy(document: Document, at: Location, *, by_hand: bool = True) -> Taxonomy:
    """Read the taxonomy that stands in ``document`` at the place ``at``.

    One written ``by_hand`` is also held to topics that differ in more than their names.
    """
    document = _with_topics(document, at)
    value = document.value
    for part in at:
        value = value[part]  # type: ignore[index]  # the caller found the place there
    _check_shape(value, document, at)
    try:
        model = _TaxonomyModel.model_validate(value)
    except ValidationError as invalid:
        raise explain(invalid, document, _TaxonomyModel, TaxonomyError, at) from None
    marked = [(index, topic.name) for index, topic in enumerate(model.topics) if topic.catch_all]
    try:
        if len(marked) > 1:
            (_, first), (index, second) = marked[:2]
            raise TaxonomyError(
                f"two topics are marked catch_all: '{first}' and '{second}'; at most one can be",
                ("topics", index, "catch_all"),
            )
        catch_all = marked[0][1] if marked else None
        found = Taxonomy(tuple(_topic(topic) for topic in model.topics), catch_all, _several(model.removed))
        if by_hand:
            check_distinct(found)
    except TaxonomyError as error:
        place = (*at, *(error.location or ("topics",)))
        raise TaxonomyError(f"{document.path}:{document.line(place)}: {error}", place) from None
    return found


def _with_topics(document: Document, at: Location) -> Document:
    """A file that is a list of topics, as one whose key ``topics`` has that list."""
    if at or not isinstance(document.value, list):
        return document
    lines = {("topics", *place): line for place, line in document.lines.items()}
    written = {("topics", *place): text for place, text in document.written.items()}
    return Document(document.path, {"topics": document.value}, {("topics",): 1, **lines}, written)


def _check_shape(value: object, document: Document, at: Location) -> None:
    """What YAML makes of values that are no names, told before a validator does in its own words.

    Raises:
        TaxonomyError: naming the line and the cure.
    """
    place = f"{document.path}:{document.line(at)}"
    if value is None:
        raise TaxonomyError(f"{place}: is empty; write 'topics:' and under it at least two names, each after '- '")
    if not isinstance(value, Mapping):
        raise TaxonomyError(f"{place}: is a {type(value).__name__}; write 'topics:' and under it a list of names")
    _check_names(value.get("topics"), document, (*at, "topics"))


def _check_names(topics: object, document: Document, at: Location) -> None:
    """Whether each topic, and each subtopic, is a text or a mapping whose name is one."""
    for index, topic in enumerate(topics if isinstance(topics, list) else ()):
        name = topic.get("name", "") if isinstance(topic, Mapping) else topic
        here = (*at, index, *(("name",) if isinstance(topic, Mapping) else ()))
        if isinstance(name, Mapping | list):
            what = "a list" if isinstance(name, list) else "a mapping"
            raise TaxonomyError(
                f"{document.path}:{document.line(here)}: a name was expected here, not {what}; write '- a name', or "
                "'- name: a name' with more keys under it"
            )
        if not isinstance(name, str):
            raise TaxonomyError(f"{document.path}:{document.line(here)}: {document.no_text(here, name)}")
        if isinstance(topic, Mapping):
            _check_names(topic.get("subtopics"), document, (*at, index, "subtopics"))


def _topic(model: _TopicModel) -> Topic:
    return Topic(
        model.name,
        model.description,
        tuple(model.examples),
        subtopics_of(model.subtopics),
        _several(model.was),
        None if model.sources is None else _several(model.sources),
    )


def subtopics_of(entries: Sequence[SubtopicEntry]) -> tuple[Topic, ...]:
    """The subtopics that stand in a file."""
    return tuple(Topic(sub.name, sub.description, tuple(sub.examples), was=_several(sub.was)) for sub in entries)


def _several(names: list[str] | str) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def from_document(value: object, where: Path) -> Taxonomy:
    """The taxonomy in plain data, as :func:`to_document` gives it; ``where`` is named in errors."""
    return parse_taxonomy(Document(where, value, {}), (), by_hand=False)
