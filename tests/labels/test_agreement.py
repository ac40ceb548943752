"""Agreement of tables small enough to count by hand."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.errors import TaxonomyError, UpstreamError
from topicsmith.labels.agreement import measure, to_document
from topicsmith.records import Annotation, Usage
from topicsmith.taxonomy import Taxonomy, Topic

Table = Callable[[Sequence[Sequence[str]]], list[Annotation]]

# 10 rows: 6 agreed (3 A, 2 B, 1 Other), A→Other twice, B→A once, one with an abstention
_ROWS = ["AA", "AA", "AA", "BB", "BB", "OO", "AO", "AO", "BA", "?A"]


def _spelled(rows: Sequence[str]) -> list[list[str]]:
    return [["Other" if letter == "O" else letter for letter in row] for row in rows]


def test_two_annotators_by_hand(table: Table, taxonomy: Taxonomy) -> None:
    found = measure(table(_spelled(_ROWS)), taxonomy)
    assert (found.rows, found.agreed, found.disagreed, found.abstained, found.pending) == (10, 6, 3, 1, 0)
    assert found.rate is not None
    assert found.rate_labelled is not None
    assert [found.rate.value, found.rate_labelled.value] == pytest.approx([0.6, 6 / 9])
    # Observed 6/9; chance (A 5x4 + B 3x2 + Other 1x3) / 81 = 29/81; kappa (54 - 29) / (81 - 29) = 25/52
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx(25 / 52)
    assert found.kappa_name == "Cohen's kappa"
    assert [(d.first_topic, d.second_topic, d.count) for d in found.disagreements] == [("A", "Other", 2), ("B", "A", 1)]
    by_topic = {topic.topic: topic for topic in found.by_topic}
    assert (by_topic["A"].named, by_topic["A"].agreed) == (6, 3)
    assert by_topic["A"].specific == pytest.approx(2 * 3 / (5 + 4))
    assert (by_topic["C"].named, by_topic["C"].rate, by_topic["C"].specific) == (0, None, None)
    assert found.pairs[0].confusion == ((3, 0, 0, 2), (1, 2, 0, 0), (0, 0, 0, 0), (0, 0, 0, 1))


def test_use_of_the_catch_all_overall_and_among_disagreements(table: Table, taxonomy: Taxonomy) -> None:
    first, second = measure(table(_spelled(_ROWS)), taxonomy).annotators
    assert (first.catch_all, second.catch_all) == (1, 3)
    assert second.catch_all_rate is not None
    assert second.catch_all_rate_disagreed is not None
    assert [second.catch_all_rate.value, second.catch_all_rate_disagreed.value] == pytest.approx([0.3, 2 / 3])
    assert first.catch_all_rate_disagreed is not None
    assert first.catch_all_rate_disagreed.value == 0
    assert first.statuses == {"abstained": 1, "labelled": 9}


def test_agreement_among_abstentions(table: Table, taxonomy: Taxonomy) -> None:
    pair = measure(table(["??", "?!", "!!", "?A", "B!", "A…", "AA"]), taxonomy).pairs[0]
    assert (pair.both_abstained, pair.same_reason) == (3, 2)
    assert (pair.only_first_abstained, pair.only_second_abstained) == (1, 1)


def test_three_annotators_have_the_coefficients_for_many(table: Table, taxonomy: Taxonomy) -> None:
    found = measure(table(["AAA", "AAB", "BBB", "BCB", "AAA"]), taxonomy)
    assert (found.agreed, found.disagreed) == (3, 2)
    assert found.kappa == found.fleiss_kappa
    assert found.kappa_name == "Fleiss' kappa"
    # Pairs agreeing: 1, 1/3, 1, 1/3, 1, mean 11/15; chance (8/15)² + (6/15)² + (1/15)² = 101/225
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx((11 / 15 - 101 / 225) / (1 - 101 / 225))
    assert [(pair.first, pair.second) for pair in found.pairs] == [
        ("model:0", "model:1"),
        ("model:0", "model:2"),
        ("model:1", "model:2"),
    ]
    assert found.estimated_accuracy is not None
    assert found.estimated_accuracy["model:0"] > found.estimated_accuracy["model:1"]
    assert found.krippendorff_alpha is not None
    assert found.gwet_ac1 is not None


def test_money_per_thousand_and_per_thousand_kept(table: Table, taxonomy: Taxonomy) -> None:
    paid = [
        replace(a, usage=Usage(input_tokens=100, output_tokens=12 + at % 2, cost_usd=0.002))
        for at, a in enumerate(table(_spelled(_ROWS)))
    ]
    first, second = measure(paid, taxonomy).annotators
    assert first.cost_usd == pytest.approx(0.02)
    assert [first.usd_per_1k, first.usd_per_1k_kept] == pytest.approx([2.0, 0.02 / 6 * 1000])
    assert (first.output_tokens_mean, second.output_tokens_mean, first.input_tokens) == (12, 13, 1000)
    one_unknown = [replace(paid[0], usage=Usage()), *paid[1:]]
    first, second = measure(one_unknown, taxonomy).annotators
    assert first.cost_usd == pytest.approx(0.018)
    assert (first.cost_unknown, first.usd_per_1k) == (1, None)
    assert second.usd_per_1k == pytest.approx(2.0)


def test_the_adjudicators_rows_are_left_out(table: Table, taxonomy: Taxonomy) -> None:
    annotators = table(_spelled(_ROWS))
    ruling = Annotation("q6", "model:judge", "A", None, "labelled")
    assert measure([*annotators, ruling], taxonomy, adjudicator="model:judge") == measure(annotators, taxonomy)


@pytest.mark.parametrize("annotators", [0, 1])
def test_fewer_than_two_annotators_have_no_agreement(table: Table, taxonomy: Taxonomy, annotators: int) -> None:
    found = measure(table(["A", "?"]) if annotators else [], taxonomy)
    assert (found.rate, found.kappa, found.pairs, found.by_topic) == (None, None, (), ())
    assert found.estimated_accuracy is None
    assert found.rows == 2 * annotators


def test_a_missing_or_second_row_is_an_error(table: Table, taxonomy: Taxonomy) -> None:
    rows = table(["AB", "AA"])
    with pytest.raises(UpstreamError, match="'model:1' has no row for the query 'q1'"):
        measure(rows[:3], taxonomy)
    with pytest.raises(UpstreamError, match="'model:0' has two answers for the query 'q0'"):
        measure([rows[0], *rows], taxonomy)
    with pytest.raises(TaxonomyError, match="gave the topic 'A', which is not in the taxonomy"):
        measure(rows, Taxonomy((Topic("X"), Topic("Y"))))


@pytest.mark.slow
@given(st.lists(st.tuples(*[st.sampled_from(["A", "B", "C", "?", "!", "…"])] * 3), max_size=30))
def test_every_row_is_counted_once(rows: list[tuple[str, ...]]) -> None:
    taxonomy = Taxonomy((Topic("A"), Topic("B"), Topic("C")))
    statuses = {"?": "abstained", "!": "refused", "…": "pending"}
    annotations = [
        Annotation(f"q{at}", f"m:{who}", None if said in statuses else said, None, statuses.get(said, "labelled"))  # type: ignore[arg-type]  # statuses all
        for at, row in enumerate(rows)
        for who, said in enumerate(row)
    ]
    found = measure(annotations, taxonomy)
    assert found.agreed + found.disagreed + found.abstained + found.pending == found.rows == len(rows)
    for use in found.annotators:
        assert sum(use.statuses.values()) == use.rows == len(rows)
    for pair in found.pairs:
        assert sum(map(sum, pair.confusion)) == pair.n
    document = json.loads(json.dumps(to_document(found), allow_nan=False))
    assert document["format"] == 1
    assert document["rows"] == len(rows)


def test_copies_that_were_asked_once_count_once(table: Table, taxonomy: Taxonomy) -> None:
    once = [pair for pair in ("AA", "BB", "AB", "AA", "BB", "CC", "AA", "BA", "AA", "BB") for _ in range(3)]
    thrice = [pair for pair in once for _ in range(3)]
    annotations = table(_spelled(thrice))
    ids = list(dict.fromkeys(annotation.query_id for annotation in annotations))
    near = {query_id: f"g{place // 3}" for place, query_id in enumerate(ids)}
    alone, copied = measure(table(_spelled(once)), taxonomy), measure(annotations, taxonomy, groups=near)
    for wanted, found in ((alone.rate, copied.rate), (alone.kappa, copied.kappa), (alone.gwet_ac1, copied.gwet_ac1)):
        assert wanted is not None
        assert found is not None
        assert (found.value, found.low, found.high) == pytest.approx((wanted.value, wanted.low, wanted.high), abs=1e-6)
    assert copied.rate is not None
    assert (copied.rate.n, copied.rate.groups) == (90, 30)
