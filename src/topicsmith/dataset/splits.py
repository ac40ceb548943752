"""Train, validation and test: made before anything is balanced, with near-copies on one side."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from topicsmith.errors import ProjectError
from topicsmith.project import SplitSettings
from topicsmith.records import Label, Query, Split


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a query stands. ``group`` is its set of near-copies; ``copies`` how often a training row counts."""

    query_id: str
    split: Split
    group: str
    copies: int = 1


@dataclass(frozen=True)
class Splits:
    """One assignment per query, in the queries' order, and what a person should know about them."""

    assignments: tuple[Assignment, ...]
    notes: tuple[str, ...]


def assign(queries: Sequence[Query], labels: Sequence[Label], settings: SplitSettings) -> Splits:
    """Assign every query, labelled or not, to a split.

    Splits that the data gives win. Otherwise, and for what given splits leave open, rows are stratified by label (by
    given topic where there is none) and dealt out by a seeded hash, so that neither the order of the rows nor the
    process changes anything. A group never crosses splits that are made here.

    Raises:
        ProjectError: when the data gives splits and no row of them is for training.
    """
    topics = {label.query_id: label.topic for label in labels}
    strata = {query.query_id: topics.get(query.query_id) or query.topic or "" for query in queries}
    groups = {query.query_id: query.group or query.query_id for query in queries}
    given = {query.query_id: query.split for query in queries if query.split is not None}
    if given:
        chosen, notes = _complete(queries, given, groups, strata, settings)
    else:
        shares: dict[Split, float] = {
            "train": 1 - settings.validation - settings.test,
            "validation": settings.validation,
            "test": settings.test,
        }
        chosen, notes = _deal([query.query_id for query in queries], groups, strata, shares, settings.seed), []
    return Splits(
        tuple(Assignment(query.query_id, chosen[query.query_id], groups[query.query_id]) for query in queries),
        (*notes, *_crossing(queries, chosen, groups)),
    )


def _complete(
    queries: Sequence[Query],
    given: Mapping[str, Split],
    groups: Mapping[str, str],
    strata: Mapping[str, str],
    settings: SplitSettings,
) -> tuple[dict[str, Split], list[str]]:
    """Given splits, with unmarked rows put in training and the missing splits carved out of it."""
    chosen = {query.query_id: given.get(query.query_id, "train") for query in queries}
    notes = []
    if len(given) < len(queries):
        notes.append(f"rows without a given split, taken as training rows: {len(queries) - len(given):,}")
    if "train" not in chosen.values():
        raise ProjectError(
            "the data's splits have no training row; mark some as 'train', or leave 'traces.split' out of the project"
        )
    wanted: dict[Split, float] = {"validation": settings.validation, "test": settings.test}
    missing = {split: share for split, share in wanted.items() if split not in set(given.values())}
    if missing:
        held = {groups[query_id] for query_id, split in chosen.items() if split != "train"}
        free = [query_id for query_id, split in chosen.items() if split == "train" and groups[query_id] not in held]
        shares: dict[Split, float] = {"train": 1 - sum(missing.values()), **missing}
        carved = _deal(free, groups, strata, shares, settings.seed)
        chosen.update(carved)
        for split in missing:
            count = sum(value == split for value in carved.values())
            notes.append(f"{split} rows taken out of the training rows, since the data gives none: {count:,}")
    return chosen, notes


def _deal(
    query_ids: Iterable[str],
    groups: Mapping[str, str],
    strata: Mapping[str, str],
    shares: Mapping[Split, float],
    seed: int,
) -> dict[str, Split]:
    """Deal whole groups out so that each stratum comes near ``shares``.

    Within a stratum the largest groups go first, equals in the order of a seeded hash, each to the split that lacks
    most. What a stratum leaves uneven is carried into the next, so that many small strata do not add up to a tilt.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for query_id in query_ids:
        members[groups[query_id]].append(query_id)
    by_stratum: dict[str, list[str]] = defaultdict(list)
    for group, inside in members.items():
        common = Counter(strata[query_id] for query_id in inside)
        by_stratum[min(common, key=lambda name: (-common[name], name))].append(group)
    lacking: dict[Split, float] = dict.fromkeys(shares, 0.0)
    chosen: dict[str, Split] = {}
    for _, inside in sorted(by_stratum.items()):
        total = sum(len(members[group]) for group in inside)
        for split, share in shares.items():
            lacking[split] += share * total
        ordered = sorted(inside, key=lambda group: (-len(members[group]), _shuffled(group, seed)))
        for position, group in enumerate(ordered):
            # The first group of a topic always trains: a topic without a training row could not be learned.
            split = "train" if position == 0 else max(shares, key=lambda name: lacking[name])
            lacking[split] -= len(members[group])
            chosen.update(dict.fromkeys(members[group], split))
    return chosen


def _shuffled(group: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{group}".encode()).digest()


def _crossing(queries: Sequence[Query], chosen: Mapping[str, Split], groups: Mapping[str, str]) -> list[str]:
    """What given splits do to copies: identical texts, and near-copies, on more than one side."""
    notes = []
    texts = _sides((query.text, chosen[query.query_id]) for query in queries)
    if texts:
        notes.append(f"identical texts in more than one of the given splits: {texts:,}; scores on them are too high")
    near = _sides((groups[query.query_id], chosen[query.query_id]) for query in queries)
    if near:
        notes.append(f"groups of identical or near-identical texts across the given splits: {near:,}")
    return notes


def _sides(pairs: Iterable[tuple[str, Split]]) -> int:
    """How many keys are seen on more than one side."""
    sides: dict[str, set[Split]] = defaultdict(set)
    for key, split in pairs:
        sides[key].add(split)
    return sum(len(found) > 1 for found in sides.values())
