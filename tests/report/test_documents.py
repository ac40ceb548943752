"""A run's files read as records, and what the page shows of them."""

from datetime import datetime

import orjson
import pytest

from topicsmith.errors import RunStateError
from topicsmith.report.content import read_content
from topicsmith.report.documents import (
    Documents,
    audit_of,
    confused_texts,
    incoming_of,
    risk_curves,
    stage_times,
    taxonomy_used,
)
from topicsmith.runs import RunFolder


def test_a_damaged_document_is_an_error_that_names_it(run: RunFolder) -> None:
    run.file("agreement.json").write_text("{")
    with pytest.raises(RunStateError, match=r"agreement\.json: not JSON"):
        read_content(run, "my-topics")


def test_a_document_of_another_shape_is_an_error_that_names_file_and_place(run: RunFolder) -> None:
    document = orjson.loads(run.file("agreement.json").read_bytes())
    del document["kappa"]
    run.write_json("agreement.json", document)
    with pytest.raises(RunStateError, match=r"agreement\.json: kappa: "):
        Documents(run).labelling({})


def test_a_missing_file_is_nothing_and_a_null_counts_as_missing(run: RunFolder) -> None:
    run.write_json("bench.json", None)
    documents = Documents(run)
    assert documents.get("bench.json", {}) == {}
    assert documents.loads(["tfidf"]) == ()
    run.file("agreement.json").unlink()
    assert documents.labelling({"agreed": 3}) is None


def test_candidates_keep_their_order_and_one_without_an_accuracy_is_left_out(run: RunFolder) -> None:
    assert [(c.rank, c.name) for c in Documents(run).candidates()] == [(1, "minilm"), (2, "tfidf"), (3, "majority")]
    entries = orjson.loads(run.file("evaluations.json").read_bytes())
    entries[1]["accuracy"]["value"] = None
    entries.append({**entries[0], "split": "validation"})
    run.write_json("evaluations.json", entries)
    assert [(c.rank, c.name) for c in Documents(run).candidates()] == [(1, "minilm"), (3, "majority")]


def test_dropped_traces_come_most_first_and_the_largest_group_is_the_largest() -> None:
    incoming = incoming_of(
        {
            "traces": 10, "queries": 6, "dropped": {"b": 1, "a": 1, "no_question": 2}, "groups": 4,
            "largest_groups": [{"count": 2}, {"count": 3}],
        }
    )  # fmt: skip
    assert incoming.dropped == (("no_question", 2), ("a", 1), ("b", 1))
    assert incoming.largest_group == 3
    assert incoming_of({"traces": 0, "queries": 0}).largest_group is None


def test_a_stage_that_has_not_ended_has_no_seconds_and_the_report_does_not_time_itself() -> None:
    began = datetime(2026, 11, 1, 12, 0, 0).isoformat()
    ended = datetime(2026, 11, 1, 12, 1, 30).isoformat()
    times = stage_times(
        {
            "ingest": {"state": "done", "started": began, "finished": ended, "versions": {"polars": "1"}},
            "train": {"state": "running", "started": began},
            "report": {"state": "running", "started": began},
        }
    )
    assert [(t.name, t.seconds) for t in times] == [("ingest", 90.0), ("train", None)]
    assert times[0].versions == (("polars", "1"),)


def test_confusions_are_shown_with_the_texts_that_are_still_there(run: RunFolder) -> None:
    best = Documents(run).candidates()[0]
    shown = confused_texts(run, best)
    assert [(item.predicted, item.count, len(item.texts)) for item in shown] == [
        ("Travel", 6, 3),
        ("Other", 3, 3),
        ("no answer", 1, 0),
    ]
    run.file("queries.parquet").unlink()
    assert [item.texts for item in confused_texts(run, best)] == [(), (), ()]


def test_without_an_audit_there_is_none(run: RunFolder) -> None:
    assert audit_of(None) is None
    audit = audit_of(orjson.loads(run.file("audit_report.json").read_bytes()))
    assert audit is not None
    assert not any(name.startswith("candidate ") for name, _ in (*audit.labels, *audit.candidates))


def test_a_candidate_without_points_has_no_risk_curve(run: RunFolder) -> None:
    risk = {"value": 0.1, "low": 0.05, "high": 0.2, "n": 50, "method": "Wilson"}
    point = {"coverage": 0.5, "threshold": 0.7, "risk": risk}
    assert risk_curves(Documents(run), [{"candidate": "a", "points": []}]) == ()
    [curve] = risk_curves(Documents(run), [{"candidate": "b", "points": [point]}])
    assert [(p.x, p.y.value) for p in curve.points] == [(0.5, 0.1)]


def test_the_version_of_the_taxonomy_is_said() -> None:
    version = {"version": 3, "digest": "abc", "topics": 1200}
    found = taxonomy_used({"label": {"taxonomy": version}, "evaluate": {"taxonomy": version}})
    assert found is not None
    assert (found.labelled, found.evaluated) == ("1,200 topics, version 3, digest abc", None)
    older = taxonomy_used({"label": {"taxonomy": version}, "evaluate": {"taxonomy": {**version, "version": None}}})
    assert older is not None
    assert older.evaluated == "1,200 topics, digest abc"
    assert taxonomy_used({"label": {}}) is None
