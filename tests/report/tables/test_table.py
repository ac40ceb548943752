"""Tables as CSV and JSON."""

import csv
import doctest
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from topicsmith.report.tables import table
from topicsmith.report.tables.table import Table, by_key, columns, ends, matrix_table
from topicsmith.report.view_model import Matrix
from topicsmith.statistics.intervals import Interval

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(table).failed == 0


@given(st.lists(st.text(), min_size=1))
def test_no_text_starts_a_formula_and_json_is_exact(texts: list[str]) -> None:
    made = Table("t", "T", columns(("a", "A")), tuple((text,) for text in texts))
    read = list(csv.reader(io.StringIO(made.to_csv(), newline="")))[1:]
    for text, row in zip(texts, read, strict=True):
        written = row[0] if row else ""
        assert not written.startswith(FORMULA_STARTS)
        assert written.removeprefix("'") == text or written == text
    assert [row["a"] for row in json.loads(made.to_json())] == texts


def test_numbers_stay_numbers() -> None:
    made = Table("t", "T", columns(("a", "A", "share"), ("b", "B")), ((-0.5, None),))
    assert made.to_csv() == "a,b\r\n-0.5,\r\n"
    assert json.loads(made.to_json()) == [{"a": -0.5, "b": None}]


def test_empty_tables_are_left_out_and_matrices_have_their_names() -> None:
    empty = Table("e", "E", columns(("a", "A")), ())
    matrix = matrix_table("m", "M", Matrix(("x",), ("x", "no answer"), ((3, 1),)))
    assert list(by_key([empty, matrix])) == ["m"]
    assert matrix.rows == (("x", 3, 1),)
    assert ends(None) == (None, None, None)
    assert ends(Interval(1.0, 0.5, 1.0, 9)) == (1.0, 0.5, 1.0)
