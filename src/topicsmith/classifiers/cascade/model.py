"""A cascade that was fitted: members in order, what tells whether their answers are kept, and its folder."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from topicsmith.classifiers.base import FittedModel, FloatArray, Predictions, Updatable, spend_as
from topicsmith.classifiers.cascade.gate import Gate
from topicsmith.classifiers.model_folder import MANIFEST, load_classifier, read_manifest, save_classifier
from topicsmith.classifiers.predict import predict_each
from topicsmith.classifiers.training_targets import IntArray
from topicsmith.errors import ModelFolderError, first_line
from topicsmith.json_file import COPY_AGAIN, checked, read_json
from topicsmith.records import Prediction

CONFIG = "cascade.json"
_CARD = "README.md"
_DIGITS = 12
"""Of confidences, so that a text has the same one alone and in company."""


@dataclass(frozen=True)
class Member:
    """One classifier of a cascade: the candidate's name and kind, and its model folder where it was loaded from one."""

    name: str
    kind: str
    model: FittedModel
    folder: Path | None = None

    def write(self, folder: Path) -> None:
        """Leave its model folder as ``folder``: a copy where it has one, without what was measured of it later."""
        if self.folder is None:
            save_classifier(self.model, self.kind, folder, f"# {self.name}\n", {"name": self.name})
            return
        files = read_manifest(self.folder)["files"]
        assert isinstance(files, Mapping)
        for name in (MANIFEST, _CARD, *files):
            source, target = self.folder / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_file():
                shutil.copyfile(source, target)


@dataclass(frozen=True)
class Rule:
    """How sure each member is, by its gate, and how sure all but the last have to be, by their thresholds.

    ``catch_all`` is the topic whose share was stated; ``probabilities``: every member gives some, so the cascade does.
    """

    gates: tuple[Gate, ...]
    thresholds: tuple[float, ...]
    catch_all: str | None
    probabilities: bool


class CascadeClassifier:
    """Asks members in order; the first one that is sure enough answers, the last one whatever the others left."""

    def __init__(
        self, members: Sequence[Member], rule: Rule, topics: Sequence[str], notes: Mapping[str, object]
    ) -> None:
        """``topics`` is the order in which the topics of the members are named."""
        self.members, self.rule, self._order = tuple(members), rule, tuple(topics)
        self.training_notes = notes

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that any member knows."""
        known = dict.fromkeys(topic for member in self.members for topic in member.model.topics)
        return (*(topic for topic in self._order if topic in known), *(t for t in known if t not in self._order))

    @property
    def models(self) -> tuple[FittedModel, ...]:
        """The classifiers, the one asked first in the first place."""
        return tuple(member.model for member in self.members)

    def predict(self, texts: Sequence[str]) -> Predictions:
        """One prediction per text, in order, each with the name of the member that gave it.

        Its confidence is the probability that it is right, by the member's gate, so that all are on one scale.
        """
        parts, waiting = self._asked(texts, len(self.members) - 1)
        if waiting or not texts:
            last = self.members[-1]
            found = predict_each(last.model, [texts[row] for row in waiting])
            sure = self.rule.gates[-1].sure(found, last.model.topics, self.rule.catch_all)
            parts.append(_Part(last, np.array(waiting, np.int64), found, sure))
        items: list[Prediction] = [Prediction(None, status="failed")] * len(texts)
        for part in parts:
            for row, item, sure in zip(part.rows.tolist(), part.found, part.sure.tolist(), strict=True):
                confidence = round(sure, _DIGITS) if sure >= 0 else item.confidence
                items[row] = replace(item, member=part.member.name, confidence=confidence)
        return Predictions(tuple(items), self._spread(len(texts), parts) if self.rule.probabilities else None)

    def sent(self, texts: Sequence[str]) -> list[str]:
        """The texts that come to the last member, which is not asked."""
        _, waiting = self._asked(texts, len(self.members) - 1)
        return [texts[row] for row in waiting]

    def _asked(self, texts: Sequence[str], count: int) -> "tuple[list[_Part], list[int]]":
        """The answers that the first ``count`` members keep, and the rows that they leave."""
        parts, waiting = [], list(range(len(texts)))
        rule = zip(self.rule.gates[:count], self.rule.thresholds, strict=True)
        for member, (gate, threshold) in zip(self.members[:count], rule, strict=True):
            if not waiting:
                break
            found = predict_each(member.model, [texts[row] for row in waiting])
            sure = gate.sure(found, member.model.topics, self.rule.catch_all)
            kept = sure >= threshold
            rows = np.array(waiting, np.int64)
            items = tuple(item for item, keeps in zip(found, kept, strict=True) if keeps)
            shares = found.probabilities
            own = Predictions(items, None if shares is None else shares[kept])
            parts.append(_Part(member, rows[kept], own, sure[kept]))
            waiting = rows[~kept].tolist()
        return parts, waiting

    def _spread(self, count: int, parts: "Sequence[_Part]") -> FloatArray:
        """The probabilities that each row's member gave, in the columns of the cascade's topics."""
        column = {topic: at for at, topic in enumerate(self.topics)}
        spread = np.zeros((count, len(column)))
        for part in parts:
            if part.found.probabilities is not None:
                at = np.array([column[topic] for topic in part.member.model.topics], np.int64)
                spread[part.rows[:, None], at] = part.found.probabilities
        return spread

    def refresh(self) -> None:
        """Let members whose topics may be edited take over edits."""
        for member in self.members:
            if isinstance(member.model, Updatable):
                member.model.refresh()

    def spend_as(self, purpose: str) -> None:
        """Count what members pay from now on towards ``purpose``."""
        for member in self.members:
            spend_as(member.model, purpose)

    def save(self, folder: Path) -> None:
        """Write each member as a model folder of its own."""
        for at, member in enumerate(self.members):
            member.write(folder / _place(at))
        document = {
            "members": [{"name": member.name, "kind": member.kind} for member in self.members],
            "topics": list(self._order),
            "gates": [asdict(gate) for gate in self.rule.gates],
            "thresholds": list(self.rule.thresholds),
            "catch_all": self.rule.catch_all,
            "probabilities": self.rule.probabilities,
        }
        (folder / CONFIG).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Part:
    """The rows, by number, that a member answers, its answers, and how sure it is of each (rows,), -1 where unknown."""

    member: Member
    rows: IntArray
    found: Predictions
    sure: FloatArray


@dataclass(frozen=True)
class _SavedMember:
    """A member as saved."""

    name: str
    kind: str


@dataclass(frozen=True)
class _SavedCascade:
    """What :meth:`CascadeClassifier.save` writes."""

    members: tuple[_SavedMember, ...]
    topics: tuple[str, ...]
    gates: tuple[Gate, ...]
    thresholds: tuple[float, ...]
    catch_all: str | None
    probabilities: bool


def load_cascade(folder: Path) -> CascadeClassifier:
    """Load what :meth:`CascadeClassifier.save` wrote.

    Raises:
        ModelFolderError: when something is missing or damaged.
    """
    path = folder / CONFIG
    try:
        found = read_json(path, ModelFolderError, COPY_AGAIN)
    except OSError as exc:
        raise ModelFolderError(f"{path}: cannot be read ({first_line(exc)}); {COPY_AGAIN}") from None
    saved = checked(_SavedCascade, found, path, ModelFolderError, COPY_AGAIN)
    if not len(saved.gates) - 1 == len(saved.thresholds) == len(saved.members) - 1 >= 1:
        raise ModelFolderError(f"{path}: does not have a threshold for each member but the last; {COPY_AGAIN}")
    members = [
        Member(each.name, each.kind, load_classifier(folder / _place(at)), folder / _place(at))
        for at, each in enumerate(saved.members)
    ]
    rule = Rule(saved.gates, saved.thresholds, saved.catch_all, saved.probabilities)
    return CascadeClassifier(members, rule, saved.topics, {})


def _place(at: int) -> str:
    return f"member-{at}"
