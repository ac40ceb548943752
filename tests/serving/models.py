"""Model folders that load in no time."""

from pathlib import Path

import numpy as np

from topicsmith.classifiers.majority import MajorityClassifier
from topicsmith.classifiers.model_folder import save_classifier


def write_model(folder: Path, a: float = 0.25) -> Path:
    """A model folder that answers every text with 'A' at the probability ``a``, or else with 'B'."""
    about = {"data": {"taxonomy": f"t-{a}"}}
    save_classifier(MajorityClassifier(("A", "B"), np.array([a, 1 - a])), "majority", folder, "card", about)
    return folder
