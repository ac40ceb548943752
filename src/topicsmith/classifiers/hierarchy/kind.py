"""``kind: hierarchy``: topics with subtopics, over any other kind that learns topics.

Four ways: ``topic`` learns topics only; ``joint`` and ``leaves`` learn every pair of topic and subtopic in one pass,
and answer with the likeliest pair, or with the likeliest topic and its likeliest pair; ``steps`` learns topics first,
and for each topic a classifier of its own that tells its subtopics apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from topicsmith.classifiers.base import Checking, FitContext, FittedModel, Traits
from topicsmith.classifiers.hierarchy.base import base_settings
from topicsmith.classifiers.hierarchy.leaves import (
    as_subtopic,
    leaf_names,
    leaf_taxonomy,
    pair_names,
    pair_taxonomy,
    paired,
)
from topicsmith.classifiers.hierarchy.model import CONFIG, HierarchyClassifier
from topicsmith.classifiers.hierarchy.settings import HierarchySettings, Way
from topicsmith.classifiers.model_folder import candidate_kind, load_classifier
from topicsmith.classifiers.tensors import read_json
from topicsmith.errors import ModelFolderError, ProjectError, TrainingError, first_line
from topicsmith.json_file import COPY_AGAIN, checked
from topicsmith.project import CandidateSettings
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_file import from_document


@dataclass(frozen=True)
class _Saved:
    """What of the saved settings is no text."""

    way: Way


class HierarchyKind:
    """The door to ``kind: hierarchy``."""

    Settings = HierarchySettings
    traits = Traits(title="a classifier for topics and one for each topic's subtopics")

    def built_on(self, settings: CandidateSettings) -> tuple[str, ...]:
        """The kind of its parts."""
        assert isinstance(settings, HierarchySettings)
        return (base_settings(settings).kind,)

    def check(self, settings: CandidateSettings, project_folder: Path) -> None:
        """Ask the kind it is built from."""
        assert isinstance(settings, HierarchySettings)
        kind = candidate_kind(str(settings.base["kind"]))
        if isinstance(kind, Checking):
            kind.check(base_settings(settings), project_folder)

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> FittedModel:
        """Fit the classifiers that the way needs.

        Raises:
            ProjectError: when the base's settings are wrong, or the taxonomy has no subtopics.
            TrainingError: when rows lack subtopics that the way learns.
        """
        assert isinstance(settings, HierarchySettings)
        base = base_settings(settings)
        taxonomy = context.taxonomy
        if settings.way != "topic" and not any(topic.subtopics for topic in taxonomy.topics):
            raise ProjectError(f"candidate '{settings.name}': the taxonomy has no subtopics; use 'way: topic'")
        fit = _Fitter(base, context)
        if settings.way in {"joint", "leaves"}:
            pairs, names = pair_taxonomy(taxonomy), pair_names(taxonomy)
            if settings.way == "leaves":
                pairs, names = leaf_taxonomy(taxonomy), leaf_names(taxonomy)
            learnt, held = (paired(rows, taxonomy, names) for rows in (train, validation))
            first = fit.one(settings.way, pairs, learnt, held)
            return HierarchyClassifier(settings.way, taxonomy, first, {}, base.kind)
        first = fit.one("topics", taxonomy, train.examples, validation.examples)
        below: dict[str, FittedModel | str] = {}
        if settings.way == "steps":
            for number, topic in enumerate(taxonomy.topics):
                if topic.subtopics:
                    below[topic.name] = fit.below(f"below-{number}", topic, train, validation)
        return HierarchyClassifier(settings.way, taxonomy, first, below, base.kind)

    def load(self, folder: Path) -> FittedModel:
        """Load what was saved."""
        path = folder / CONFIG
        try:
            saved: dict[str, Any] = read_json(path)
            way: Way = checked(_Saved, saved, path, ModelFolderError, COPY_AGAIN).way
            taxonomy, base = from_document(saved["taxonomy"], path), str(saved["base"])
            places = {str(topic): dict(place) for topic, place in saved["below"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise ModelFolderError(f"{path}: cannot be read ({first_line(exc)}); copy the folder again") from None
        below = {
            topic: place["only"] if "only" in place else load_classifier(folder / Path(str(place["folder"])).name)
            for topic, place in places.items()
        }
        return HierarchyClassifier(way, taxonomy, load_classifier(folder / "first"), below, base)


KIND = HierarchyKind()


class _Fitter:
    """Fits classifiers of one kind, each in a work folder of its own."""

    def __init__(self, base: CandidateSettings, context: FitContext) -> None:
        self._base, self._context = base, context
        self._kind = candidate_kind(base.kind)

    def one(
        self,
        name: str,
        taxonomy: Taxonomy,
        train: Sequence[Example],
        validation: Sequence[Example],
        *,
        whole: bool = True,
    ) -> FittedModel:
        """A classifier of ``taxonomy``, which is ``whole`` where any text has one of its topics.

        It follows no file: its topics are not those of the project's.
        """
        work = self._context.work / name
        work.mkdir(parents=True, exist_ok=True)
        unlabelled = self._context.unlabelled if whole else ()
        own = replace(self._context, taxonomy=taxonomy, work=work, unlabelled=unlabelled, taxonomy_file=None)
        return self._kind.fit(self._base, TrainSet(tuple(train)), ValidationSet(tuple(validation)), own)

    def below(self, name: str, topic: Topic, train: TrainSet, validation: ValidationSet) -> FittedModel | str:
        """A classifier of the subtopics of ``topic``, or the only one that has rows."""
        rows = [as_subtopic(row) for row in train if row.topic == topic.name and row.subtopic and row.copies > 0]
        seen = {row.topic for row in rows}
        if not seen:
            raise TrainingError(
                f"no training row of the topic '{topic.name}' has a subtopic; label subtopics or use 'way: topic'"
            )
        if len(seen) == 1:
            return seen.pop()
        kept = [as_subtopic(row) for row in validation if row.topic == topic.name and row.subtopic in seen]
        return self.one(name, Taxonomy(topic.subtopics), rows, kept, whole=False)
