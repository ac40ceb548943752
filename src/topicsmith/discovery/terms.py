"""What each of several groups of texts is about: the terms that tell it from the others, and a name made of them."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, count, pairwise

import numpy as np

from topicsmith.classifiers.base import FloatArray
from topicsmith.discovery.word_forms import LETTER, Unit, plain, trimmed, units
from topicsmith.taxonomy import normalise

UNNAMED = "Unnamed"
"""The name of what has no terms, such as empty texts."""
_MOST_TEXTS = 200
"""Texts of a group that are read: terms that matter stand in a fair share of them."""
_LEAST_SHARE = 0.1
_A_FEW = 3
"""Of so many texts, or more, a term stands in two at least."""
_CANDIDATES = 60
_NEARLY = 0.45
"""A pair takes the place of its word when it is nearly half as common: then the word mostly stands in the pair."""
_MOSTLY = 0.7
_LONGEST_PIECE = 16


def cluster_terms(
    clusters: Sequence[Sequence[str]], others: Sequence[Sequence[str]], most: int = 8
) -> list[tuple[str, ...]]:
    """The terms of each cluster, best first, as they are mostly written: words, and pairs of words.

    A term weighs the share of the cluster's texts that have it, times how rare it is among all groups (class-based
    TF-IDF, with every group counting the same however many texts it has). Inflections count as one; of a word and a
    pair that holds it one is given. Stop words and numbers are given only where a cluster has nothing else; a cluster
    without any word has no terms.

    Args:
        clusters: their texts; repeated ones count once.
        others: the texts of each known topic.
        most: how many terms a cluster has at most.
    """
    groups = [_texts(cluster) for cluster in clusters]
    beside = [texts for texts in map(_texts, others) if texts]
    found = _best(groups, beside, most, weak=False)
    empty = [at for at, terms in enumerate(found) if not terms and groups[at]]
    if empty:
        for at, terms in enumerate(_best(groups, beside, most, weak=True)):
            found[at] = terms if at in empty else found[at]
    return found


def name_of(terms: Sequence[str], taken: Collection[str] = ()) -> str:
    """A name made of ``terms``, which none of ``taken`` has (:func:`topicsmith.taxonomy.normalise`).

    A pair of words is a name; of single words the first two are.

    >>> name_of(("card arrival", "delivery")), name_of(("timezone", "hour")), name_of(("refund",), {"Refund"})
    ('Card arrival', 'Timezone, hour', 'Refund 2')
    """
    known = {normalise(name) for name in taken}
    least = 2 if len(terms) > 1 and " " not in terms[0] else 1
    tried = [", ".join(terms[:size]) for size in range(least, len(terms) + 1)] if terms else [UNNAMED]
    numbered = (f"{tried[0]} {number}" for number in count(2))
    name = next(each for each in chain(tried, numbered) if normalise(each) not in known)
    return name[:1].upper() + name[1:]


def _texts(texts: Iterable[str]) -> list[str]:
    """Distinct texts, evenly drawn where there are many."""
    distinct = [text for text in dict.fromkeys(texts) if text.strip()]
    if len(distinct) <= _MOST_TEXTS:
        return distinct
    return [distinct[at] for at in np.linspace(0, len(distinct) - 1, _MOST_TEXTS).astype(int)]


def _best(
    groups: Sequence[Sequence[str]], others: Sequence[Sequence[str]], most: int, *, weak: bool
) -> list[tuple[str, ...]]:
    """The terms of each group; none where nothing is left to choose from."""
    inside = _counted(groups, None, weak)
    if inside is None:
        return [()] * len(groups)
    keys, shares = inside
    beside = _counted(others, keys, weak)
    everywhere = shares.sum(axis=0) + (0.0 if beside is None else beside[1].sum(axis=0))
    rarity = np.log1p((len(groups) + len(others)) / everywhere)
    found = []
    for texts, share in zip(groups, shares, strict=True):
        least = max(_LEAST_SHARE, (1.5 if len(texts) >= _A_FEW else 0.5) / max(1, len(texts)))
        weights = np.where(share >= least, share * rarity, 0.0)
        order = np.argsort(-weights, kind="stable")[:_CANDIDATES]
        ranked = [(keys[at], float(share[at])) for at in order.tolist() if weights[at] > 0]
        found.append(_chosen(ranked, _as_written(texts, [key for key, _ in ranked], weak), texts, most))
    return found


def _counted(
    groups: Sequence[Sequence[str]], known: Sequence[str] | None, weak: bool
) -> tuple[list[str], FloatArray] | None:
    """The keys (``known`` ones alone, where given), and the share of each group's texts that have each of them."""
    from sklearn.feature_extraction.text import CountVectorizer

    texts = [text for group in groups for text in group]

    def keys_of(text: str) -> list[str]:
        return [unit.key for unit in units(text, weak=weak)]

    vectorizer = CountVectorizer(analyzer=keys_of, binary=True, vocabulary=known)
    try:
        counts = vectorizer.fit_transform(texts) if known is None else vectorizer.transform(texts)
    except ValueError:  # no text has a word
        return None
    starts = np.cumsum([0, *map(len, groups)])
    shares = [counts[low:high].sum(axis=0) / max(1, high - low) for low, high in pairwise(starts.tolist())]
    keys = [str(key) for key in vectorizer.get_feature_names_out()]
    return keys, np.asarray(shares, np.float64).reshape(len(groups), len(keys))


def _as_written(texts: Sequence[str], keys: Sequence[str], weak: bool) -> dict[str, Unit]:
    """Each key as it mostly stands in ``texts``."""
    seen: dict[str, Counter[Unit]] = {key: Counter() for key in keys}
    for text in texts:
        for unit in units(text, weak=weak):
            if unit.key in seen:
                seen[unit.key][unit] += 1
    return {key: counts.most_common(1)[0][0] for key, counts in seen.items()}


def _chosen(
    ranked: Sequence[tuple[str, float]], written: Mapping[str, Unit], texts: Sequence[str], most: int
) -> tuple[str, ...]:
    """The best terms, near duplicates left out: a pair takes the place of its word where it is nearly as common."""
    chosen: list[tuple[Unit, float]] = []
    left = [plain(text) for text in texts] if any(unit.fragment for unit in written.values()) else []
    for key, share in ranked:
        unit = written[key]
        parts = [at for at, (other, _) in enumerate(chosen) if set(other.words) < set(unit.words)]
        if unit.fragment and len(chosen) < most:
            whole = _grown(key, left, share * len(texts))
            if len(whole) >= min(2, len(key)) and whole not in {other.key for other, _ in chosen}:
                chosen.append((Unit(whole, whole, (whole,), fragment=True), share))
                left = [text.replace(whole, "\n") for text in left]
        elif parts:
            if all(share >= _NEARLY * chosen[at][1] for at in parts):
                chosen[parts[0]] = (unit, share)
                chosen = [each for at, each in enumerate(chosen) if at not in parts[1:]]
        elif len(chosen) < most and not any(set(unit.words) <= set(other.words) for other, _ in chosen):
            chosen.append((unit, share))
    return tuple(unit.shown for unit, _ in chosen)


def _grown(piece: str, texts: Sequence[str], common: float) -> str:
    """The longest text around ``piece`` that is nearly as common; empty where others have taken most of its places.

    Where no blanks stand between words, this finds their ends.
    """
    if sum(piece in text for text in texts) < _NEARLY * common:
        return ""
    grown = True
    while grown and len(piece) < _LONGEST_PIECE:
        grown = False
        for pattern in (LETTER + re.escape(piece), re.escape(piece) + LETTER):
            around = re.compile(pattern)
            beside = Counter(match.group() for text in texts if (match := around.search(text)))
            longer, times = max(beside.items(), key=lambda item: item[1], default=("", 0))
            if times >= _MOSTLY * common:
                piece, grown = longer, True
    return trimmed(piece)
