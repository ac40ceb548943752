"""A hierarchy that was fitted, and its folder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from topicsmith.classifiers.base import FittedModel, FloatArray, Predictions
from topicsmith.classifiers.hierarchy.leaves import leaf_names, pair_names
from topicsmith.classifiers.hierarchy.settings import Way
from topicsmith.classifiers.model_folder import save_classifier
from topicsmith.errors import UserError
from topicsmith.taxonomy import Taxonomy, to_document

CONFIG = "hierarchy.json"


class HierarchyClassifier:
    """A classifier for topics, and what tells their subtopics apart.

    ``first`` knows topics, or in the ways ``joint`` and ``leaves`` pairs. ``below`` holds for each topic either a
    classifier of its subtopics or the only one it has; a topic without subtopics is not in it.
    """

    def __init__(
        self, way: Way, taxonomy: Taxonomy, first: FittedModel, below: Mapping[str, FittedModel | str], base: str
    ) -> None:
        """``base`` is the kind of all classifiers inside."""
        self._way, self._taxonomy, self._first, self._below, self._base = way, taxonomy, first, below, base
        self._pairs = leaf_names(taxonomy) if way == "leaves" else pair_names(taxonomy)

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
        if self._way in {"joint", "leaves"}:
            return self._split(found)
        predictions = Predictions(found.items, self._spread(found.probabilities, {t: t for t in self._first.topics}))
        return predictions if self._way == "topic" else self._with_subtopics(texts, predictions)

    def leaves(self, texts: Sequence[str]) -> tuple[tuple[tuple[str, str | None], ...], FloatArray]:
        """The pairs of topic and subtopic that it knows, and the probability of each for each text.

        What :meth:`predict` gives as a topic's probability is the sum of those of its pairs.

        Raises:
            UserError: where topics are not told by their pairs, or the kind inside gives no probabilities.
        """
        shares = self._first.predict(texts).probabilities if self._way in {"joint", "leaves"} else None
        if shares is None:
            raise UserError(f"'way: {self._way}' of '{self._base}' gives no probabilities of pairs; use 'way: leaves'")
        return tuple(self._pairs[name] for name in self._first.topics), shares

    def _split(self, found: Predictions) -> Predictions:
        """Topics and subtopics of pairs.

        In the way ``joint`` they are those of the likeliest pair; in the way ``leaves`` the topic whose pairs are
        likeliest together, and its likeliest pair, so that the topic answered is always the likeliest one.
        """
        topic_of = {pair: self._pairs[pair][0] for pair in self._first.topics}
        probabilities = self._spread(found.probabilities, topic_of)
        answered: list[str | None] = [item.topic for item in found]
        if self._way == "leaves" and probabilities is not None and found.probabilities is not None and len(found):
            of = np.array([self.topics.index(topic_of[name]) for name in self._first.topics])
            within = np.where(of == probabilities.argmax(axis=1)[:, None], found.probabilities, -1.0).argmax(axis=1)
            best = [self._first.topics[at] for at in within.tolist()]
            answered = [None if item.topic is None else leaf for item, leaf in zip(found, best, strict=True)]
        items = []
        for row, (item, pair) in enumerate(zip(found, answered, strict=True)):
            if pair is None:
                items.append(item)
                continue
            topic, subtopic = self._pairs[pair]
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
