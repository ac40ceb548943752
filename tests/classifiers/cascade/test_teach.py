"""Answers of the last member as rows of the first."""

import numpy as np

from tests.classifiers.cascade.conftest import FEW, HELD, Fit, candidate
from topicsmith.classifiers.base import Predictions
from topicsmith.classifiers.cascade.model import Member
from topicsmith.classifiers.cascade.teach import BATCH, answers, taught
from topicsmith.classifiers.linear import LinearClassifier
from topicsmith.records import Prediction

SMALL = candidate("small", "linear", train_size=6)


def test_batches_join(fitted: Fit) -> None:
    context = fitted((SMALL, FEW))
    assert context.others["small"].settings == SMALL

    class Echo:
        topics = ("a", "b")

        def predict(self, texts: list[str]) -> Predictions:
            return Predictions(tuple(Prediction("a", float(text)) for text in texts), np.ones((len(texts), 2)) / 2)

    texts = [str(at) for at in range(BATCH + 1)]
    found = answers(Member("echo", "linear", Echo()), texts, context)  # type: ignore[arg-type]  # it is never saved
    assert [item.confidence for item in found] == [float(text) for text in texts]
    assert found.probabilities is not None
    assert found.probabilities.shape == (BATCH + 1, 2)


def test_only_answers_of_the_taxonomy_teach_beside_the_members_own_rows(fitted: Fit) -> None:
    context = fitted((SMALL, FEW))
    said = Predictions((Prediction("Music"), Prediction("Nothing"), Prediction(None, status="refused")))
    found = taught(SMALL, ["zither", "b", "c"], said, FEW, HELD, context)
    assert found is not None
    assert found.rows == 1
    assert isinstance(found.member.model, LinearClassifier)
    assert found.member.model.predict(["zither"]).topics == ["Music"]
    none = Predictions((Prediction("Nothing"),))
    assert taught(SMALL, ["b"], none, FEW, HELD, context) is None
