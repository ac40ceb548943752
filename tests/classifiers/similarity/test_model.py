"""A loaded similarity classifier whose folder was edited."""

import json
from pathlib import Path

import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.similarity.kind import KIND
from topicsmith.classifiers.similarity.settings import SimilaritySettings
from topicsmith.errors import ModelFolderError
from topicsmith.records import TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic

pytestmark = pytest.mark.slow
pytest.importorskip("torch")


@pytest.fixture
def folder(tiny: Path, train_set: TrainSet, validation_set: ValidationSet, context: FitContext, tmp_path: Path) -> Path:
    own = SimilaritySettings(name="s", kind="similarity", model=str(tiny))
    KIND.fit(own, train_set, validation_set, context).save(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("learnt", 3, "is not what was saved"),
        ("follows", "/etc/passwd", "which is no relative path"),
        ("long_texts", "none", "is not what was saved"),
        ("old_loss", "much", "is not what was saved"),
    ],
)
def test_another_value_in_its_place_is_refused(folder: Path, key: str, value: object, said: str) -> None:
    document = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**document, key: value}))
    with pytest.raises(ModelFolderError, match=said):
        KIND.load(folder)


def test_answers_in_the_making_keep_their_topics(folder: Path) -> None:
    classifier = KIND.load(folder)
    vectors = classifier.encoder.encode(["soup", "song"])
    before = classifier.predict_vectors(vectors)
    classifier.update(Taxonomy((Topic("A"), Topic("B"))))
    after = classifier.predict_vectors(vectors)
    assert set(after.topics) <= {"A", "B"}
    assert {item.taxonomy for item in before}.isdisjoint({item.taxonomy for item in after})
