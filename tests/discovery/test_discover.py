from itertools import islice

import pytest

from tests.discovery.clouds import CloudTexts, cloud
from topicsmith.discovery.discover import DiscoverySettings, discover
from topicsmith.discovery.rows import DiscoveryRows, SeenRow, rows_of_texts
from topicsmith.errors import UserError
from topicsmith.progress import SilentProgress
from topicsmith.taxonomy import Taxonomy, Topic

KNOWN = ("invoice", "delivery", "password", "refund", "camera", "weather", "music", "travel", "battery", "coupon")
HIDDEN = ("gardening", "football", "chemistry")
SILENT = SilentProgress()


def anywhere(count: int) -> list[str]:
    return [f"stray {'abcdefghij'[number % 10]}{number}x" for number in range(count)]


def rows(*seen: SeenRow, outside: tuple[str, ...] = ()) -> DiscoveryRows:
    known = [(text, word) for word in KNOWN for text in cloud(word, 40)]
    return DiscoveryRows(Taxonomy(tuple(map(Topic, KNOWN))), "a test", seen, known, outside)


def arriving() -> list[SeenRow]:
    """Rows of hidden and of known topics, and strays."""
    texts = [*(text for word in HIDDEN for text in cloud(word, 30)), *anywhere(20)]
    texts += [text for word in KNOWN for text in cloud(word, 30, start=100)]
    return [SeenRow(f"r{at}", text) for at, text in enumerate(texts)]


def test_hidden_topics_are_proposed_and_known_ones_are_not() -> None:
    found = discover(rows(*arriving()), CloudTexts(), DiscoverySettings(), SILENT)
    new = [each for each in found.discovery.proposals if each.kind == "new"]
    assert sorted(each.terms[0] for each in new) == sorted(HIDDEN)
    assert all(25 <= each.rows <= 30 for each in new)
    assert all(each.name.lower().startswith(each.terms[0]) for each in new)
    assert found.discovery.rows == 410
    assert found.discovery.precision is not None
    assert found.discovery.precision.value > 0.9
    for each in new:
        own = [row for row in found.rows if row.proposal == each.id]
        assert {row.text.split()[0] for row in own} == {each.terms[0]}
        assert [row.rank for row in own] == list(range(each.rows))
        assert each.examples == tuple(row.text for row in islice(own, 10))
        near = found.near_others[each.id]
        assert not {row.text for row in own} & set(near)


def test_copies_of_a_text_are_one_row_of_the_cluster_and_all_listed() -> None:
    seen = [*arriving(), SeenRow("again", "gardening 3")]
    found = discover(rows(*seen), CloudTexts(), DiscoverySettings(), SILENT)
    garden = next(each for each in found.discovery.proposals if "gardening" in each.terms)
    ids = [row.row_id for row in found.rows if row.proposal == garden.id and row.text == "gardening 3"]
    assert ids == ["r3", "again"]
    assert 25 <= garden.rows <= 30


def test_the_same_twice() -> None:
    first, second = (discover(rows(*arriving()), CloudTexts(), DiscoverySettings(), SILENT) for _ in range(2))
    assert first == second


def test_from_nothing_every_cloud_is_proposed_and_nothing_is_promised() -> None:
    texts = [(f"r{at}", text) for at, text in enumerate(text for word in KNOWN for text in cloud(word, 30))]
    found = discover(rows_of_texts(texts, "logs"), CloudTexts(), DiscoverySettings(), SILENT)
    assert sorted(each.terms[0] for each in found.discovery.proposals) == sorted(KNOWN)
    assert found.discovery.precision is None
    assert "no topic is known" in found.discovery.notes[-1]
    assert all(each.nearest is None for each in found.discovery.proposals)


def test_few_known_topics_measure_nothing_and_say_so() -> None:
    known = [(text, word) for word in KNOWN[:3] for text in cloud(word, 40)]
    given = DiscoveryRows(Taxonomy(tuple(map(Topic, KNOWN[:3]))), "a test", arriving(), known)
    found = discover(given, CloudTexts(), DiscoverySettings(), SILENT)
    assert found.discovery.precision is None
    assert found.discovery.notes == (
        "3 topics have labelled rows; with fewer than 8 none can be hidden to measure how many proposals hold",
    )


def test_a_topic_whose_rows_fall_apart_is_to_be_split_and_topics_taken_for_each_other_to_be_merged() -> None:
    known = [(text, word) for word in KNOWN for text in cloud(word, 40)]
    known += [(text, "both") for word in ("kettle", "island") for text in cloud(word, 40)]
    known += [(text, ("left", "right")[at % 2]) for at, text in enumerate(cloud("glove", 300))]
    names = (*KNOWN, "both", "left", "right")
    given = DiscoveryRows(Taxonomy(tuple(map(Topic, names))), "a test", arriving(), known)
    result = discover(given, CloudTexts(), DiscoverySettings(), SILENT)
    found = result.discovery
    keys = [(row.proposal, row.row_id) for row in result.rows]
    assert len(set(keys)) == len(keys)
    split = [each for each in found.proposals if each.kind == "split"]
    assert [each.topics for each in split] == [("both",)]
    assert sorted(part.terms[0] for part in split[0].parts) == ["island", "kettle"]
    assert all(30 <= part.rows <= 40 for part in split[0].parts)
    merge = [each for each in found.proposals if each.kind == "merge"]
    assert [each.topics for each in merge] == [("left", "right")]
    assert "were answered with the other one" in merge[0].evidence


def test_too_few_texts_are_told() -> None:
    with pytest.raises(UserError, match="logs: 3 different texts are too few to find topics among; it takes 20"):
        discover(rows_of_texts([(str(at), f"a {at % 3}") for at in range(50)], "logs"), CloudTexts(),
                 DiscoverySettings(), SILENT)  # fmt: skip
