"""``kind: detector``: any kind that learns topics, with a detector for the catch-all in place of a topic of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import ConfigDict, Field, model_validator

from topicsmith.classifiers.base import Checking, FitContext, FloatArray, Traits
from topicsmith.classifiers.hierarchy.base import base_settings
from topicsmith.classifiers.model_folder import candidate_kind
from topicsmith.classifiers.similarity.detected import DetectedClassifier, familiarity, fuse, load_detected, surety
from topicsmith.classifiers.similarity.fit import LEAST_HELD, Ground, LabelledVectors, learn
from topicsmith.classifiers.similarity.senses import encoded_senses, own_senses
from topicsmith.classifiers.similarity.settings import SimilaritySettings
from topicsmith.classifiers.torch_common.hub import find_model, need_torch
from topicsmith.errors import ProjectError
from topicsmith.project import CandidateSettings
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy

_WITHOUT = frozenset({"detector", "similarity", "majority"})


class DetectorSettings(CandidateSettings):
    """Under ``base`` the settings of the kind that tells the topics; ``keeps`` as for ``kind: similarity``."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    base: dict[str, object]
    encoder: str = "minilm"
    keeps: float = Field(default=0.95, gt=0.5, lt=1)

    @model_validator(mode="after")
    def _base_is_a_kind(self) -> DetectorSettings:
        kind = self.base.get("kind")
        if not isinstance(kind, str):
            raise ValueError("'base' needs 'kind', for example 'base: {kind: encoder}'")
        if kind in _WITHOUT:
            raise ValueError(f"'base' cannot be of the kind '{kind}'; choose one that learns topics, such as 'encoder'")
        try:
            base_settings(self)
        except ProjectError as error:
            raise ValueError(str(error)) from None
        return self


class DetectorKind:
    """The door to ``kind: detector``."""

    Settings = DetectorSettings
    traits = Traits(title="a classifier of topics with a detector for what fits none")

    def built_on(self, settings: CandidateSettings) -> tuple[str, ...]:
        """The kind that tells the topics."""
        assert isinstance(settings, DetectorSettings)
        return (base_settings(settings).kind,)

    def check(self, settings: CandidateSettings, project_folder: Path) -> None:
        """Look for the sentence encoder, and ask the kind inside."""
        assert isinstance(settings, DetectorSettings)
        need_torch("the kind 'detector'")
        find_model(settings.encoder, project_folder)
        kind = candidate_kind(str(settings.base["kind"]))
        if isinstance(kind, Checking):
            kind.check(base_settings(settings), project_folder)

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> DetectedClassifier:
        """Fit the kind inside on the rows of topics, and the detector on frozen vectors of all rows.

        Raises:
            ProjectError: when the taxonomy has no catch-all, or too few validation rows have a topic.
        """
        assert isinstance(settings, DetectorSettings)
        need_torch("the kind 'detector'")
        from topicsmith.classifiers.encoder.sentence_encoder import remembered_vectors

        taxonomy, catch_all = context.taxonomy, context.taxonomy.catch_all
        if catch_all is None:
            raise ProjectError(
                f"candidate '{settings.name}': no topic is marked 'catch_all: true', which a detector tells; mark one, "
                "or use the kind under 'base' alone"
            )
        inside, outside = _parted([row for row in train if row.copies > 0], catch_all)
        held, _ = _parted([row for row in validation if row.topic in taxonomy.names], catch_all)
        if len(held) < LEAST_HELD:
            raise ProjectError(
                f"candidate '{settings.name}': {len(held)} validation rows have a topic, a detector needs "
                f"{LEAST_HELD} to set its threshold by; label more rows"
            )
        base = base_settings(settings)
        topics = Taxonomy(tuple(topic for topic in taxonomy.topics if topic.name != catch_all))
        work = context.work / "inner"
        work.mkdir(parents=True, exist_ok=True)
        inner = candidate_kind(base.kind).fit(
            base, TrainSet(tuple(inside)), ValidationSet(tuple(held)), replace(context, taxonomy=topics, work=work)
        )
        source = find_model(settings.encoder, context.project_folder)
        texts = remembered_vectors(context.shared, source)
        encoded = partial(LabelledVectors.of, taxonomy=taxonomy, encode=texts.encode)
        nothing = texts.encode([])
        names = encoded_senses([own_senses(topic) for topic in taxonomy.topics], texts.encode)
        own = SimilaritySettings(name=settings.name, kind="similarity", seed=settings.seed, keeps=settings.keeps)
        ground = Ground(names, nothing, np.zeros(0, np.int64), nothing)
        learnt = learn(own, taxonomy, encoded([*inside, *outside]), encoded(held), ground)

        def numbers(rows: Sequence[Example], *, themselves: bool = False) -> FloatArray:
            if not rows:
                return np.zeros((0, 3))
            near = familiarity(learnt, encoded(rows).vectors, themselves=themselves)
            return np.concatenate([near[:, None], surety(inner.predict([row.text for row in rows]))], axis=1)

        order = np.random.default_rng(settings.seed).permutation(len(held))
        of_held = numbers([held[at] for at in order])
        half = len(held) // 2
        fusion = fuse(of_held[:half], numbers(outside, themselves=True), of_held[half:], settings.keeps)
        notes = {
            **getattr(inner, "training_notes", {}),
            "catch-all learnt from": learnt.detector.way if learnt.detector is not None else "nothing",
            "rows of topics that are not given to the catch-all": (
                f"{fusion.kept:.1%} of those held back, at least {fusion.bound:.1%} with 95 % confidence"
            ),
        }
        return DetectedClassifier(inner, base.kind, learnt, texts.encoder, fusion, notes)

    def load(self, folder: Path) -> DetectedClassifier:
        """Load what ``save`` wrote."""
        need_torch("the kind 'detector'")
        return load_detected(folder)


KIND = DetectorKind()


def _parted(rows: Sequence[Example], catch_all: str) -> tuple[list[Example], list[Example]]:
    """Rows of topics, and rows of the catch-all."""
    return [row for row in rows if row.topic != catch_all], [row for row in rows if row.topic == catch_all]
