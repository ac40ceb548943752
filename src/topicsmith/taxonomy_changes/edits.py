"""Edits of a taxonomy, as a person writes them down, and the taxonomy that they make of another.

::

    edits:
      - {rename: Play, to: Gameplay}
      - {merge: [Music, Video], into: Media, description: songs and films}
      - {split: Account, into: [Log in, {name: Billing, description: bills and refunds}]}
      - {add: News, description: what happened, from: Other}
      - {add: Refunds, under: Shop, description: money back}
      - {remove: Small talk}
      - {reword: Science, description: natural sciences, same_meaning: true}
      - {order: [Science, Gameplay]}

All are about the topics as they are before the first edit; each topic stands in one of them at most, ``order`` aside,
and several may add subtopics to it.
An edit that is in effect already is left out and said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy import Topic, normalise
from topicsmith.taxonomy_file import SubtopicEntry, bare_name, subtopics_of
from topicsmith.yaml_file import Document, explain, read_document

_Name = Annotated[str, Field(min_length=1, max_length=200)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


_Names = Annotated[list[_Name], BeforeValidator(_listed)]


class _Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Part(_Edit):
    name: _Name
    description: str | None = None
    examples: list[str] | None = None
    subtopics: list[Annotated[SubtopicEntry, BeforeValidator(bare_name)]] = []


class Rename(_Edit):
    """A topic under another name."""

    rename: _Name
    to: _Name


class Merge(_Edit):
    """Several topics as one: a new one, or one that is there already."""

    merge: Annotated[_Names, Field(min_length=1)]
    into: _Name
    description: str | None = None

    @model_validator(mode="after")
    def _of_several(self) -> "Merge":
        if len({normalise(name) for name in (*self.merge, self.into)}) < 2:
            raise ValueError("merging needs two topics; name another one, or rename this one")
        return self


class Split(_Edit):
    """One topic as several; it may be one of them."""

    split: _Name
    into: Annotated[list[Annotated[_Part, BeforeValidator(bare_name)]], Field(min_length=2)]


class Add(_Edit):
    """A new topic, or with ``under`` a new subtopic of that one.

    ``from`` names topics some of whose rows may be its own, an empty list says that it takes none.
    """

    add: _Name
    description: str = ""
    examples: list[str] = []
    subtopics: list[Annotated[SubtopicEntry, BeforeValidator(bare_name)]] = []
    under: _Name | None = None
    sources: _Names | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _of_its_level(self) -> "Add":
        if self.under is not None and (self.subtopics or self.sources is not None):
            raise ValueError("a subtopic has neither 'subtopics' nor 'from'; take them out, or take out 'under'")
        return self


class Remove(_Edit):
    """A topic that is to be no more."""

    remove: _Name


class Reword(_Edit):
    """Another description or other examples; with ``same_meaning`` its rows are carried over."""

    reword: _Name
    description: str | None = None
    examples: list[str] | None = None
    same_meaning: bool = False

    @model_validator(mode="after")
    def _with_words(self) -> "Reword":
        if self.description is None and self.examples is None:
            raise ValueError("rewording needs a new 'description' or new 'examples'; write one")
        return self


class Order(_Edit):
    """The topics named stand first, in this order; the others follow as they stood."""

    order: Annotated[_Names, Field(min_length=1)]


Edit = Rename | Merge | Split | Add | Remove | Reword | Order
_KINDS: Mapping[str, type[_Edit]] = {
    "rename": Rename,
    "merge": Merge,
    "split": Split,
    "add": Add,
    "remove": Remove,
    "reword": Reword,
    "order": Order,
}


@dataclass(frozen=True)
class PlacedEdit:
    """An edit and where it stands, ``file:line``."""

    edit: Edit
    place: str


def read_edits(path: Path) -> tuple[PlacedEdit, ...]:
    """Read a file of edits: a list, or a mapping whose key ``edits`` has one.

    Raises:
        TaxonomyError: naming file, line and cure.
    """
    document = read_document(path, TaxonomyError)
    value = document.value
    at: tuple[str | int, ...] = ()
    if isinstance(value, Mapping):
        unknown = next((key for key in value if key != "edits"), None)
        if unknown is not None:
            raise TaxonomyError(f"{path}:{document.line((str(unknown),))}: unknown key '{unknown}'; known: edits")
        value, at = value.get("edits"), ("edits",)
    if not isinstance(value, list) or not value:
        raise TaxonomyError(
            f"{path}: has no edits; write a list such as '- {{rename: Play, to: Gameplay}}', with the kinds "
            f"{', '.join(_KINDS)}"
        )
    return tuple(_edit(entry, document, (*at, index)) for index, entry in enumerate(value))


def _edit(entry: object, document: Document, at: tuple[str | int, ...]) -> PlacedEdit:
    place = f"{document.path}:{document.line(at)}"
    kinds = [kind for kind in _KINDS if isinstance(entry, Mapping) and kind in entry]
    if len(kinds) != 1:
        what = f"has {' and '.join(kinds)} at once" if kinds else f"says none of {', '.join(_KINDS)}"
        raise TaxonomyError(f"{place}: the edit {what}; write one of them, such as '- {{rename: Play, to: Gameplay}}'")
    model = _KINDS[kinds[0]]
    try:
        found = model.model_validate(entry)
    except ValidationError as invalid:
        raise explain(invalid, document, model, TaxonomyError, at) from None
    return PlacedEdit(found, place)  # type: ignore[arg-type]  # every kind of the table is one of the union


def part_topic(part: _Part, sources: Sequence[str]) -> Topic:
    """A part of a topic that is split, as a topic of its own."""
    subtopics = subtopics_of(part.subtopics)
    return Topic(part.name, part.description or "", tuple(part.examples or ()), subtopics, sources=tuple(sources))
