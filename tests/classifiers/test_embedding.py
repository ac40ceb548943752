from pathlib import Path

import numpy as np
import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.embedding import KIND, EmbeddingSettings
from topicsmith.classifiers.model_folder import load_classifier
from topicsmith.classifiers.train import train_candidate
from topicsmith.errors import ModelFolderError
from topicsmith.records import Example, TrainSet, ValidationSet


@pytest.mark.slow
def test_minilm_saved_and_loaded_alone(
    train_set: TrainSet,
    validation_set: ValidationSet,
    unseen: tuple[Example, ...],
    context: FitContext,
    tmp_path: Path,
) -> None:
    settings = EmbeddingSettings(name="sentences", kind="embedding")
    record = train_candidate(settings, train_set, validation_set, context, tmp_path / "m")
    assert record.notes["c"] in settings.c
    classifier = load_classifier(tmp_path / "m")
    found = classifier.predict([example.text for example in unseen])
    assert found.topics == [example.topic for example in unseen]
    assert found.probabilities is not None
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(len(unseen)))
    assert len(classifier.predict([])) == 0


def test_two_topics_without_validation_rows(tiny: Path, train_set: TrainSet, context: FitContext) -> None:
    two = TrainSet(tuple(example for example in train_set if example.topic != "Other"))
    settings = EmbeddingSettings(name="sentences", kind="embedding", model=str(tiny), c=[100.0])
    classifier = KIND.fit(settings, two, ValidationSet(()), context)
    found = classifier.predict(two.texts)
    assert np.mean([a == b for a, b in zip(found.topics, two.topics, strict=True)]) > 0.9
    assert classifier.training_notes == {
        "c": 100.0,
        "max tokens": 64,
        "training texts beyond max tokens": 0,
        "validation texts beyond max tokens": 0,
        "rule for texts beyond": "head",
        "languages of the base model": [],
    }


def test_the_end_of_a_long_text_counts_where_the_rule_says_so_and_long_ones_are_counted(
    tiny: Path, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    filler = "please " * 70
    rows = TrainSet((*train_set.examples, Example("long", filler + "soup bread", "Cooking")))
    found = {}
    for rule in ("head", "head_tail"):
        settings = EmbeddingSettings(name=rule, kind="embedding", model=str(tiny), c=[100.0], long_texts=rule)
        record = train_candidate(settings, rows, ValidationSet(()), context, tmp_path / rule)
        assert record.notes["training texts beyond max tokens"] == 1
        assert record.notes["rule for texts beyond"] == rule
        loaded = load_classifier(tmp_path / rule)
        answers = loaded.predict([filler + "soup bread", filler + "song piano"]).probabilities
        assert answers is not None
        found[rule] = bool(np.allclose(answers[0], answers[1]))
    assert found == {"head": True, "head_tail": False}


def test_files_that_do_not_belong_together_are_refused(
    tiny: Path, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    settings = EmbeddingSettings(name="sentences", kind="embedding", model=str(tiny), c=[1.0])
    KIND.fit(settings, train_set, ValidationSet(()), context).save(tmp_path)
    config = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(config.replace('"2": "Other"', '"2": "Other", "3": "More"'))
    with pytest.raises(ModelFolderError, match="do not match"):
        KIND.load(tmp_path)
