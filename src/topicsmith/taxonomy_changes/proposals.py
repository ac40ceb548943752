"""Renames that nobody stated: proposed to a person, never assumed."""

from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher

from topicsmith.taxonomy import Topic, normalise
from topicsmith.taxonomy_changes.changes import RenameProposal

_SHARED_WORDS = 0.5
_NEAR_NAMES = 0.75
_FEW = 2_500
"""Pairs whose names are compared letter by letter; more than that is left to words, descriptions and examples."""


def propose_renames(gone: Sequence[Topic], added: Sequence[Topic]) -> tuple[RenameProposal, ...]:
    """For each topic that is gone the new one that it may have become, where one is alike; each new one once.

    The same description or examples tell most, then names of nearly the same letters, then shared words.
    """
    found: list[RenameProposal] = []
    left = {topic.name: topic for topic in added}
    texts = _texts(added)
    for topic in gone:
        proposal = _same_text(topic, texts, left)
        if proposal is not None:
            del left[proposal.after]
            found.append(proposal)
    proposed = {each.before for each in found}
    rest = [topic for topic in gone if topic.name not in proposed]
    alike = _near_names if len(rest) * len(left) <= _FEW else _near_words
    for before, after, why in alike(rest, left):
        if after in left and before not in proposed:
            del left[after]
            proposed.add(before)
            found.append(RenameProposal(before, after, why))
    order = {topic.name: at for at, topic in enumerate(gone)}
    return tuple(sorted(found, key=lambda each: order[each.before]))


def _texts(added: Sequence[Topic]) -> dict[tuple[str, str], str]:
    """The topic that first has a description or an example."""
    found: dict[tuple[str, str], str] = {}
    for topic in added:
        for what, texts in (("description", (topic.description,)), ("examples", topic.examples)):
            for text in texts:
                if text.strip():
                    found.setdefault((what, " ".join(text.split())), topic.name)
    return found


def _same_text(topic: Topic, texts: dict[tuple[str, str], str], left: dict[str, Topic]) -> RenameProposal | None:
    for what, own in (("description", (topic.description,)), ("examples", topic.examples)):
        for text in own:
            name = texts.get((what, " ".join(text.split())))
            if name in left:
                return RenameProposal(topic.name, name, f"with the same {what}")
    return None


def _near_names(gone: Sequence[Topic], left: dict[str, Topic]) -> list[tuple[str, str, str]]:
    """Pairs with names alike, the nearest first."""
    pairs = []
    for topic in gone:
        for name in left:
            one, other = normalise(topic.name), normalise(name)
            ratio = SequenceMatcher(None, one, other).ratio()
            if ratio >= _NEAR_NAMES or one in other or other in one:
                pairs.append((ratio, topic.name, name))
    return [(before, after, "with a name alike") for _, before, after in sorted(pairs, reverse=True)]


def _near_words(gone: Sequence[Topic], left: dict[str, Topic]) -> list[tuple[str, str, str]]:
    """Pairs whose names share most of their words, found by word and not pair by pair."""
    by_word: dict[str, list[str]] = defaultdict(list)
    words = {name: set(normalise(name).split()) for name in left}
    for name, of in words.items():
        for word in of:
            by_word[word].append(name)
    pairs = []
    for topic in gone:
        own = set(normalise(topic.name).split())
        rarest = min((by_word[word] for word in own if word in by_word), key=len, default=[])
        for name in rarest[:100]:
            shared = len(own & words[name]) / len(own | words[name])
            if shared >= _SHARED_WORDS:
                pairs.append((shared, topic.name, name))
    return [(before, after, "with a name alike") for _, before, after in sorted(pairs, reverse=True)]
