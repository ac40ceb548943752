from pathlib import Path

import polars as pl
import pytest

from tests.shares.runs import TOPICS, write_run
from topicsmith.discovery.rows import OWN, RowsWanted, rows_of_run, rows_of_texts
from topicsmith.errors import UserError
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy(tuple(map(Topic, TOPICS)), catch_all="Money")


def test_rows_without_a_label_and_of_the_catch_all_are_looked_at(tmp_path: Path) -> None:
    found = rows_of_run(write_run(tmp_path / "run", unlabelled=(0, 1)), TAXONOMY)
    assert found.source == OWN
    assert [(row.row_id, row.topic, row.fits_nowhere) for row in found.seen][:3] == [
        ("q0", None, False),
        ("q1", None, False),
        ("q2", "Money", True),
    ]
    assert len(found.seen) == 2 + 100
    assert len(found.known) == 200 - 2
    assert found.known_ids[found.known.index(("question 3", "Music"))] == "q3"
    assert len(found.outside) == 100


def test_everything_is_all_rows_with_their_topics(tmp_path: Path) -> None:
    found = rows_of_run(write_run(tmp_path / "run"), TAXONOMY, RowsWanted(everything=True))
    assert [row.topic for row in found.seen[:3]] == ["Music", "Travel", "Money"]
    assert len(found.seen) == 300


def test_where_every_row_has_a_topic_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"every row has a topic, none is of the catch-all; look at new rows with"):
        rows_of_run(write_run(tmp_path / "run"), Taxonomy(TAXONOMY.topics))


def test_labels_of_topics_that_are_gone_count_as_none(tmp_path: Path) -> None:
    found = rows_of_run(write_run(tmp_path / "run"), Taxonomy((Topic("Music"), Topic("Travel"))))
    assert found.notes == ("100 rows have labels of topics that are gone since; they count as rows without a label",)
    assert [row.topic for row in found.seen] == [None] * 100


def test_other_rows_by_text_and_rows_of_the_run_by_id(tmp_path: Path) -> None:
    run, file = write_run(tmp_path / "run"), tmp_path / "more.jsonl"
    file.write_text('{"id": "a", "text": "new one"}\n{"id": "b", "text": " "}\n{"text": "another"}\n')
    found = rows_of_run(run, TAXONOMY, RowsWanted((file,)))
    assert [row.text for row in found.seen] == ["new one", "another"]
    assert found.seen[0].row_id == "a"
    assert found.notes == (f"1 rows of {file} have no text and are left out",)
    table = tmp_path / "alarm_rows.parquet"
    pl.DataFrame({"query_id": ["q7"], "text": ["question 7"]}).write_parquet(table)
    assert [(row.row_id, row.text) for row in rows_of_run(run, TAXONOMY, RowsWanted((table,))).seen] == [
        ("q7", "question 7")
    ]


def test_an_id_that_comes_twice_names_one_row(tmp_path: Path) -> None:
    run, file = write_run(tmp_path / "run"), tmp_path / "more.jsonl"
    file.write_text('{"id": "a", "text": "one"}\n{"id": "a", "text": "two"}\n')
    ids = [row.row_id for row in rows_of_run(run, TAXONOMY, RowsWanted((file,))).seen]
    assert (ids[0], len(set(ids))) == ("a", 2)


def test_a_file_without_texts_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "more.jsonl"
    file.write_text('{"id": "a", "words": "x"}\n')
    with pytest.raises(UserError, match=r"holds no row with a text; name its column with '--field'"):
        rows_of_run(write_run(tmp_path / "run"), TAXONOMY, RowsWanted((file,)))


def test_texts_of_which_nothing_is_known() -> None:
    found = rows_of_texts([("a", "x"), ("b", "y")], "logs")
    assert found.taxonomy is None
    assert [row.row_id for row in found.seen] == ["a", "b"]
