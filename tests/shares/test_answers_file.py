"""Classified rows read back."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from tests.shares.runs import write_run
from topicsmith.errors import UserError
from topicsmith.shares.answers_file import read_answers_file
from topicsmith.shares.run_rows import RunRows, run_rows


@pytest.fixture
def run(tmp_path: Path) -> RunRows:
    return run_rows(write_run(tmp_path / "run"), tmp_path, None)


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".csv":
        pl.DataFrame(rows).write_csv(path)
    else:
        pl.DataFrame(rows).write_parquet(path)
    return path


ROWS: list[dict[str, object]] = [
    {"id": "1", "topic": "Music", "status": "ok", "truth": "music", "time": "2026-02-03"},
    {"id": "2", "topic": "Travel", "status": "review", "truth": "?", "time": None},
    {"id": "3", "topic": None, "status": "failed", "truth": "", "time": None},
    {"id": "4", "topic": None, "status": "empty", "truth": None, "time": None},
    {"id": "t5", "topic": "Money", "status": "ok", "truth": "Travel", "time": None},
]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_every_form_that_classify_writes(tmp_path: Path, run: RunRows, suffix: str) -> None:
    found = read_answers_file(write(tmp_path / f"a.{suffix}", ROWS), run)
    assert found.rows.predicted.tolist() == [0, 1, 3, 2]
    assert found.rows.truth.tolist() == [0, -1, -1, 1]
    assert (found.left_out, found.same_truth) == (1, False)
    assert found.rows.effective == 4
    assert "near-copies are not known" in found.notes[0]
    assert [row.time for row in found.counted] == ["2026-02-03", None, None, "2026-01-01T12:00:00Z"]
    assert found.counted[3].fields["plan"] == "free"  # the metadata of the run's query with this trace


def test_near_copies_are_told_by_the_texts_or_by_the_runs_groups(tmp_path: Path, run: RunRows) -> None:
    texts = ["how do I get to Lima from here", "how do I get to Lima from here", "play some music"]
    rows: list[dict[str, object]] = [{"topic": "Travel", "text": text} for text in texts]
    found = read_answers_file(write(tmp_path / "a.jsonl", rows), run)
    assert (len(set(found.rows.groups.tolist())), found.notes) == (2, ())
    own = read_answers_file(write(tmp_path / "b.jsonl", [{"topic": "Money", "id": f"t{n}"} for n in range(4)]), run)
    assert own.rows.groups.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"topic": "Musik"}', "a.jsonl:1: 'Musik' in the column 'topic' is no topic of the run; did you mean 'Music'"),
        (
            '{"topic": "Music", "truth": "x"}',
            "'x' in the column 'truth' is no topic of the run; its topics: Music",
        ),
        ('{"text": "hello"}', "no column 'topic'; give a file that 'topicsmith classify' wrote"),
        ('{"topic": ', "a.jsonl:1: .*; mend the row or classify again"),
    ],
)
def test_what_cannot_be_counted_is_named(tmp_path: Path, run: RunRows, row: str, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(row + "\n")
    with pytest.raises(UserError, match=message):
        read_answers_file(path, run)


def test_a_missing_or_broken_file_is_named(tmp_path: Path, run: RunRows) -> None:
    with pytest.raises(UserError, match="no such file; 'topicsmith classify' writes it with '--out'"):
        read_answers_file(tmp_path / "none.jsonl", run)
    broken = tmp_path / "a.parquet"
    broken.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(UserError, match=r"a\.parquet: cannot be read"):
        read_answers_file(broken, run)


@pytest.mark.parametrize("value", [["ok"], {"a": 1}, 7, True, [[]], None])
@pytest.mark.parametrize("key", ["status", "id", "time", "text", "confidence"])
def test_a_value_of_another_type_beside_the_topic_is_no_crash(
    key: str, value: object, run: RunRows, tmp_path: Path
) -> None:
    rows = [{**ROWS[0], key: value}, {**ROWS[1], "id": "2b"}]
    assert len(read_answers_file(write(tmp_path / "a.jsonl", rows), run).counted) == 2


def test_a_topic_of_pages_is_told_in_a_line(run: RunRows, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a.jsonl:1: .*in the column 'topic' is no topic of the run") as refused:
        read_answers_file(write(tmp_path / "a.jsonl", [{"id": "1", "topic": list(range(9000))}]), run)
    assert len(str(refused.value)) < 1100
