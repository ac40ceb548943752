"""Whose word the shares of a run rest on."""

import json
from pathlib import Path

import pytest

from tests.shares.runs import COUNT, answer_of, topic_of, write_run
from topicsmith.errors import UserError
from topicsmith.runs import RunFolder
from topicsmith.shares.report import SharesReport, shares_report

GIVEN = [topic_of(n) for n in range(COUNT)]


def classified(folder: Path, truth_of: int = 0, count: int = 200) -> Path:
    """``count`` rows answered as the run's are, of which the first ``truth_of`` have a truth."""
    path = folder / "answers.jsonl"
    rows = [
        {"topic": answer_of(n), "truth": topic_of(n) if n < truth_of else None, "time": f"2026-0{1 + n % 2}-10"}
        for n in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def shares_of(found: SharesReport) -> list[float]:
    return [round(each.share.value, 3) for each in found.overall.shares if each.share is not None]


def test_given_topics_are_counted(tmp_path: Path) -> None:
    found = shares_report(write_run(tmp_path / "run", GIVEN), tmp_path, by="week")
    assert (found.judged_by, found.overall.method, found.basis) == (
        "known topics", "known", "counted: the input gives the topic of every row",
    )  # fmt: skip
    assert shares_of(found) == [0.333, 0.333, 0.333]
    assert [table.name for table in found.groups] == ["2026-W01", "2026-W02"]
    assert [(test.sets, test.by) for test in found.shifts] == [
        (("validation", "test"), "truth"),
        (("2026-W01", "2026-W02"), "truth"),
    ]


def test_new_rows_are_corrected_by_given_topics(tmp_path: Path) -> None:
    found = shares_report(write_run(tmp_path / "run", GIVEN), tmp_path, classified(tmp_path), by="month")
    assert (found.judged_by, found.judged, found.answered_by) == ("given topics", 90, "tfidf")
    assert "about the truth: corrected by how 90 test rows are answered whose topics the input gives" in found.basis
    assert shares_of(found) == pytest.approx([0.335, 0.335, 0.33], abs=0.005)
    assert [table.rows for table in found.groups] == [100, 100]
    assert [test.by for test in found.shifts] == ["truth", "answers", "answers"]
    assert not any(test.shifted for test in found.shifts)


def test_agreed_labels_are_not_the_truth(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", unlabelled=[61, 62])
    found = shares_report(run, tmp_path, classified(tmp_path))
    assert found.judged_by == "agreed labels"
    assert found.basis.startswith("as the annotators would label, not about the truth: corrected by how 88 test rows")
    assert "2 more have no label" in found.basis
    assert shares_report(run, tmp_path).judged_by == "agreed labels"


def test_audited_rows_are_the_truth(tmp_path: Path) -> None:
    given = shares_report(write_run(tmp_path / "given", GIVEN), tmp_path, classified(tmp_path, 60))
    assert (given.judged_by, given.overall.method) == ("audited rows", "em with audited rows")
    assert given.basis == (
        "about the truth: corrected by 60 audited rows and 90 test rows whose topics the input gives"
    )
    labels = write_run(tmp_path / "labels")
    found = shares_report(labels, tmp_path, classified(tmp_path, 60))
    assert (found.overall.method, found.basis) == (
        "prediction-powered",
        "about the truth: corrected by 60 audited rows",
    )
    answers = [{"query_id": f"q{n}", "topic": topic_of(n)} for n in range(0, COUNT, 4)]
    labels.write_json("audit_answers.json", {"format": 1, "answers": answers})
    own = shares_report(labels, tmp_path, by="day")  # all rows by their labels, of each day too few audited ones
    assert (own.judged_by, own.overall.method, own.overall.audited) == ("audited rows", "prediction-powered", 75)
    assert (own.answered_by, own.overall.rows, own.groups[0].method) == ("the annotators' labels", COUNT, "counted")
    named = shares_report(labels, tmp_path, candidate="tfidf")
    assert (named.answered_by, named.overall.rows, named.overall.audited) == ("tfidf", 180, 45)


def test_nothing_to_go_by_and_nothing_to_count(tmp_path: Path) -> None:
    run: RunFolder = write_run(tmp_path / "run", unlabelled=range(COUNT))
    found = shares_report(run, tmp_path, classified(tmp_path))
    assert (found.judged_by, found.basis) == ("nobody", "as the classifier answers, not corrected: no judged rows")
    (tmp_path / "answers.jsonl").write_text('{"topic": null, "status": "empty"}\n')
    with pytest.raises(UserError, match="holds no row with a text; there is nothing to count"):
        shares_report(run, tmp_path, tmp_path / "answers.jsonl")
