"""``kind: hierarchy``: topics with subtopics, over any other kind that learns topics.

Three ways: ``topic`` learns topics only; ``joint`` learns every pair of topic and subtopic in one pass; ``steps``
learns topics first, and for each topic a classifier of its own that tells its subtopics apart.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from pydantic import ConfigDict, ValidationError, model_validator

from topicsmith.classifiers.base import Checking, FitContext, FittedModel, FloatArray, Predictions, Traits
from topicsmith.classifiers.model_folder import candidate_kind, load_classifier, save_classifier
from topicsmith.classifiers.tensors import read_json
from topicsmith.errors import ModelFolderError, ProjectError, TrainingError, first_line
from topicsmith.json_file import COPY_AGAIN, checked
from topicsmith.project import CandidateSettings
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic, to_document
from topicsmith.taxonomy_file import from_document

CONFIG = "hierarchy.json"
_BETWEEN = " / "

Way = Literal["topic", "joint", "steps"]


class HierarchySettings(CandidateSettings):
    """Settings of ``kind: hierarchy``: the way, and under ``base`` the settings of the kind it is built from."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    way: Way = "steps"
    base: dict[str, object]

    @model_validator(mode="after")
    def _base_is_a_kind(self) -> "HierarchySettings":
        if not isinstance(self.base.get("kind"), str):
            raise ValueError("'base' needs 'kind', for example 'base: {kind: linear}'")
        if self.base["kind"] == "hierarchy":
            raise ValueError("'base' cannot be a hierarchy itself")
        try:
            base_settings(self)
        except ProjectError as error:
            raise ValueError(str(error)) from None
        return self


class HierarchyClassifier:
    """A classifier for topics, and what tells their subtopics apart.

    ``first`` knows topics, or in the joint way pairs. ``below`` holds for each topic either a classifier of its
    subtopics or the only one it has; a topic without subtopics is not in it.
    """

    def __init__(
        self, way: Way, taxonomy: Taxonomy, first: FittedModel, below: Mapping[str, FittedModel | str], base: str
    ) -> None:
        """``base`` is the kind of all classifiers inside."""
        self._way, self._taxonomy, self._first, self._below, self._base = way, taxonomy, first, below, base
        self._pairs = {_joined(topic.name, sub): (topic.name, sub) for topic in taxonomy.topics for sub in _subs(topic)}

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics it knows, in order; subtopics come with the predictions."""
        return self._taxonomy.names

    @property
    def training_notes(self) -> Mapping[str, object]:
        """What each classifier inside tells of its training, under the topic it stands below; money is summed."""
        parts = [("", self._first), *((f"{topic}: ", one) for topic, one in self._below.items())]
        told = [(where, getattr(one, "training_notes", {})) for where, one in parts]
        notes = {f"{where}{key}": value for where, found in told for key, value in found.items() if key != "usd"}
        paid = [found["usd"] for _, found in told if isinstance(found.get("usd"), int | float)]
        return {**notes, **({"usd": sum(paid)} if paid else {})}

    def predict(self, texts: Sequence[str]) -> Predictions:
        """One prediction per text, in order, with its subtopic where the way gives one."""
        found = self._first.predict(texts)
        if self._way == "joint":
            return self._split(found)
        predictions = Predictions(found.items, self._spread(found.probabilities, {t: t for t in self._first.topics}))
        return predictions if self._way == "topic" else self._with_subtopics(texts, predictions)

    def _split(self, found: Predictions) -> Predictions:
        topic_of = {pair: self._pairs[pair][0] for pair in self._first.topics}
        probabilities = self._spread(found.probabilities, topic_of)
        items = []
        for row, item in enumerate(found):
            if item.topic is None:
                items.append(item)
                continue
            topic, subtopic = self._pairs[item.topic]
            confidence = item.confidence
            if probabilities is not None:
                confidence = float(probabilities[row, self.topics.index(topic)])
            items.append(replace(item, topic=topic, subtopic=subtopic, confidence=confidence))
        return Predictions(tuple(items), probabilities)

    def _with_subtopics(self, texts: Sequence[str], found: Predictions) -> Predictions:
        items = list(found.items)
        for topic, below in self._below.items():
            rows = [row for row, item in enumerate(items) if item.topic == topic]
            if not rows:
                continue
            names = (
                [below] * len(rows)
                if isinstance(below, str)
                else [item.topic for item in below.predict([texts[row] for row in rows])]
            )
            for row, name in zip(rows, names, strict=True):
                items[row] = replace(items[row], subtopic=name)
        return Predictions(tuple(items), found.probabilities)

    def _spread(self, probabilities: FloatArray | None, topic_of: Mapping[str, str]) -> FloatArray | None:
        """Columns of the first classifier summed into the topics' columns."""
        if probabilities is None:
            return None
        spread = np.zeros((len(probabilities), len(self.topics)))
        for column, name in enumerate(self._first.topics):
            spread[:, self.topics.index(topic_of[name])] += probabilities[:, column]
        return spread

    def save(self, folder: Path) -> None:
        """Write each classifier as a model folder of its own."""
        save_classifier(self._first, self._base, folder / "first", "# Topics\n", {})
        below: dict[str, object] = {}
        for number, (topic, one) in enumerate(self._below.items()):
            below[topic] = {"only": one} if isinstance(one, str) else {"folder": f"below-{number}"}
            if not isinstance(one, str):
                save_classifier(one, self._base, folder / f"below-{number}", "# Subtopics\n", {})
        document = {
            "way": self._way,
            "base": self._base,
            "taxonomy": to_document(self._taxonomy),
            "below": below,
        }
        (folder / CONFIG).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


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
        if settings.way == "joint":
            first = fit.one("joint", _pair_taxonomy(taxonomy), _paired(train, taxonomy), _paired(validation, taxonomy))
            return HierarchyClassifier("joint", taxonomy, first, {}, base.kind)
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


class Based(Protocol):
    """Settings of a kind that is built from another."""

    @property
    def name(self) -> str:
        """The candidate."""

    @property
    def seed(self) -> int:
        """Where its random numbers begin."""

    @property
    def base(self) -> Mapping[str, object]:
        """The settings of the kind inside."""


def base_settings(settings: Based) -> CandidateSettings:
    """The settings of the kind inside, checked by that kind.

    Raises:
        ProjectError: naming the key that is wrong.
    """
    kind = candidate_kind(str(settings.base["kind"]))
    try:
        return kind.Settings.model_validate({"name": settings.name, "seed": settings.seed, **settings.base})
    except ValidationError as invalid:
        finding = invalid.errors(include_url=False)[0]
        key = ".".join(str(part) for part in finding["loc"])
        raise ProjectError(f"candidate '{settings.name}': base.{key}: {finding['msg']}") from None


class _Fitter:
    """Fits classifiers of one kind, each in a work folder of its own."""

    def __init__(self, base: CandidateSettings, context: FitContext) -> None:
        self._base, self._context = base, context
        self._kind = candidate_kind(base.kind)

    def one(
        self, name: str, taxonomy: Taxonomy, train: Sequence[Example], validation: Sequence[Example]
    ) -> FittedModel:
        work = self._context.work / name
        work.mkdir(parents=True, exist_ok=True)
        own = replace(self._context, taxonomy=taxonomy, work=work)
        return self._kind.fit(self._base, TrainSet(tuple(train)), ValidationSet(tuple(validation)), own)

    def below(self, name: str, topic: Topic, train: TrainSet, validation: ValidationSet) -> FittedModel | str:
        """A classifier of the subtopics of ``topic``, or the only one that has rows."""
        rows = [_as_subtopic(row) for row in train if row.topic == topic.name and row.subtopic and row.copies > 0]
        seen = {row.topic for row in rows}
        if not seen:
            raise TrainingError(
                f"no training row of the topic '{topic.name}' has a subtopic; label subtopics or use 'way: topic'"
            )
        if len(seen) == 1:
            return seen.pop()
        kept = [_as_subtopic(row) for row in validation if row.topic == topic.name and row.subtopic in seen]
        return self.one(name, Taxonomy(topic.subtopics), rows, kept)


def _as_subtopic(row: Example) -> Example:
    assert row.subtopic is not None
    return replace(row, topic=row.subtopic, subtopic=None, label=None)


def _subs(topic: Topic) -> list[str | None]:
    return [sub.name for sub in topic.subtopics] or [None]


def _joined(topic: str, subtopic: str | None) -> str:
    return topic if subtopic is None else f"{topic}{_BETWEEN}{subtopic}"


def _pair_taxonomy(taxonomy: Taxonomy) -> Taxonomy:
    return Taxonomy(tuple(Topic(_joined(topic.name, sub)) for topic in taxonomy.topics for sub in _subs(topic)))


def _paired(rows: TrainSet | ValidationSet, taxonomy: Taxonomy) -> list[Example]:
    """Rows with their pair as the topic; a row whose topic has subtopics but that has none itself teaches no pair."""
    deep = {topic.name for topic in taxonomy.topics if topic.subtopics}
    return [
        replace(row, topic=_joined(row.topic, row.subtopic if row.topic in deep else None), subtopic=None, label=None)
        for row in rows
        if row.topic not in deep or row.subtopic
    ]
