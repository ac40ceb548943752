"""Answers of the last member as examples for the first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topicsmith.classifiers.base import FitContext, Predictions
from topicsmith.classifiers.cascade.model import Member
from topicsmith.classifiers.model_folder import candidate_kind
from topicsmith.classifiers.predict import predict_each
from topicsmith.dataset.subset import subset
from topicsmith.project import CandidateSettings
from topicsmith.records import Example, Prediction, TrainSet, ValidationSet

BATCH = 512


def answers(member: Member, texts: Sequence[str], context: FitContext) -> Predictions:
    """What a member answers, in batches."""
    items: list[Prediction] = []
    parts = []
    with context.progress.task(f"asking {member.name}", len(texts), "texts") as task:
        for start in range(0, len(texts), BATCH):
            found = predict_each(member.model, texts[start : start + BATCH])
            items.extend(found.items)
            parts.append(found.probabilities)
            task.advance(len(found))
    given = [part for part in parts if part is not None]
    whole = len(given) == len(parts) and given
    return Predictions(tuple(items), np.concatenate(given) if whole else None)


@dataclass(frozen=True)
class Taught:
    """The first member fitted anew, from how many answers, and what was paid for it where that was billed."""

    member: Member
    rows: int
    usd: float | None = None


def taught(
    first: CandidateSettings,
    texts: Sequence[str],
    said: Predictions,
    train: TrainSet,
    validation: ValidationSet,
    context: FitContext,
) -> Taught | None:
    """The candidate ``first`` fitted on its rows and on ``texts`` with what the last member ``said`` of them.

    ``None`` where it answered none with a topic of the taxonomy.
    """
    rows = [
        Example(f"taught-{at}", text, item.topic, item.subtopic)
        for at, (text, item) in enumerate(zip(texts, said, strict=True))
        if item.topic in context.taxonomy.names and item.topic is not None
    ]
    if not rows:
        return None
    own = subset(train, first.train_size, first.seed) if first.train_size else train
    kind = candidate_kind(first.kind)
    model = kind.fit(first, TrainSet((*own, *rows)), validation, context)
    usd = getattr(model, "training_notes", {}).get("usd")
    return Taught(Member(first.name, first.kind, model), len(rows), usd if isinstance(usd, int | float) else None)
