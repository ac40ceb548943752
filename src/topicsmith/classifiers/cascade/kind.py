"""``kind: cascade``: the door."""

from pathlib import Path

from topicsmith.classifiers.base import FitContext, Traits
from topicsmith.classifiers.cascade.fit import fit_cascade
from topicsmith.classifiers.cascade.model import CascadeClassifier, load_cascade
from topicsmith.classifiers.cascade.settings import CascadeSettings
from topicsmith.project import CandidateSettings
from topicsmith.records import TrainSet, ValidationSet


class CascadeKind:
    """The door to ``kind: cascade``."""

    Settings = CascadeSettings
    traits = Traits(
        title="candidates in order, each answering what it is sure of",
        limits=("What is promised holds for texts like the validation rows; for others, train it again on such.",),
    )

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> CascadeClassifier:
        """Choose thresholds over candidates that are fitted already, as :func:`fit_cascade` does."""
        assert isinstance(settings, CascadeSettings)
        return fit_cascade(settings, train, validation, context)

    def load(self, folder: Path) -> CascadeClassifier:
        """Load what was saved."""
        return load_cascade(folder)


KIND = CascadeKind()
