"""Settings of ``kind: similarity``."""

import pytest
from pydantic import ValidationError

from topicsmith.classifiers.similarity.settings import SimilaritySettings


def test_defaults_and_limits() -> None:
    own = SimilaritySettings(name="a", kind="similarity")
    assert (own.model, own.keeps, own.old_loss, own.unlabelled, own.follow) == ("minilm", 0.95, 0.01, True, True)
    for wrong in ({"keeps": 1.0}, {"keeps": 0.4}, {"old_loss": 0.0}, {"c": 0}):
        with pytest.raises(ValidationError):
            SimilaritySettings(name="a", kind="similarity", **wrong)
