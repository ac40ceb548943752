"""A database that is made when needed and closed when let go."""

import gc
import sqlite3
import warnings

import pytest

from topicsmith.traces.files.spill import Spill


def test_nothing_is_opened_before_it_is_needed() -> None:
    spill = Spill("CREATE TABLE t (a);", 64)
    assert not spill.used
    spill.close()
    spill.database.execute("INSERT INTO t VALUES (1)")
    assert spill.used
    assert spill.database.execute("SELECT a FROM t").fetchall() == [(1,)]
    spill.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        spill.database.execute("SELECT a FROM t")


def test_what_is_let_go_is_closed_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spill = Spill("CREATE TABLE t (a);", 64)
        connection = spill.database
        del spill
        gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
