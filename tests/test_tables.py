"""Records survive their tables; a table that cannot be read says so."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.errors import RunStateError
from topicsmith.records import Annotation, Label, Prediction, Query, Usage
from topicsmith.tables import (
    ANNOTATIONS,
    LABELS,
    PREDICTIONS,
    QUERIES,
    annotation_row,
    frame,
    label_row,
    prediction_row,
    query_row,
    read_annotations,
    read_frame,
    read_labels,
    read_predictions,
    read_queries,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(text=TEXT, metadata=st.dictionaries(TEXT, TEXT | st.integers(-(2**53), 2**53) | st.none(), max_size=3))
def test_queries_survive(tmp_path_factory: pytest.TempPathFactory, text: str, metadata: dict[str, object]) -> None:
    path = tmp_path_factory.mktemp("q") / "queries.parquet"
    queries = [Query("q1", text, "t1", 3, 40, metadata, "Science", None, "test", "2026-01-01", "g", 2)]
    frame(map(query_row, queries), QUERIES).write_parquet(path)
    assert read_queries(path) == queries


@pytest.mark.parametrize("said", ["\ud83d", "so \ude00 and \ud83d"])
def test_half_a_surrogate_pair_of_an_annotator_costs_no_table(said: str, tmp_path: Path) -> None:
    """In whatever it wrote, and whoever it is."""
    whole = said.replace("\ud83d", "\ufffd").replace("\ude00", "\ufffd")
    broken, mended = (
        Annotation("q1", "m", None, None, "off_taxonomy", text, served_model=text, said=text) for text in (said, whole)
    )
    frame([annotation_row(broken)], ANNOTATIONS).write_parquet(tmp_path / "a.parquet")
    assert read_annotations(tmp_path / "a.parquet") == [mended]


def test_annotations_labels_and_predictions_survive(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    annotations = [
        Annotation("q1", "a:b", "Science", None, "labelled", usage=Usage(3, 4, None, None, 0.5), latency_s=0.1),
        Annotation("q2", "a:b", None, None, "refused"),
    ]
    frame(map(annotation_row, annotations), ANNOTATIONS).write_parquet(path)
    assert read_annotations(path) == annotations
    labels = [
        Label("q1", "Science", None, "agreed", 0.8, (("Science", 0.9), ("Arts", 0.1)), 0.9),
        Label("q2", None, None, "disagreed"),
    ]
    frame(map(label_row, labels), LABELS).write_parquet(path)
    assert read_labels(path) == labels
    rows = [
        prediction_row("q1", "test", Prediction("Science", 0.7)),
        prediction_row("q2", "validation", Prediction(None, status="failed")),
    ]
    frame(rows, PREDICTIONS).write_parquet(path)
    assert read_predictions(path, "test") == {"q1": Prediction("Science", 0.7)}


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        frame([label_row(Label("q1", "X", None, "agreed"))], LABELS).write_parquet(tmp_path / name, compression="zstd")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_fault_68_a_missing_ruined_or_foreign_table_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(RunStateError, match="does not exist yet"):
        read_frame(tmp_path / "none.parquet", LABELS)
    (tmp_path / "ruined.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(RunStateError, match="cannot be read as Parquet"):
        read_frame(tmp_path / "ruined.parquet", LABELS)
    frame([("q1",)], {"query_id": LABELS["query_id"]}).write_parquet(tmp_path / "foreign.parquet")
    with pytest.raises(RunStateError, match="missing column 'topic'"):
        read_frame(tmp_path / "foreign.parquet", LABELS)
