"""The tables of one run, each read once."""

from pathlib import Path

import pytest

from tests.test_pipeline import run
from topicsmith import run_tables
from topicsmith.project import BalanceSettings
from topicsmith.run_tables import RunTables
from topicsmith.runs import find_run


def opened(folder: Path) -> RunTables:
    return RunTables(find_run(folder / "runs" / "latest"))


def test_disagreed_rows_are_judged_by_the_truth_and_never_learned_from(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree", "split", "balance"])
    sets = opened(small_project).sets
    assert sets.test.truth == "given"
    assert any(row.label is None for row in sets.test)
    assert all(row.label is not None for row in sets.train)
    ids = [row.query_id for part in (sets.train, sets.validation, sets.test) for row in part]
    assert len(ids) == len(set(ids))


def test_a_run_that_knows_no_assignments_has_them_in_its_splits(small_project: Path) -> None:
    """Before balancing had a file of its own, it wrote into the one of the split."""
    run(small_project, ["ingest", "label", "agree", "split", "balance"])
    now = opened(small_project).assignments
    (small_project / "runs/latest/assignments.parquet").unlink()
    assert opened(small_project).assignments == now
    assert len(now) == 180


def test_a_table_is_read_once(small_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(small_project, ["ingest", "label", "agree", "split", "balance"])
    tables = opened(small_project)
    balanced = tables.balanced_sets(BalanceSettings(max_ratio=1))
    monkeypatch.setattr(run_tables, "read_queries", lambda _path: pytest.fail("read again"))
    assert tables.balanced_sets(BalanceSettings(max_ratio=1)) == balanced
    assert {query.query_id for _, query in tables.held_out} == {
        a.query_id for a in tables.assignments if a.split != "train"
    }


def test_texts_without_a_label_are_those_that_no_set_has(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree", "split", "balance"])
    tables = opened(small_project)
    undecided = {label.query_id for label in tables.labels if label.topic is None}
    held = {query.query_id for _, query in tables.held_out}
    expected = [query.text for query in tables.queries if query.query_id in undecided - held]
    assert tables.unlabelled == list(dict.fromkeys(expected))
    assert expected
