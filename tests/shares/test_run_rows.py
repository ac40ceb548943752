"""What a run says of its rows."""

from pathlib import Path

import pytest

from tests.shares.runs import COUNT, TOPICS, answer_of, split_of, topic_of, write_run
from topicsmith.errors import ModelFolderError, RunStateError
from topicsmith.shares.rows import UNKNOWN, confusion
from topicsmith.shares.run_rows import OWN, run_rows

GIVEN = [topic_of(n) for n in range(COUNT)]
HELD_OUT = [n for n in range(COUNT) if split_of(n) != "train"]
TEST = [n for n in range(COUNT) if split_of(n) == "test"]


def test_test_rows_are_judged_by_their_labels_or_by_given_topics(tmp_path: Path) -> None:
    by_labels = run_rows(write_run(tmp_path / "labels", unlabelled=[61, 62]), tmp_path, None)
    assert (by_labels.candidate, by_labels.topics, by_labels.truth) == ("tfidf", TOPICS, "labels")
    assert len(by_labels.judged) == len(TEST) - 2
    by_topics = run_rows(write_run(tmp_path / "given", GIVEN), tmp_path, None)
    assert by_topics.truth == "given"
    # by hand: rows 61, 151, 241 of Travel are taken for Music, of 30 in each topic
    assert confusion(by_topics.judged).tolist() == [[30, 0, 0, 0], [3, 27, 0, 0], [0, 0, 30, 0]]
    assert len(set(by_topics.judged.groups.tolist())) == 45  # two rows each


def test_splits_hold_rows_without_a_truth_too(tmp_path: Path) -> None:
    rows = run_rows(write_run(tmp_path / "run", unlabelled=[61, 62]), tmp_path, None)
    assert (len(rows.split("test")), int(rows.split("test").known.sum())) == (90, 88)
    assert len(rows.split("validation")) == 90


def test_the_runs_own_rows_are_all_where_every_topic_is_given(tmp_path: Path) -> None:
    traffic = run_rows(write_run(tmp_path / "run", GIVEN), tmp_path, None).traffic()
    assert (traffic.name, len(traffic.rows), bool(traffic.rows.known.all())) == (OWN, COUNT, True)
    assert traffic.counted[1].fields == {"plan": "free"}
    assert traffic.counted[31].time == "2026-01-02T12:00:00Z"


def test_otherwise_they_are_the_held_out_ones_as_answered(tmp_path: Path) -> None:
    some = [topic if n % 5 else None for n, topic in enumerate(GIVEN)]
    for given in (None, some):
        traffic = run_rows(write_run(tmp_path / str(given is None), given), tmp_path, None).traffic()
        assert traffic.rows.predicted.tolist() == [TOPICS.index(answer_of(n)) for n in HELD_OUT]
        assert set(traffic.rows.truth.tolist()) == {UNKNOWN}
        assert traffic.same_truth == (given is not None)


def test_answers_to_an_audit_are_the_truth_of_their_rows(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", unlabelled=[31])
    audited = [
        {"query_id": f"q{n}", "topic": topic_of(n) if n != 32 else None} for n in (0, 30, 31, 32, *range(60, 90))
    ]
    run.write_json("audit_answers.json", {"format": 1, "answers": audited})
    rows = run_rows(run, tmp_path, None)
    as_answered = rows.traffic(labels=False)
    assert [HELD_OUT[at] for at in as_answered.rows.known.nonzero()[0]] == [30, 31, *range(60, 90)]
    as_labelled = rows.traffic()
    assert as_labelled.rows.known.nonzero()[0].tolist() == [0, 30, 31, *range(60, 90)]
    assert as_labelled.rows.predicted[[0, 1, 31]].tolist() == [0, 1, 3]
    assert as_labelled.rows.strata is not None
    assert len(set(as_labelled.rows.strata.tolist())) == 2  # agreed and disagreed
    assert (as_labelled.answered_by, len(as_labelled.judged)) == ("the annotators' labels", 0)
    assert as_labelled.notes == ("1 audited rows could not be decided and are taken to be like the others",)


def test_a_handful_of_audited_rows_leaves_the_classifiers_answers(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    audited = [{"query_id": f"q{n}", "topic": topic_of(n)} for n in range(29)]
    run.write_json("audit_answers.json", {"format": 1, "answers": audited})
    assert run_rows(run, tmp_path, None).traffic().answered_by == "tfidf"


def test_queries_are_found_by_their_own_id_and_that_of_their_trace(tmp_path: Path) -> None:
    queries = run_rows(write_run(tmp_path / "run"), tmp_path, None).queries
    assert queries["q7"] is queries["t7"]


def test_a_topic_outside_the_taxonomy_is_counted_too(tmp_path: Path) -> None:
    given = [*GIVEN[:-1], "Weather"]
    rows = run_rows(write_run(tmp_path / "run", given), tmp_path, None)
    assert rows.topics == (*TOPICS, "Weather")
    assert rows.traffic().rows.known.all()


def test_candidates_without_predictions_are_named(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    with pytest.raises(RunStateError, match="has no predictions of 'tfid'; did you mean 'tfidf'\\?; it has: tfidf"):
        run_rows(run, tmp_path, "tfid").topics  # noqa: B018  # read when it is first asked for
    run.write_json("choice.json", {"candidate": None, "reason": "Too few rows.", "next_step": "Label more."})
    with pytest.raises(ModelFolderError, match="nothing to deploy yet: Too few rows"):
        run_rows(run, tmp_path, None)
