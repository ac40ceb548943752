"""The fixtures for judging."""

from tests.evaluation.judging import answer, judge, make_rows, taxonomy

__all__ = ["answer", "judge", "make_rows", "taxonomy"]
