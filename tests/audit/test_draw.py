"""Drawing a sheet."""

from collections import Counter
from dataclasses import replace

import pytest

from topicsmith.audit.draw import KnownRow, draw
from topicsmith.audit.sample import AuditAnswer, AuditSample, Part
from topicsmith.errors import ProjectError
from topicsmith.records import Query


def _rows(count: int = 600, copies: int = 1, part: Part = "test") -> list[KnownRow]:
    """Two in three agreed; every answer expected to be right in 7 of 10 cases, so that agreement alone makes strata."""
    found = []
    for n in range(count):
        group = f"g{n // copies}" if copies > 1 else None
        query = Query(f"{part}{n}", f"text {n}", "t", group=group)
        found.append(KnownRow(query, part, n // copies % 3 != 0, 0.7))
    return found


def _ids(sample: AuditSample) -> set[str]:
    return {row.query_id for row in sample.sheet}


def test_strata_get_what_lowers_the_variance_and_every_row_has_its_probability() -> None:
    rows = [replace(row, sure=0.8 if row.agreed else 0.5) for row in _rows()]
    sample, expected = draw(rows, 100, "test")
    # 400 rows * .4 and 200 * .5: in proportion 61.5 and 38.5
    assert Counter(row.stratum for row in sample.sheet) == {"agreed": 62, "not agreed": 38}
    assert {(row.stratum, row.probability) for row in sample.sheet} == {("agreed", 0.155), ("not agreed", 0.19)}
    assert [(s.rows, s.groups, s.taken, s.part) for s in sample.draws[0].strata] == [
        (400, 400, 62, "test"),
        (200, 200, 38, "test"),
    ]
    assert expected is not None
    open_ones = (2 / 3) ** 2 * 0.16 / 62 * (1 - 62 / 400) + (1 / 3) ** 2 * 0.25 / 38 * (1 - 38 / 200)
    assert expected.these == pytest.approx(1.96 * open_ones**0.5, rel=1e-4)
    assert expected.half_width == pytest.approx(1.96 * (open_ones + 0.7 * 0.3 / 600) ** 0.5, rel=1e-4)
    assert (expected.rows, expected.earlier) == (600, 0)


def test_the_seed_decides_and_the_order_of_rows_does_not() -> None:
    rows = _rows()
    assert draw(rows[::-1], 50, "test") == draw(rows, 50, "test")
    assert _ids(draw(rows, 50, "test", seed=1)[0]) != _ids(draw(rows, 50, "test")[0])


def test_a_larger_sample_keeps_the_smaller_one() -> None:
    small, large = (_ids(draw(_rows(), size, "test")[0]) for size in (50, 200))
    assert small < large


def test_the_order_tells_nothing_of_the_stratum() -> None:
    strata = [row.stratum for row in draw(_rows(), 200, "test")[0].sheet]
    assert 45 <= Counter(strata[:100])["agreed"] <= 85


def test_one_row_of_a_group_is_asked_about() -> None:
    sample, expected = draw(_rows(600, copies=3), 90, "test")
    groups = {int(row.query_id.removeprefix("test")) // 3 for row in sample.sheet}
    assert len(sample.sheet) == len(groups) == 90
    assert expected is not None
    # 200 groups that are answered alike leave more to chance than 600 rows
    alone = draw(_rows(600), 90, "test")[1]
    assert alone is not None
    assert expected.half_width > alone.half_width


def test_a_further_sheet_leaves_out_what_was_answered() -> None:
    rows = _rows(90)
    first, _ = draw(rows, 30, "test")
    answers = [AuditAnswer(row.query_id, "A") for row in first.sheet]
    both, expected = draw(rows, 60, "test", earlier=first, answers=answers)
    assert len(both.draws) == 2
    assert both.draws[1].before == tuple(sorted(_ids(first)))
    assert not _ids(first) & _ids(both)
    assert len(both.rows) == 90
    assert expected is not None
    assert expected.earlier == 30
    assert expected.these == 0.0
    with pytest.raises(ProjectError, match="all 90 rows already; there is nothing left to draw; those of other rows"):
        draw(rows, 10, "test", earlier=both, answers=[AuditAnswer(row.query_id, "A") for row in both.rows])


def test_a_sheet_nobody_answered_counts_no_more() -> None:
    first, _ = draw(_rows(), 30, "test")
    second, _ = draw(_rows(), 30, "test", seed=5, earlier=first)
    assert len(second.draws) == 1
    assert second == draw(_rows(), 30, "test", seed=5)[0]


def test_test_rows_and_others_are_strata_apart() -> None:
    rows = _rows(100) + _rows(300, part="other")
    sample, expected = draw(rows, 80, "all")
    assert {stratum.name for stratum in sample.draws[0].strata} == {
        f"{part} rows, {agreed}" for part in ("test", "other") for agreed in ("agreed", "not agreed")
    }
    assert sample.draws[0].test_rows == sum(row.query_id.startswith("test") for row in sample.sheet) == 21
    assert expected is not None
    assert draw(_rows(300, part="other"), 80, "all")[1] is None


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(ProjectError, match="an audit of 0 rows measures nothing"):
        draw(_rows(), 0, "test")
    with pytest.raises(ProjectError, match="no rows to audit among the test rows"):
        draw([], 10, "test")
