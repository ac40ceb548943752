"""Fitted candidates to make cascades of."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.classifiers.conftest import make_examples
from topicsmith.classifiers.base import FitContext, FittedCandidate
from topicsmith.classifiers.cascade.settings import CascadeSettings
from topicsmith.classifiers.model_folder import candidate_kind
from topicsmith.classifiers.train import train_candidate
from topicsmith.project import CandidateSettings
from topicsmith.records import TrainSet, ValidationSet

FEW = TrainSet(make_examples(12, 1))
MANY = TrainSet(make_examples(200, 5))
HELD = ValidationSet(make_examples(300, 2))


def candidate(name: str, kind: str, **own: object) -> CandidateSettings:
    return candidate_kind(kind).Settings.model_validate({"name": name, "kind": kind, **own})


def cascade(*members: str, **own: object) -> CascadeSettings:
    return CascadeSettings.model_validate({"name": "both", "kind": "cascade", "members": list(members), **own})


Fit = Callable[..., FitContext]


@pytest.fixture
def fitted(make_context: Callable[[str], FitContext], tmp_path: Path) -> Fit:
    """Fits candidates and gives the context of what is made of them: each by its settings and training rows."""

    def fit(*candidates: tuple[CandidateSettings, TrainSet]) -> FitContext:
        others = {}
        for own, rows in candidates:
            folder = tmp_path / "run" / "classifiers" / own.name
            train_candidate(own, rows, ValidationSet(()), make_context(own.name), folder)
            others[own.name] = FittedCandidate(own, folder)
        return replace(make_context("both"), others=others)

    return fit
