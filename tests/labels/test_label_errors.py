"""Finding labels that were flipped on purpose."""

import json

import numpy as np

from topicsmith.labels.label_errors import suspicious, to_document
from topicsmith.records import Label, Query
from topicsmith.taxonomy import Taxonomy, Topic

_WORDS = {"Weather": "rain sun snow cloud", "Food": "bread cheese soup apple", "Travel": "train bus ticket seat"}


def test_flipped_labels_are_found_and_few_others() -> None:
    rng = np.random.default_rng(7)
    names = list(_WORDS)
    queries, labels, flipped = [], [], set()
    for number in range(600):
        topic = names[rng.integers(3)]
        text = " ".join(rng.choice(_WORDS[topic].split(), 3)) + f" {number}"
        queries.append(Query(f"q{number}", text, "t"))
        given = topic
        if rng.random() < 0.08:
            given = names[(names.index(topic) + 1) % 3]
            flipped.add(f"q{number}")
        labels.append(Label(f"q{number}", given, None, "agreed"))
    found = suspicious(queries, labels, Taxonomy(tuple(Topic(name) for name in names)))
    ids = {suspicion.query_id for suspicion in found}
    assert len(ids & flipped) >= 0.9 * len(flipped)
    assert len(ids - flipped) <= 0.1 * len(flipped)
    assert [s.margin for s in found] == sorted((s.margin for s in found), reverse=True)
    assert all(suspicion.topic != suspicion.instead for suspicion in found)


def test_rows_without_a_label_are_never_suspected() -> None:
    queries = [Query(f"q{n}", "rain" if n % 2 else "soup", "t") for n in range(20)]
    labels = [Label(f"q{n}", None, None, "disagreed") for n in range(20)]
    assert suspicious(queries, labels, Taxonomy((Topic("A"), Topic("B")))) == []


def test_the_document_counts() -> None:
    document = to_document([], 12)
    assert json.loads(json.dumps(document)) == {"format": 1, "labelled": 12, "suspicious": 0, "rows": []}
