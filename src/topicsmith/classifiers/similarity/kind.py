"""``kind: similarity``: the door."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from topicsmith.classifiers.base import FitContext, Traits, UseAlone
from topicsmith.classifiers.plain_text import plain_text
from topicsmith.classifiers.similarity.fit import Ground, LabelledVectors, learn
from topicsmith.classifiers.similarity.model import SimilarityClassifier, load_similarity
from topicsmith.classifiers.similarity.senses import encoded_senses, own_examples, own_senses
from topicsmith.classifiers.similarity.settings import SimilaritySettings
from topicsmith.classifiers.torch_common.hub import LANGUAGES, find_model, languages_of, need_torch
from topicsmith.errors import TaxonomyError
from topicsmith.project import CandidateSettings
from topicsmith.records import TrainSet, ValidationSet

_HELD_BACK = 5


class SimilarityKind:
    """The door to ``kind: similarity``."""

    Settings = SimilaritySettings
    traits = Traits(
        reads_tokens=512,
        updatable=True,
        title="sentence embeddings compared with topics that may change",
        limits=("Topics added after training are told by their name, description and examples alone.",),
    )

    def check(self, settings: CandidateSettings, project_folder: Path) -> None:
        """Look for the libraries, and for the model where it is a folder."""
        assert isinstance(settings, SimilaritySettings)
        need_torch("the kind 'similarity'")
        find_model(settings.model, project_folder)

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> SimilarityClassifier:
        """Learn from any number of rows, none included.

        Raises:
            TaxonomyError: when a row has a topic that is not in the taxonomy.
        """
        assert isinstance(settings, SimilaritySettings)
        need_torch("the kind 'similarity'")
        from topicsmith.classifiers.encoder.sentence_encoder import remembered_vectors

        source = find_model(settings.model, context.project_folder)
        texts = remembered_vectors(context.shared, source, settings.long_texts)
        taxonomy = context.taxonomy
        used = [row for row in train if row.copies > 0]
        held = [row for row in validation if row.topic in taxonomy.names]
        unknown = sorted({row.topic for row in used} - set(taxonomy.names))
        if unknown:
            raise TaxonomyError(
                f"the training rows have the topic '{unknown[0]}', which is not in the taxonomy; add it"
            )
        if not held:  # something has to be held back to learn how features count
            order = np.random.default_rng(settings.seed).permutation(len(used)).tolist()
            held = [used[at] for at in order[: len(used) // _HELD_BACK]]
            used = [used[at] for at in sorted(order[len(used) // _HELD_BACK :])]

        told = [(text, at) for at, topic in enumerate(taxonomy.topics) for text in own_examples(topic)]
        ground = Ground(
            encoded_senses([own_senses(topic) for topic in taxonomy.topics], texts.encode),
            texts.encode([text for text, _ in told]),
            np.array([at for _, at in told], np.int64),
            texts.encode([plain_text(text) for text in context.unlabelled])
            if settings.unlabelled
            else texts.encode([]),
        )
        labelled = partial(LabelledVectors.of, taxonomy=taxonomy, encode=texts.encode)
        learnt = learn(settings, taxonomy, labelled(used), labelled(held), ground)
        detector = learnt.detector
        notes: dict[str, object] = {
            "rows held back": len(held),
            "rows without a label": len(ground.pool),
            "weights of features": "learnt by simulated arrival" if len(learnt.weights) else "shipped",
            "max tokens": texts.encoder.texts.max_tokens,
            "rule for texts beyond": settings.long_texts,
            LANGUAGES: languages_of(source),
        }
        if detector is not None:
            notes["catch-all learnt from"] = detector.way
            notes["rows of topics that are not given to the catch-all"] = (
                f"{detector.kept:.1%} of those held back, at least {detector.bound:.1%} with 95 % confidence"
            )
        followed = context.taxonomy_file if settings.follow else None
        return SimilarityClassifier(learnt, texts, settings.old_loss, notes, followed)

    def load(self, folder: Path) -> SimilarityClassifier:
        """Load what ``save`` wrote."""
        need_torch("the kind 'similarity'")
        return load_similarity(folder)

    def use_alone(self, about: Mapping[str, object]) -> UseAlone:
        """Only here."""
        return UseAlone(
            "The folder 'encoder' loads in transformers; comparing its vectors with the topics is topicsmith's part."
        )


KIND = SimilarityKind()
