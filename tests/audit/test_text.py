"""What a person reads of an audit."""

from pathlib import Path
from typing import Any

from topicsmith.audit.draw import Expectation
from topicsmith.audit.run import DrawnSheet
from topicsmith.audit.sample import AuditDraw, AuditRow, AuditSample, AuditStratum
from topicsmith.audit.text import as_text, drawn_lines

EXPECTED = (
    "expected: 2 test rows tell the accuracy of tfidf to about ±4.9 points for rows like these, ±4.0 for these 397 "
    "test rows; each '?' widens it"
)
OF_TFIDF = (
    "candidate tfidf  50.0%  (40.0% to 60.0% | 45.0% to 55.0%)  undecided rows put it between 49.0% and 50.0%  "
    "of 900 rows, 300 audited, agreed rows alone say 90.0%"
)


def _drawn(source: Any = "test", earlier: int = 0, replaced: bool = False) -> DrawnSheet:
    strata = (AuditStratum("agreed", "test", 400, 400, 2),)
    rows = (AuditRow("a", "one", "agreed"), AuditRow("b", "two", "agreed"))
    sample = AuditSample(rows, (AuditDraw(source, 13, strata),))
    return DrawnSheet(sample, "tfidf", Expectation(0.0488, 0.0401, 397, earlier), replaced)


def test_the_expected_width_is_told_in_points() -> None:
    lines = drawn_lines(_drawn(), Path("run"), Path("audit.csv"))
    assert lines == [
        "2 rows in audit.csv, 2 of them test rows: fill in the column 'topic' ('?' where you cannot tell), then",
        "  topicsmith audit run --answers audit.csv",
        EXPECTED,
    ]


def test_earlier_answers_other_rows_and_a_sheet_that_counts_no_more_are_told() -> None:
    lines = drawn_lines(_drawn("all", 120, True), Path("run"), Path("audit.csv"))
    assert lines[2].startswith("expected: 2 test rows, 120 answered before included tell the accuracy of tfidf")
    assert lines[3:] == [
        "candidates are judged on test rows only; '--from test' asks about no others",
        "an earlier sheet without answers counts no more; answer this one",
    ]


def _figure(value: float, worst: float | None = None) -> dict[str, Any]:
    return {
        "value": value, "low": value - 0.1, "high": value + 0.1, "these_low": value - 0.05, "these_high": value + 0.05,
        "worst": value if worst is None else worst, "best": value, "n": 900, "audited": 300,
    }  # fmt: skip


def test_every_figure_has_both_intervals_and_what_undecided_rows_may_change() -> None:
    labels = {**_figure(0.287), "precision": _figure(0.69), "coverage": 0.41}
    report = {
        "answered": 298, "drawn": 300, "answered_test": 298, "undecided": 2, "of": "test rows", "notes": ["a note"],
        "accuracy": {"labels": labels, "candidate tfidf": {**_figure(0.5, 0.49), "agreed_only": {"value": 0.9}}},
        "differences": [{"first": "tfidf", "second": "floor", **_figure(0.2)}], "macro_f1": {"tfidf": None},
        "topics": [],
    }  # fmt: skip
    assert as_text(report).splitlines() == [
        "298 of 300 rows answered, 298 of them test rows; 2 could not be decided",
        "undecided rows are not left out: intervals reach from all of them wrong to all of them right",
        "a note",
        "",
        "Right, of test rows; candidates of the test rows (95 %: rows like these | these very rows)",
        "labels           28.7%  (18.7% to 38.7% | 23.7% to 33.7%)  of 900 rows, 300 audited",
        OF_TFIDF,
        "labels: 41.0% of rows have one; where there is one, 69.0% are right (59.0% to 79.0%)",
        "",
        "More often right than the others, on the same rows",
        "tfidf less floor  +20.0%  (+10.0% to +30.0% | +15.0% to +25.0%)  of 900 rows, 300 audited",
        "",
        "Macro F1",
        "none for tfidf: some topic it answers has no audited row",
        "",
        "Topics, share of test rows (labels say)",
    ]
