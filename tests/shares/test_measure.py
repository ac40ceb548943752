"""Which method is taken, what it says, and that its intervals hold."""

import numpy as np
import pytest

from topicsmith.shares.measure import ShareSettings, topic_shares
from topicsmith.shares.results import ShareTable
from topicsmith.shares.rows import ShareRows, share_rows
from topicsmith.statistics.intervals import Interval, wilson

TOPICS = ("a", "b", "c")
RIGHT = np.array([[0.9, 0.05, 0.05, 0], [0.2, 0.75, 0.05, 0], [0, 0.25, 0.75, 0]])
FEW = ShareSettings(draws=200)


def counted_rows(table: list[list[int]], copies: int = 1) -> ShareRows:
    """Rows of each true topic (by row of the table) and answer."""
    cells = [(k, j) for k, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    truth, answers = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    groups = np.arange(len(truth)) // copies
    return ShareRows(answers, truth, groups, len(table))


JUDGED = counted_rows([[90, 5, 5, 0], [20, 75, 5, 0], [0, 25, 75, 0]])


def drawn(rng: np.random.Generator, shares: list[float], n: int, known: int = 0) -> ShareRows:
    truth = rng.choice(3, n, p=shares)
    answers = (rng.random(n)[:, None] > RIGHT.cumsum(axis=1)[truth]).sum(axis=1)
    return ShareRows(answers, np.where(np.arange(n) < known, truth, -1), np.arange(n), 3)


def share_of(table: ShareTable, *topics: str) -> Interval:
    found = next(each.share for each in table.shares if each.topics == topics)
    assert found is not None
    return found


def test_known_topics_are_counted() -> None:
    table = topic_shares(TOPICS, JUDGED, share_rows(TOPICS, [None] * 4, ["a", "a", "b", "a"]))
    assert (table.method, table.audited) == ("known", 4)
    assert share_of(table, "a") == wilson(3, 4)
    assert table.shares[0].counted is None
    assert np.isnan(table.unanswered)


def test_counts_are_corrected_by_the_confusion() -> None:
    # true shares .1 .2 .7 seen through the confusion: a .13, b .33, c .54
    traffic = share_rows(TOPICS, ["a"] * 130 + ["b"] * 330 + ["c"] * 540)
    table = topic_shares(TOPICS, JUDGED, traffic, FEW, "2026-01")
    assert (table.name, table.rows, table.method, table.notes) == ("2026-01", 1000, "em", ())
    assert [round(share_of(table, t).value, 3) for t in TOPICS] == [0.1, 0.2, 0.7]
    first = table.shares[0]
    assert first.counted is not None
    assert (first.counted.value, first.judged) == (0.13, 100)
    assert share_of(table, "a").low < 0.1 < share_of(table, "a").high
    narrowest = wilson(100, 1000)
    assert share_of(table, "a").high - share_of(table, "a").low >= narrowest.high - narrowest.low


def test_copies_widen_the_interval_and_leave_the_share() -> None:
    alone = topic_shares(TOPICS, JUDGED, share_rows(TOPICS, ["a"] * 90 + ["b"] * 90 + ["c"] * 90), FEW)
    groups = [str(number // 3) for number in range(270)]
    tripled = share_rows(TOPICS, ["a"] * 90 + ["b"] * 90 + ["c"] * 90, groups=groups)
    thrice = topic_shares(TOPICS, JUDGED, tripled, FEW)
    assert (thrice.rows, thrice.groups) == (270, 90)
    assert share_of(thrice, "c").value == share_of(alone, "c").value
    widths = [share_of(each, "c").high - share_of(each, "c").low for each in (alone, thrice)]
    assert widths[1] > 1.3 * widths[0]


def test_audited_rows_that_fit_enter_the_correction() -> None:
    rng = np.random.default_rng(4)
    table = topic_shares(TOPICS, JUDGED, drawn(rng, [0.1, 0.2, 0.7], 1000, known=100), FEW)
    assert (table.method, table.audited) == ("em with audited rows", 100)
    assert table.fit_p is not None
    assert table.fit_p >= 0.1
    alone = topic_shares(TOPICS, JUDGED, drawn(np.random.default_rng(4), [0.1, 0.2, 0.7], 1000), FEW)
    for topic in TOPICS:
        assert share_of(table, topic).high - share_of(table, topic).low < (
            share_of(alone, topic).high - share_of(alone, topic).low
        )


def test_audited_rows_that_do_not_fit_speak_alone() -> None:
    rng = np.random.default_rng(4)
    traffic = drawn(rng, [0.1, 0.2, 0.7], 1000, known=100)
    other = counted_rows([[50, 50, 0, 0], [0, 100, 0, 0], [90, 0, 10, 0]])
    table = topic_shares(TOPICS, other, traffic, FEW)
    assert table.method == "prediction-powered"
    assert table.notes == ("audited rows are answered differently from judged ones: only the audited rows are gone by",)
    assert share_of(table, "c").low < 0.7 < share_of(table, "c").high
    # judged by something else, or drawn by strata, audited rows are not taken together with judged ones at all
    assert topic_shares(TOPICS, JUDGED, traffic, ShareSettings(same_truth=False)).method == "prediction-powered"


def test_a_handful_of_audited_rows_is_not_gone_by() -> None:
    rng = np.random.default_rng(4)
    table = topic_shares(TOPICS, JUDGED, drawn(rng, [0.1, 0.2, 0.7], 300, known=29), FEW)
    assert (table.method, table.audited) == ("em", 0)
    assert table.notes == ("29 audited rows are too few to go by; it takes 30",)


def test_topics_without_judged_rows_are_counted_as_answered() -> None:
    judged = counted_rows([[90, 10, 0, 0], [10, 90, 0, 0], [0, 0, 3, 0]])
    table = topic_shares(TOPICS, judged, share_rows(TOPICS, ["a"] * 50 + ["b"] * 30 + ["c"] * 20), FEW)
    assert [each.share is None for each in table.shares] == [False, False, True]
    assert table.shares[2].why == "fewer than 5 judged rows"
    assert share_of(table, "a").value + share_of(table, "b").value == pytest.approx(0.8)


def test_topics_that_are_mixed_up_are_corrected_as_a_sum() -> None:
    judged = counted_rows([[95, 5, 0, 0], [95, 5, 0, 0], [10, 0, 90, 0]])
    table = topic_shares(TOPICS, judged, share_rows(TOPICS, ["a"] * 50 + ["b"] * 5 + ["c"] * 45), FEW)
    assert [each.topics for each in table.shares] == [("a", "b"), ("a",), ("b",), ("c",)]
    assert share_of(table, "c").value == pytest.approx(0.5, abs=0.01)  # .45 of .9
    assert table.shares[1].why == "mixed up with b"


@pytest.mark.parametrize(
    ("judged", "answers", "why"),
    [
        (
            counted_rows([[50, 0, 0, 0], [50, 0, 0, 0], [50, 0, 0, 0]]),
            ["a"] * 9,
            "does not tell the judged topics apart",
        ),
        (counted_rows([[4, 0, 0, 0], [0, 4, 0, 0], [0, 0, 4, 0]]), ["a"] * 9, "no topic has 5 judged rows"),
        (share_rows(TOPICS, []), ["a"] * 9, "no judged rows"),
        (JUDGED, [None] * 9, "no row has an answer"),
    ],
)
def test_where_nothing_can_be_corrected_nothing_is(judged: ShareRows, answers: list[str | None], why: str) -> None:
    table = topic_shares(TOPICS, judged, share_rows(TOPICS, answers), FEW)
    assert table.method == "counted"
    assert all(each.share is None and why in each.why for each in table.shares)


def test_rows_without_an_answer_are_an_answer_of_their_own_where_judged_rows_have_some() -> None:
    # b is never answered: all of its rows are those without an answer
    judged = counted_rows([[50, 0, 0, 0], [0, 10, 0, 40], [0, 0, 50, 0]])
    traffic = share_rows(TOPICS, ["a"] * 40 + ["b"] * 4 + [None] * 16 + ["c"] * 40)
    table = topic_shares(TOPICS, judged, traffic, FEW)
    assert share_of(table, "b").value == pytest.approx(0.2)
    assert table.unanswered == 0.16
    supposed = topic_shares(TOPICS, JUDGED, traffic, FEW)
    assert supposed.notes == ("16 rows without an answer are taken to be about the same topics as the others",)


def test_one_row_says_little_and_no_row_nothing() -> None:
    table = topic_shares(TOPICS, JUDGED, share_rows(TOPICS, ["a"]), FEW)
    assert share_of(table, "a").low < 0.3
    assert share_of(table, "c").high > 0.7
    assert topic_shares(TOPICS, JUDGED, share_rows(TOPICS, [])).shares[0].why == "no rows"


@pytest.mark.slow
@pytest.mark.parametrize("copies", [1, 3])
def test_intervals_hold_on_shifted_shares(copies: int) -> None:
    rng = np.random.default_rng(7)
    held = []
    for _ in range(120):
        shares = rng.dirichlet(np.ones(3)).tolist()
        parts = drawn(rng, [0.4, 0.4, 0.2], 300, known=300), drawn(rng, shares, 400)
        judged, traffic = (
            ShareRows(np.repeat(p.predicted, copies), np.repeat(p.truth, copies), np.repeat(p.groups, copies), 3)
            for p in parts
        )
        table = topic_shares(TOPICS, judged, traffic, ShareSettings(draws=400))
        for topic, share in zip(TOPICS, shares, strict=True):
            held.append(share_of(table, topic).low <= share <= share_of(table, topic).high)
    assert 0.92 <= np.mean(held) <= 0.985
