"""Topics with subtopics in three ways, over a linear base."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.hierarchy.kind import KIND
from topicsmith.classifiers.hierarchy.model import HierarchyClassifier
from topicsmith.classifiers.hierarchy.settings import HierarchySettings
from topicsmith.classifiers.model_folder import load_classifier, save_classifier
from topicsmith.classifiers.train import train_candidate
from topicsmith.errors import ProjectError, TrainingError
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic

WORDS = {
    ("Arts", "Film"): ["movie", "actor", "screen"],
    ("Arts", "Music"): ["song", "guitar", "melody"],
    ("Science", "Physics"): ["atom", "gravity", "photon"],
    ("Science", "Biology"): ["cell", "gene", "leaf"],
    ("Other", None): ["thing", "stuff", "matter"],
    ("Sport", "Golf"): ["hole", "club", "caddie"],
}
TAXONOMY = Taxonomy(
    (
        Topic("Arts", subtopics=(Topic("Film"), Topic("Music"))),
        Topic("Science", subtopics=(Topic("Physics"), Topic("Biology"))),
        Topic("Sport", subtopics=(Topic("Golf"),)),
        Topic("Other"),
    ),
    "Other",
)


def rows(n: int, seed: int) -> tuple[Example, ...]:
    own = np.random.default_rng(seed)
    found = []
    for i in range(n):
        (topic, subtopic), words = list(WORDS.items())[i % len(WORDS)]
        text = " ".join(["tell me about", *own.choice(words, 2)])
        found.append(Example(f"{seed}-{i}", text, topic, subtopic))
    return tuple(found)


@pytest.fixture
def deep(context: FitContext) -> FitContext:
    return replace(context, taxonomy=TAXONOMY)


def settings(way: str, **base: object) -> HierarchySettings:
    return HierarchySettings.model_validate(
        {"name": "deep", "kind": "hierarchy", "way": way, "base": {"kind": "linear", **base}}
    )


@pytest.mark.parametrize("way", ["topic", "joint", "leaves", "steps"])
def test_each_way_gives_what_it_promises_and_survives_saving(way: str, deep: FitContext, tmp_path: Path) -> None:
    fitted = KIND.fit(settings(way), TrainSet(rows(120, 1)), ValidationSet(rows(36, 2)), deep)
    test = rows(30, 3)
    texts = [row.text for row in test]
    found = fitted.predict(texts)
    assert fitted.topics == TAXONOMY.names
    assert found.topics == [row.topic for row in test]
    assert [item.subtopic for item in found] == [row.subtopic if way != "topic" else None for row in test]
    assert found.probabilities is not None
    assert found.probabilities.sum(axis=1) == pytest.approx([1.0] * 30)
    assert [TAXONOMY.names[column] for column in found.probabilities.argmax(axis=1)] == found.topics
    save_classifier(fitted, "hierarchy", tmp_path / "model", "# card\n", {})
    again = load_classifier(tmp_path / "model").predict(texts)
    assert again.items == found.items
    assert again.probabilities == pytest.approx(found.probabilities)


def test_what_cannot_be_learnt_is_named(deep: FitContext, context: FitContext) -> None:
    none = ValidationSet(())
    with pytest.raises(ProjectError, match="the taxonomy has no subtopics; use 'way: topic'"):
        KIND.fit(settings("steps"), TrainSet(rows(12, 1)), none, context)
    flat = TrainSet(tuple(replace(row, subtopic=None) if row.topic == "Arts" else row for row in rows(60, 1)))
    with pytest.raises(TrainingError, match="no training row of the topic 'Arts' has a subtopic"):
        KIND.fit(settings("steps"), flat, none, deep)
    with pytest.raises(ValueError, match=r"base\.c: "):
        KIND.fit(settings("topic", c="high"), TrainSet(rows(12, 1)), none, deep)


def test_a_base_must_be_another_kind() -> None:
    with pytest.raises(ValueError, match="'base' needs 'kind'"):
        HierarchySettings.model_validate({"name": "a", "kind": "hierarchy", "base": {}})
    with pytest.raises(ValueError, match="cannot be a hierarchy itself"):
        settings("topic", kind="hierarchy")


def test_what_the_classifiers_inside_tell_stands_on_the_card_and_no_checkpoint_stays(
    deep: FitContext, tiny: Path, tmp_path: Path
) -> None:
    own = settings("steps", kind="encoder", model=str(tiny), epochs=1, device="cpu")
    train, held_back = rows(36, 1), rows(12, 2)
    long = replace(train[0], text="movie actor screen " * 20)
    record = train_candidate(
        own, TrainSet((long, *train[1:])), ValidationSet(held_back), deep, tmp_path / "out" / "steps"
    )
    assert record.notes["training texts beyond max tokens"] == 1
    assert record.notes["Arts: training texts beyond max tokens"] == 1
    assert record.notes["Science: training texts beyond max tokens"] == 0
    assert "Sport: epochs" not in record.notes  # Golf is all there is
    assert list(deep.work.rglob("*.safetensors")) == []


@pytest.mark.slow
def test_leaves_over_similarity_are_told_without_rows_and_follow_no_file(
    deep: FitContext, tiny: Path, tmp_path: Path
) -> None:
    topics = tmp_path / "taxonomy.yaml"
    topics.write_text("topics: [Arts, Science, Sport, Other]\n")
    own = settings("leaves", kind="similarity", model=str(tiny))
    learnt = tuple(row for row in rows(120, 1) if row.topic != "Sport")
    fitted = KIND.fit(own, TrainSet(learnt), ValidationSet(rows(60, 2)), replace(deep, taxonomy_file=topics))
    assert isinstance(fitted, HierarchyClassifier)
    save_classifier(fitted, "hierarchy", tmp_path / "model", "# card\n", {})
    again = load_classifier(tmp_path / "model")
    assert isinstance(again, HierarchyClassifier)
    texts = [row.text for row in rows(60, 3)]
    pairs, shares = again.leaves(texts)
    assert ("Sport", "Golf") in pairs  # by its name alone
    found = again.predict(texts)
    assert found.probabilities is not None
    for at, topic in enumerate(again.topics):
        below = [column for column, pair in enumerate(pairs) if pair[0] == topic]
        assert found.probabilities[:, at] == pytest.approx(shares[:, below].sum(axis=1))
    assert found.topics == [again.topics[at] for at in found.probabilities.argmax(axis=1)]
    assert all((item.topic, item.subtopic) in pairs for item in found)
