"""Loading from a run folder or a model folder."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import topicsmith
from tests.test_pipeline import run
from topicsmith.classifiers.base import Predictions
from topicsmith.errors import ModelFolderError, UserError
from topicsmith.loading import load, texts_of
from topicsmith.records import Prediction


@pytest.mark.slow
def test_the_best_candidate_of_a_run_and_any_other_by_name(small_project: Path) -> None:
    run(small_project)
    latest = small_project / "runs" / "latest"
    best = topicsmith.load(latest)
    assert best.predict(["my loan from the bank"]).topics == ["Money"]
    alone = topicsmith.load(latest / "classifiers" / "tfidf")
    assert alone.predict(["my loan from the bank"]).confidences == best.predict(["my loan from the bank"]).confidences
    assert topicsmith.load(latest, "floor").classes_ == ("Music", "Travel", "Money")
    with pytest.raises(ModelFolderError, match="has no candidate 'nobody'; it has: floor, tfidf"):
        topicsmith.load(latest, "nobody")


def test_what_is_neither_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="neither a run folder nor a model folder"):
        topicsmith.load(tmp_path)


def test_texts_of_frames_series_and_lists() -> None:
    frames = (pd.DataFrame({"text": ["a", "b"]}), pl.DataFrame({"text": ["a", "b"]}))
    for data in (["a", "b"], ("a", "b"), pl.Series(["a", "b"]), pd.Series(["a", "b"]), iter("ab"), *frames):
        assert texts_of(data) == ["a", "b"]
    assert texts_of("hello") == ["hello"]
    with pytest.raises(UserError, match="no column 'text'; it has: words"):
        texts_of(pl.DataFrame({"words": ["a"]}))
    with pytest.raises(UserError, match="row 1: None is not a text"):
        texts_of(["a", None])


def test_a_classifier_is_used_as_those_of_scikit_learn(small_project: Path) -> None:
    run(small_project)
    classifier = load(small_project / "runs/latest", "tfidf")
    assert classifier.classes_ == ("Music", "Travel", "Money")
    assert classifier.kind == "linear"
    texts = pl.DataFrame({"text": ["which guitar song", "a flight and a hotel", "my bank loan"]})
    found = classifier.predict_proba(texts)
    assert found.shape == (3, 3)
    assert found.sum(axis=1) == pytest.approx(1)
    assert [classifier.classes_[column] for column in found.argmax(axis=1)] == classifier.predict(texts).topics
    assert classifier.predict("which guitar song").topics == ["Music"]


@pytest.mark.slow
def test_a_kind_without_probabilities_says_so(small_project: Path) -> None:
    run(small_project)
    classifier = load(small_project / "runs/latest", "tfidf")

    class Mute:
        topics = ("a", "b")

        def predict(self, texts: Sequence[str]) -> Predictions:
            return Predictions(tuple(Prediction("a") for _ in texts))

        def save(self, folder: Path) -> None: ...

    with pytest.raises(UserError, match="of the kind 'mute' gives no probabilities"):
        replace(classifier, model=Mute(), kind="mute").predict_proba(["x"])
