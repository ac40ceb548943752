"""Proposals as edits of the topics, with the examples that they bring."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from topicsmith.discovery.files import KeptDiscovery
from topicsmith.discovery.proposals_yaml import EXAMPLES, MarkedProposal, ProposedEntry, ProposedPart
from topicsmith.discovery.records import ProposalKind, rows_of
from topicsmith.taxonomy import Taxonomy, Topic, normalise
from topicsmith.taxonomy_changes.edits import Add, Edit, Merge, PlacedEdit, Reword, Split

MOST_EXAMPLES = 20
"""Examples of a proposal that go into the topics' file, where no other number is asked for."""
_LONGEST = 400
"""Characters of a row that may be taken for an example unseen; what a person left in the file may be longer."""


def edits_of(
    marked: Sequence[MarkedProposal], kept: KeptDiscovery, taxonomy: Taxonomy, most: int = MOST_EXAMPLES
) -> tuple[PlacedEdit, ...]:
    """The edits that the ``marked`` proposals are, each where it stands in the file.

    Topics get the examples of the file and, up to ``most``, rows of the proposal from its middle outwards, those left
    out that a person took out of the file or that are an example of another topic.
    """
    work = _Maker(kept, taxonomy, most)
    return tuple(PlacedEdit(work.edit(each.entry), each.place) for each in marked)


@dataclass(frozen=True)
class _Maker:
    kept: KeptDiscovery
    taxonomy: Taxonomy
    most: int
    taken: set[str] = field(default_factory=set)
    """Forms of the examples that other proposals have taken."""

    def edit(self, entry: ProposedEntry) -> Edit:
        """The edit that a proposal is."""
        makers: Mapping[ProposalKind, Callable[[ProposedEntry], Edit]] = {
            "new": self._new,
            "subtopic": self._subtopic,
            "widen": self._widen,
            "merge": self._merge,
            "split": self._split,
        }
        return makers[entry.kind](entry)

    def _new(self, entry: ProposedEntry) -> Add:
        examples = self._examples(entry, self._topic(entry.name))
        return Add.model_validate(
            {
                "add": entry.name,
                "description": entry.description,
                "examples": examples,
                "from": entry.sources if entry.sources is not None else self._sources(entry.id),
            }
        )

    def _sources(self, proposal: int) -> list[str] | None:
        """Whose rows may be the new topic's: the catch-all's, or without one those of the topics of its own rows."""
        if self.taxonomy.catch_all is not None:
            return [self.taxonomy.catch_all]
        said = (row.topic for row in rows_of(self.kept.rows, proposal))
        names = (self.taxonomy.match(topic) for topic in dict.fromkeys(said) if topic is not None)
        return list(dict.fromkeys(name for name in names if name is not None)) or None

    def _subtopic(self, entry: ProposedEntry) -> Add:
        holder = self._topic(entry.topics[0])
        own = (
            next((s for s in holder.subtopics if normalise(s.name) == normalise(entry.name)), None) if holder else None
        )
        examples = self._examples(entry, own, holder)
        return Add(add=entry.name, under=entry.topics[0], description=entry.description, examples=examples)

    def _widen(self, entry: ProposedEntry) -> Reword:
        topic = self._topic(entry.topics[0])
        before = list(topic.examples) if topic else []
        known = {normalise(example) for example in before}
        more = [text for text in self._examples(entry, topic) if normalise(text) not in known]
        proposed = next(each for each in self.kept.discovery.proposals if each.id == entry.id)
        description = entry.description if entry.description != proposed.description else None
        return Reword(reword=entry.topics[0], description=description, examples=[*before, *more], same_meaning=True)

    def _merge(self, entry: ProposedEntry) -> Merge:
        return Merge(merge=list(entry.topics), into=entry.name, description=entry.description or None)

    def _split(self, entry: ProposedEntry) -> Split:
        parts = [self._part(part, entry.topics[0]) for part in entry.parts]
        return Split.model_validate({"split": entry.topics[0], "into": parts})

    def _part(self, part: ProposedPart, topic: str) -> dict[str, object]:
        """A part; one that keeps the topic's name keeps its words where the file has none."""
        stays = normalise(part.name) == normalise(topic)
        words = {"description": part.description, "examples": part.examples}
        return {"name": part.name, **{key: value for key, value in words.items() if value or not stays}}

    def _topic(self, name: str) -> Topic | None:
        """The topic of today called ``name``."""
        return next((topic for topic in self.taxonomy.topics if normalise(topic.name) == normalise(name)), None)

    def _examples(self, entry: ProposedEntry, own: Topic | None, holder: Topic | None = None) -> list[str]:
        """The examples of the file, and rows of the proposal up to the number wanted.

        Examples that the topic has already, ``own``, count: accepted twice, a proposal brings nothing more.
        """
        proposed = next(each for each in self.kept.discovery.proposals if each.id == entry.id)
        shown = {normalise(text) for text in proposed.examples[:EXAMPLES]}
        chosen = {normalise(text): text for text in reversed(entry.examples) if text.strip()}
        found = dict(reversed(chosen.items()))
        foreign = {form for topic in self.taxonomy.topics if topic not in (own, holder) for form in _forms(topic)}
        for row in rows_of(self.kept.rows, entry.id):
            if len(found) >= self.most:
                break
            form = normalise(row.text)
            taken_out = form in shown and form not in found
            if form and not taken_out and form not in foreign | self.taken and len(row.text) <= _LONGEST:
                found.setdefault(form, row.text)
        self.taken.update(found)
        return list(found.values())


def _forms(topic: Topic) -> set[str]:
    """The forms of all examples of a topic and its subtopics."""
    return {normalise(text) for each in (topic, *topic.subtopics) for text in each.examples}
