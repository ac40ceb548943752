"""Model folders that commit a9429ae wrote still load, and answer as they did then."""

import json
from pathlib import Path

import numpy as np
import pytest

from topicsmith.classifiers.model_folder import load_classifier

FOLDERS = Path(__file__).parent / "data" / "a9429ae"
THEN = json.loads((FOLDERS / "expected.json").read_text())


@pytest.mark.parametrize("kind", sorted(THEN))
def test_a_folder_of_an_earlier_version_answers_as_it_did(kind: str) -> None:
    found = load_classifier(FOLDERS / kind).predict(THEN[kind]["texts"])
    assert found.topics == THEN[kind]["topics"]
    assert found.probabilities is not None
    assert np.allclose(found.probabilities, THEN[kind]["probabilities"], atol=1e-5)
