"""What one of several processes does; real ones are tested in test_workers.py."""

import io
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.linear import LinearSettings
from topicsmith.classifiers.torch_common import worker
from topicsmith.classifiers.torch_common.distributed import Group
from topicsmith.classifiers.torch_common.launcher import JOB
from topicsmith.errors import TrainingError
from topicsmith.project import CandidateSettings
from topicsmith.records import TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, to_document


class Noting:
    """Remembers what it was asked to fit."""

    Settings = LinearSettings

    def __init__(self) -> None:
        self.seen: tuple[CandidateSettings, TrainSet, ValidationSet, FitContext] | None = None

    def fit(self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext) -> None:
        self.seen = settings, train, validation, context
        with context.progress.task("training", 2, "steps") as task:
            task.advance(2)


def write_job(folder: Path, train: TrainSet, validation: ValidationSet, taxonomy: Taxonomy, kind: str) -> None:
    job = {
        "settings": LinearSettings(name="a", kind="linear", seed=4).model_dump_json(),
        "kind": kind,
        "on_processor": True,
        "train": [asdict(row) for row in train],
        "validation": [asdict(row) for row in validation],
        "taxonomy": to_document(taxonomy),
        "work": str(folder / "work"),
        "ledger": str(folder / "ledger.sqlite"),
        "project_folder": str(folder),
    }
    (folder / JOB).write_text(json.dumps(job))


@pytest.mark.parametrize("rank", [0, 1])
def test_it_fits_the_very_candidate_on_the_very_rows_and_only_the_first_talks(
    tmp_path: Path,
    train_set: TrainSet,
    validation_set: ValidationSet,
    taxonomy: Taxonomy,
    monkeypatch: pytest.MonkeyPatch,
    rank: int,
) -> None:
    noting = Noting()
    monkeypatch.setattr(worker, "join", lambda _meeting_point, _on_processor: Group(rank, 2))
    monkeypatch.setattr(worker, "candidate_kind", lambda _name: noting)
    write_job(tmp_path, train_set, validation_set, taxonomy, "noting")
    told = io.StringIO()
    worker._fit(tmp_path, told)
    assert noting.seen is not None
    settings, train, validation, context = noting.seen
    assert settings == LinearSettings(name="a", kind="linear", seed=4)
    assert (train, validation, context.taxonomy) == (train_set, validation_set, taxonomy)
    assert (context.group, context.work) == (Group(rank, 2), tmp_path / "work")
    said = [json.loads(line) for line in told.getvalue().splitlines()]
    assert said == ([["open", "training", 2, "steps"], ["advance", 2], ["close"]] if rank == 0 else [])


def test_an_error_is_left_beside_the_job(
    tmp_path: Path, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch, train_set: TrainSet
) -> None:
    def fail(*_: object) -> None:
        raise TrainingError("out of memory; lower 'batch_size'")

    monkeypatch.setattr(worker, "join", fail)
    monkeypatch.setattr(worker, "_end_with_starter", lambda: None)  # it would end the tests
    monkeypatch.setenv("RANK", "1")
    write_job(tmp_path, train_set, ValidationSet(()), taxonomy, "linear")
    assert worker.main(tmp_path, io.StringIO()) == TrainingError.exit_code
    left = json.loads((tmp_path / "rank-1.error").read_text())
    assert left == ["TrainingError", "out of memory; lower 'batch_size'"]
