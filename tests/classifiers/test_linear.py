import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.linear import KIND, LinearClassifier, LinearSettings
from topicsmith.classifiers.model_folder import load_classifier, save_classifier
from topicsmith.errors import ModelFolderError, TrainingError
from topicsmith.records import Example, TrainSet, ValidationSet

SETTINGS = LinearSettings(name="tfidf", kind="linear", min_count=1)
HOSTILE = [
    "",
    " ",
    "a" * 1_000_000,
    "\ud83d broken",
    "[CLS] </s> <|im_end|>",
    "=cmd()",
    "日本語のテキスト",
    "\x00\x1b[31m",
]


@pytest.fixture
def fitted(train_set: TrainSet, validation_set: ValidationSet, context: FitContext) -> LinearClassifier:
    return KIND.fit(SETTINGS, train_set, validation_set, context)


def test_tells_the_topics_apart(fitted: LinearClassifier, unseen: tuple[Example, ...]) -> None:
    found = fitted.predict([example.text for example in unseen])
    assert found.topics == [example.topic for example in unseen]
    assert found.probabilities is not None
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(len(unseen)))


def test_the_saved_folder_gives_identical_probabilities(
    fitted: LinearClassifier, unseen: tuple[Example, ...], tmp_path: Path
) -> None:
    save_classifier(fitted, "linear", tmp_path / "model", "card", {})
    texts = [example.text for example in unseen] + HOSTILE
    again = load_classifier(tmp_path / "model").predict(texts)
    assert np.array_equal(np.asarray(again.probabilities), np.asarray(fitted.predict(texts).probabilities))
    assert {path.suffix for path in (tmp_path / "model").iterdir()} == {".json", ".safetensors", ".md"}


def test_hostile_texts_get_an_answer_in_linear_time(fitted: LinearClassifier) -> None:
    started = time.perf_counter()
    found = fitted.predict(HOSTILE)
    assert all(item.status == "ok" for item in found)
    assert time.perf_counter() - started < 30


def test_a_text_gets_the_same_answer_alone_and_in_a_batch(
    fitted: LinearClassifier, unseen: tuple[Example, ...]
) -> None:
    texts = [example.text for example in unseen]
    alone = np.concatenate([np.asarray(fitted.predict([text]).probabilities) for text in texts])
    assert np.array_equal(alone, np.asarray(fitted.predict(texts).probabilities))


def test_copies_weigh_like_repeated_rows(make_context: Callable[[str], FitContext]) -> None:
    rows = [("soup bread", "Cooking", 1), ("guitar soup", "Music", 3), ("thing", "Other", 1)]
    weighted = TrainSet(tuple(Example(str(i), t, k, copies=n) for i, (t, k, n) in enumerate(rows)))
    repeated = TrainSet(tuple(Example(str(i), t, k) for i, (t, k, n) in enumerate(rows) for _ in range(n)))
    # the same vocabulary weights are needed for a comparison, so the texts' idf must not depend on copies
    first = KIND.fit(SETTINGS, weighted, ValidationSet(()), make_context("a"))
    plain = KIND.fit(SETTINGS, TrainSet(tuple(Example(str(i), t, k) for i, (t, k, _) in enumerate(rows))),
                     ValidationSet(()), make_context("b"))  # fmt: skip
    text = ["soup"]
    music = first.topics.index("Music")
    assert (
        np.asarray(first.predict(text).probabilities)[0, music]
        > np.asarray(plain.predict(text).probabilities)[0, music]
    )
    assert len(repeated) == 5


def test_two_topics(context: FitContext, train_set: TrainSet, validation_set: ValidationSet) -> None:
    two = TrainSet(tuple(example for example in train_set if example.topic != "Other"))
    found = KIND.fit(SETTINGS, two, validation_set, context).predict(["guitar concert", "bread oven"])
    assert found.topics == ["Music", "Cooking"]


def test_without_validation_rows_training_rows_sharpen(train_set: TrainSet, context: FitContext) -> None:
    assert KIND.fit(SETTINGS, train_set, ValidationSet(()), context).sharpness > 1


def test_texts_without_words_are_named(context: FitContext) -> None:
    rows = TrainSet((Example("1", "", "Cooking"), Example("2", " ", "Music")))
    with pytest.raises(TrainingError, match="candidate 'tfidf': the training texts have no usable words"):
        KIND.fit(SETTINGS, rows, ValidationSet(()), context)


def test_files_that_do_not_belong_together_are_refused(fitted: LinearClassifier, tmp_path: Path) -> None:
    tmp_path = tmp_path / "model"
    tmp_path.mkdir()
    fitted.save(tmp_path)
    (tmp_path / "vocabulary.json").write_text('{"word": ["a"], "character": ["b"]}')
    with pytest.raises(ModelFolderError, match="do not match"):
        KIND.load(tmp_path)
