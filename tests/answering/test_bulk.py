"""Rows in, answers out, also when the process is killed in between."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.answering.test_answers import ByLength
from topicsmith.answering.answers import AnswerSettings
from topicsmith.answering.bulk import BulkJob
from topicsmith.classifiers.base import Predictions
from topicsmith.loading import Classifier
from topicsmith.traces.input_rows import InputSettings, find_inputs


class Killed(BaseException):
    """Stands for what ends a process."""


@dataclass(frozen=True)
class Mortal(ByLength):
    """Ends the process after some calls; ``seen`` are the texts it was asked."""

    calls: int = 10**9
    seen: list[str] = field(default_factory=list)

    def predict(self, texts: Sequence[str]) -> Predictions:
        if len(self.seen) // 256 >= self.calls:
            raise Killed
        self.seen.extend(texts)
        return super().predict(texts)


def job(folder: Path, calls: int = 10**9) -> tuple[BulkJob, list[str]]:
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "topicsmith.json").write_text("{}")
    model = Mortal(calls=calls)
    reading = InputSettings()
    sources = find_inputs([folder / "in.txt"], reading, folder)
    return BulkJob(Classifier(model, "mortal", folder / "model"), sources, reading, AnswerSettings()), model.seen


LINES = [("a" if n % 2 else "bb") if n % 100 else "" for n in range(1000)]
"""Ten blank lines in a thousand, so 990 texts in four batches."""


def test_a_killed_job_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("".join(f"{line}\n" for line in LINES))
    out = tmp_path / "out.jsonl"
    first, asked_first = job(tmp_path, calls=1)
    with pytest.raises(Killed):
        first.to_file(out)
    assert not out.exists()
    second, asked_second = job(tmp_path)
    tally = second.to_file(out)
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert [a["topic"] for a in answers] == [{"a": "A", "bb": "B"}.get(line) for line in LINES]
    assert asked_first + asked_second == [line for line in LINES if line]
    assert tally.statuses == {"ok": 990, "empty": 10}
    assert tally.resumed == 512  # two batches of 256 rows, with 506 texts between them


@pytest.mark.parametrize("change", ["input", "model", "settings"])
def test_answers_to_something_else_do_not_count(tmp_path: Path, change: str) -> None:
    (tmp_path / "in.txt").write_text("".join(f"{line}\n" for line in LINES))
    first, _ = job(tmp_path, calls=1)
    with pytest.raises(Killed):
        first.to_file(tmp_path / "out.csv")
    second, _ = job(tmp_path)
    if change == "input":
        (tmp_path / "in.txt").write_text("a\n")
    if change == "model":
        (tmp_path / "model" / "topicsmith.json").write_text("{ }")
    if change == "settings":
        second = replace(second, saying=AnswerSettings(text=True))
    assert second.to_file(tmp_path / "out.csv").resumed == 0


def test_a_stream_is_tallied(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text('a\n\n{"txt": 1}\nccc\n')
    lines: list[bytes] = []
    working, _ = job(tmp_path)
    tally = working.stream(lines.extend)
    assert [json.loads(line)["status"] for line in lines] == ["ok", "empty", "unreadable", "failed"]
    assert tally.first_unreadable is not None
    assert tally.first_unreadable.where == f"{tmp_path / 'in.txt'}:3"
    assert not tally.nothing_read
    (tmp_path / "in.txt").write_text('{"txt": 1}\n')
    nothing, _ = job(tmp_path)
    assert nothing.stream(lines.extend).nothing_read
