"""Fitting one candidate and leaving a model folder that loads alone."""

import platform
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol, runtime_checkable

from topicsmith.classifiers.base import CHECKPOINTS, FitContext
from topicsmith.classifiers.model_card import card_text
from topicsmith.classifiers.model_folder import candidate_kind, save_classifier
from topicsmith.project import CandidateSettings
from topicsmith.records import TrainSet, ValidationSet

_LIBRARIES = ("topicsmith", "numpy", "scikit-learn", "torch", "transformers", "peft")


@runtime_checkable
class Documented(Protocol):
    """A classifier that knows more about its training; plain data, kept in ``topicsmith.json`` and on the card.

    The keys ``usd`` (money spent) and ``device`` are understood, all others are shown as they are.
    """

    @property
    def training_notes(self) -> Mapping[str, object]:
        """What happened: epochs, best epoch, texts cut, seeds and their scores."""


@dataclass(frozen=True)
class TrainingRecord:
    """What became of fitting one candidate.

    ``seconds`` is the time of fitting alone, without writing; ``usd`` is money paid to others, ``None`` when nothing
    was bought. ``rows`` are distinct training rows, ``rows_seen`` counts their copies.
    """

    candidate: str
    kind: str
    folder: Path
    topics: tuple[str, ...]
    rows: int
    rows_seen: int
    seconds: float
    usd: float | None
    device: str
    notes: Mapping[str, object] = field(default_factory=dict)


def train_candidate(
    settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext, folder: Path
) -> TrainingRecord:
    """Fit the candidate that ``settings`` describe and write its model folder, all of it or nothing.

    Raises:
        TrainingError: when fitting broke off; an earlier model folder is then untouched.
    """
    kind = candidate_kind(settings.kind)
    context.work.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    classifier = kind.fit(settings, train, validation, context)
    seconds = time.perf_counter() - started
    notes = dict(classifier.training_notes) if isinstance(classifier, Documented) else {}
    usd = notes.pop("usd", None)
    record = TrainingRecord(
        candidate=settings.name,
        kind=settings.kind,
        folder=folder,
        topics=tuple(classifier.topics),
        rows=sum(example.copies > 0 for example in train),
        rows_seen=sum(example.copies for example in train),
        seconds=seconds,
        usd=float(usd) if isinstance(usd, int | float) else None,
        device=str(notes.pop("device", "cpu")),
        notes=notes,
    )
    about = _about(record, settings, train, validation, context)
    card = card_text(settings.kind, record.topics, about)
    save_classifier(classifier, settings.kind, folder, card, about)
    for checkpoints in [*context.work.rglob(CHECKPOINTS)]:  # a candidate made of several has some for each
        shutil.rmtree(checkpoints, ignore_errors=True)
    return record


def _about(
    record: TrainingRecord,
    settings: CandidateSettings,
    train: TrainSet,
    validation: ValidationSet,
    context: FitContext,
) -> dict[str, object]:
    seen = {example.topic for example in train if example.copies > 0}
    return {
        "name": record.candidate,
        "settings": settings.model_dump(mode="json", exclude={"name"}),
        "data": {
            "training rows": record.rows,
            "training rows with copies": record.rows_seen,
            "validation rows": len(validation),
            "taxonomy": context.taxonomy.digest,
            "topics without training rows": [name for name in context.taxonomy.names if name not in seen] or "none",
        },
        "seconds": round(record.seconds, 3),
        "usd": record.usd,
        "device": record.device,
        "libraries": {"python": platform.python_version(), **_versions()},
        "notes": dict(record.notes),
    }


def _versions() -> dict[str, str]:
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
