"""``kind: detector`` over another kind."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from tests.classifiers.conftest import make_examples
from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.similarity.detector_kind import KIND, DetectorSettings
from topicsmith.classifiers.train import train_candidate
from topicsmith.errors import ModelFolderError, ProjectError
from topicsmith.loading import load
from topicsmith.records import TrainSet, ValidationSet

pytestmark = pytest.mark.slow
pytest.importorskip("torch")
HELD = ValidationSet(make_examples(90, 8))


def settings(tiny: Path, **more: object) -> DetectorSettings:
    given = {"name": "d", "kind": "detector", "encoder": str(tiny), "base": {"kind": "linear"}, **more}
    return DetectorSettings.model_validate(given)


def test_it_learns_saves_and_loads_with_the_same_answers(
    tiny: Path, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    record = train_candidate(settings(tiny), train_set, HELD, context, tmp_path / "m")
    assert record.topics == context.taxonomy.names
    assert str(record.notes["catch-all learnt from"]) == "30 rows of the catch-all"
    texts = [row.text for row in make_examples(30, 5)]
    fitted = KIND.fit(settings(tiny), train_set, HELD, context).predict(texts)
    loaded = load(tmp_path / "m").predict(texts)
    assert fitted.probabilities is not None
    assert loaded.probabilities is not None
    assert np.abs(fitted.probabilities - loaded.probabilities).max() < 1e-5
    assert loaded.probabilities.sum(axis=1) == pytest.approx(1)
    assert [loaded.probabilities[at].argmax() for at in range(30)] == [
        context.taxonomy.names.index(str(topic)) for topic in loaded.topics
    ]
    assert load(tmp_path / "m").predict([]).topics == []


def test_the_catch_all_and_forty_rows_of_topics_are_needed(
    tiny: Path, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    with pytest.raises(ProjectError, match="24 validation rows have a topic, a detector needs 40 to set its threshold"):
        KIND.fit(settings(tiny), train_set, validation_set, context)
    without = replace(context, taxonomy=replace(context.taxonomy, catch_all=None))
    with pytest.raises(ProjectError, match="candidate 'd': no topic is marked 'catch_all: true'"):
        KIND.fit(settings(tiny), train_set, HELD, without)


@pytest.mark.parametrize("base", [{}, {"kind": "detector"}, {"kind": "majority"}, {"kind": "linear", "depth": 3}])
def test_a_base_that_cannot_be_is_refused(tiny: Path, base: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(tiny, base=base)


def test_a_folder_that_was_edited_is_refused(
    tiny: Path, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    KIND.fit(settings(tiny), train_set, HELD, context).save(tmp_path)
    document = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**document, "threshold": "high"}))
    with pytest.raises(ModelFolderError, match="is not what was saved"):
        KIND.load(tmp_path)
