"""What is measured, as records: the shapes behind ``evaluations.json`` and ``leaderboard.json``."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Interval:
    """A figure with its uncertainty: ``low`` and ``high`` bound it at ``level``, over ``n`` rows."""

    value: float
    low: float
    high: float
    n: int
    level: float = 0.95
    method: str = ""


@dataclass(frozen=True)
class TopicScores:
    """Precision, recall and F1 of one topic; ``None`` where the topic has no row (recall) or no prediction."""

    topic: str
    support: int
    predicted: int
    correct: int
    precision: float | None
    recall: float | None
    f1: float


@dataclass(frozen=True)
class Comparison:
    """One candidate against the best, on the same rows.

    ``only_best`` and ``only_this`` count rows that only one of the two had right; ``p_value`` is McNemar's exact test,
    ``p_adjusted`` after Holm's correction over all comparisons; ``tied`` when that is above the level.
    """

    best: str
    only_best: int
    only_this: int
    p_value: float
    p_adjusted: float
    tied: bool


@dataclass(frozen=True)
class AgreementBias:
    """How accuracy flatters when only agreed rows are counted.

    ``agreed_by_label``: agreed rows, against what the annotators agreed on (the usual published figure);
    ``agreed_by_truth``: agreed rows, against the truth; ``all_by_truth``: every row, against the truth.
    """

    agreed_by_label: Interval | None
    agreed_by_truth: Interval | None
    all_by_truth: Interval | None


@dataclass(frozen=True)
class Evaluation:
    """One classifier on one split: every row counted, failures as wrong.

    ``confusion`` has a row per true topic and a column per predicted topic in the order of ``topics``, plus a last
    column for failures. Macro figures average over the topics that have rows.
    """

    candidate: str
    kind: str
    model: str | None
    prompt: str | None
    split: Literal["validation", "test"]
    truth: Literal["given", "labels"]
    n: int
    failures: int
    failures_by_status: dict[str, int]
    accuracy: Interval
    macro_f1: Interval
    balanced_accuracy: Interval
    macro_precision: float
    macro_recall: float
    topics: tuple[str, ...]
    by_topic: tuple[TopicScores, ...]
    confusion: tuple[tuple[int, ...], ...]
    in_scope_accuracy: Interval | None
    catch_all_recall: Interval | None
    bias: AgreementBias
    p50_ms: float | None
    p95_ms: float | None
    texts_per_s: float | None
    output_tokens_mean: float | None
    train_s: float | None
    train_usd: float | None
    usd_per_1k: float | None
    comparison: Comparison | None = None
