from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from topicsmith.classifiers.base import Predictions
from topicsmith.classifiers.predict import predict_all, predict_each
from topicsmith.errors import BudgetSpentError, CredentialsError, TopicsmithError, UpstreamError
from topicsmith.progress import SilentProgress
from topicsmith.records import Prediction


class Scripted:
    """Fails with ``error`` on any batch that holds the text 'bad'; remembers the sizes of batches."""

    topics = ("a", "b")

    def __init__(self, error: Exception | None = None, latency_s: float | None = None) -> None:
        self.error = error
        self.latency_s = latency_s
        self.sizes: list[int] = []

    def predict(self, texts: Sequence[str]) -> Predictions:
        self.sizes.append(len(texts))
        if self.error and "bad" in texts:
            raise self.error
        items = tuple(Prediction("a", 0.9, latency_s=self.latency_s) for _ in texts)
        return Predictions(items, np.tile([0.9, 0.1], (len(texts), 1)))

    def save(self, folder: Path) -> None:
        raise NotImplementedError


def test_batches_are_bounded_and_order_is_kept() -> None:
    scripted = Scripted()
    found, timing = predict_all(scripted, ["x"] * 25, SilentProgress(), batch=10)
    assert scripted.sizes[:3] == [10, 10, 5]
    assert set(scripted.sizes[3:]) == {1}
    assert len(found) == 25
    assert found.probabilities is not None
    assert found.probabilities.shape == (25, 2)
    assert timing.singles == 25
    assert timing.p50_ms is not None
    assert timing.texts_per_s is not None


def test_at_most_a_hundred_texts_are_timed_alone() -> None:
    assert predict_all(Scripted(), ["x"] * 300, SilentProgress())[1].singles == 100


def test_one_bad_text_fails_alone() -> None:
    found, _ = predict_all(Scripted(UpstreamError("odd answer")), ["x", "bad", "y"], SilentProgress())
    assert [item.status for item in found] == ["ok", "failed", "ok"]
    assert found.topics == ["a", None, "a"]
    assert found.probabilities is not None
    assert found.probabilities[1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("error", [CredentialsError("no key"), BudgetSpentError("spent")])
def test_what_the_person_must_mend_is_raised(error: TopicsmithError) -> None:
    with pytest.raises(type(error)):
        predict_all(Scripted(error), ["bad"], SilentProgress())


def test_answers_with_their_own_times_are_not_asked_again() -> None:
    scripted = Scripted(latency_s=0.25)
    _, timing = predict_all(scripted, ["x"] * 4, SilentProgress())
    assert scripted.sizes == [4]
    assert (timing.p50_ms, timing.p95_ms) == (250.0, 250.0)


def test_nothing_to_predict() -> None:
    found, timing = predict_all(Scripted(), [], SilentProgress())
    assert len(found) == 0
    assert (timing.p50_ms, timing.texts_per_s) == (None, None)


@pytest.mark.parametrize("error", [IndexError("index 66 is out of bounds"), RuntimeError("odd"), ValueError("odd")])
def test_training_k9_a_text_that_breaks_the_model_is_one_failed_prediction(error: Exception) -> None:
    scripted = Scripted(error)
    found, _ = predict_all(scripted, [*"uvwxyz", "bad", "a"], SilentProgress())
    assert found.topics == ["a"] * 6 + [None, "a"]
    assert [item.status for item in found] == ["ok"] * 6 + ["failed", "ok"]
    assert [item.status for item in predict_each(scripted, ["bad"])] == ["failed"]


def test_training_k9_a_model_that_breaks_on_every_text_is_a_bug_that_is_told() -> None:
    class Broken(Scripted):
        def predict(self, texts: Sequence[str]) -> Predictions:
            raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        predict_all(Broken(), ["x", "y"], SilentProgress())


def test_of_answers_by_several_members_those_without_a_time_are_timed() -> None:
    class Two(Scripted):
        def predict(self, texts: Sequence[str]) -> Predictions:
            self.sizes.append(len(texts))
            asked = [text == "hard" for text in texts]
            items = (Prediction("a", 0.9, latency_s=2.0 if a else None, member="m" if a else "s") for a in asked)
            return Predictions(tuple(items))

    two = Two()
    _, timing = predict_all(two, ["easy"] * 17 + ["hard"] * 3, SilentProgress())
    assert two.sizes == [20, 1, *[1] * 17]  # one to warm up; what told its time is not asked again
    assert timing.singles == 20
    assert timing.p50_ms is not None
    assert timing.p95_ms is not None
    assert timing.p50_ms < 500
    assert timing.p95_ms >= 2000
