"""``kind: similarity`` from rows to a folder and back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.classifiers.conftest import make_examples
from topicsmith.classifiers.base import FitContext, Updatable
from topicsmith.classifiers.similarity.kind import KIND
from topicsmith.classifiers.similarity.settings import SimilaritySettings
from topicsmith.classifiers.train import train_candidate
from topicsmith.errors import TaxonomyError
from topicsmith.loading import load
from topicsmith.records import Example, TrainSet, ValidationSet

pytestmark = pytest.mark.slow
pytest.importorskip("torch")


def settings(tiny: Path, **more: object) -> SimilaritySettings:
    return SimilaritySettings.model_validate({"name": "s", "kind": "similarity", "model": str(tiny), **more})


@pytest.fixture
def taxonomy_file(tmp_path: Path) -> Path:
    path = tmp_path / "taxonomy.yaml"
    path.write_text(
        "topics:\n  - name: Cooking\n  - name: Music\n  - {name: Other, catch_all: true}\n", encoding="utf-8"
    )
    return path


def test_it_learns_saves_and_loads_with_the_same_answers(
    tiny: Path, train_set: TrainSet, validation_set: ValidationSet, context: FitContext, tmp_path: Path
) -> None:
    record = train_candidate(settings(tiny), train_set, validation_set, context, tmp_path / "m")
    assert record.notes["rows held back"] == 36
    texts = [row.text for row in make_examples(12, 5)]
    fitted = KIND.fit(settings(tiny), train_set, validation_set, context).predict(texts)
    loaded = load(tmp_path / "m").predict(texts)
    assert fitted.probabilities is not None
    assert loaded.probabilities is not None
    assert np.abs(fitted.probabilities - loaded.probabilities).max() < 1e-5
    assert loaded.probabilities.sum(axis=1) == pytest.approx(1)
    assert {item.taxonomy for item in loaded} == {context.taxonomy.version_digest}


def test_a_saved_edit_is_answered_by_at_once_with_its_version(
    tiny: Path,
    train_set: TrainSet,
    validation_set: ValidationSet,
    context: FitContext,
    tmp_path: Path,
    taxonomy_file: Path,
) -> None:
    context = replace(context, taxonomy_file=taxonomy_file)
    train_candidate(settings(tiny), train_set, validation_set, context, tmp_path / "m")
    classifier = load(tmp_path / "m")
    texts = [row.text for row in make_examples(30, 6)]
    before = classifier.predict(texts)
    taxonomy_file.write_text(
        "topics:\n  - {name: Songs, was: [Music]}\n  - name: Cooking\n  - name: Gardening\n"
        "  - {name: Other, catch_all: true}\n",
        encoding="utf-8",
    )
    after = classifier.predict(texts)
    assert classifier.classes_ == ("Songs", "Cooking", "Gardening", "Other")
    assert {item.taxonomy for item in after}.isdisjoint({item.taxonomy for item in before})
    kept = [(old, new) for old, new in zip(before.topics, after.topics, strict=True) if new != "Gardening"]
    assert [{"Music": "Songs"}.get(str(old), old) for old, _ in kept] == [new for _, new in kept]
    assert isinstance(classifier.model, Updatable)


def test_without_its_file_the_saved_topics_stand(
    tiny: Path,
    train_set: TrainSet,
    validation_set: ValidationSet,
    context: FitContext,
    tmp_path: Path,
    taxonomy_file: Path,
) -> None:
    context = replace(context, taxonomy_file=taxonomy_file)
    train_candidate(settings(tiny), train_set, validation_set, context, tmp_path / "m")
    taxonomy_file.unlink()
    assert load(tmp_path / "m").predict(["soup"]).items[0].topic in context.taxonomy.names


def test_no_row_at_all_is_enough(tiny: Path, context: FitContext) -> None:
    classifier = KIND.fit(settings(tiny), TrainSet(()), ValidationSet(()), context)
    assert classifier.predict(["a song"]).items[0].topic in context.taxonomy.names
    assert len(classifier.predict([])) == 0


def test_a_row_of_an_unknown_topic_is_named(tiny: Path, context: FitContext) -> None:
    rows = TrainSet((Example("1", "x", "Chess"),))
    with pytest.raises(TaxonomyError, match="the training rows have the topic 'Chess', which is not in the taxonomy"):
        KIND.fit(settings(tiny), rows, ValidationSet(()), context)
