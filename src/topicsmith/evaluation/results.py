"""What is measured, as records: the shapes behind ``evaluations.json`` and ``leaderboard.json``.

A figure over no rows is not a number (NaN); in JSON it is ``null``.
"""

from dataclasses import dataclass
from typing import Literal

from topicsmith.statistics.intervals import Figure, Interval


@dataclass(frozen=True)
class Training:
    """What fitting took; ``None`` is unknown."""

    seconds: float | None = None
    usd: float | None = None


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
    recall_interval: Interval | None = None
    f1_interval: Interval | None = None


@dataclass(frozen=True)
class SubtopicScores:
    """The rows of one true subtopic: how often the topic was right, and the subtopic where the candidate names one."""

    topic: str
    subtopic: str
    support: int
    topic_accuracy: Interval
    subtopic_accuracy: Interval | None


@dataclass(frozen=True)
class Confusion:
    """Rows of ``topic`` answered ``predicted`` (``None``: no answer), with up to three queries to look at."""

    topic: str
    predicted: str | None
    count: int
    share: float
    query_ids: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """One candidate against the best, on the same rows.

    ``only_best`` and ``only_this`` count rows that only one of the two had right, a group of near-copies once: for the
    one with more of its rows right, for neither when equal. ``p_value`` is McNemar's exact test of these two numbers,
    ``p_adjusted`` that this candidate is itself the best of all, corrected
    for how many there are; ``tied`` when that is above the level: it may be the best, the rows do not tell.
    ``rows_to_tell`` is how many more rows, none a near-copy of another, would tell the two apart in four cases out of
    five if they differ as much as they seem to here; ``None`` when they do not differ, 0 when they are told apart.

    ``accuracy_difference`` is what was seen, best minus this; its ends hold by how much the truly best of all
    candidates, whichever it is, is more accurate than this one, for all of them together. ``within_margin`` when that
    is shown to be no more than the project's ``targets.margin``. ``macro_f1_difference`` is best minus this.
    """

    best: str
    only_best: int
    only_this: int
    p_value: float
    p_adjusted: float
    tied: bool
    rows_to_tell: int | None = None
    macro_f1_difference: Interval | None = None
    macro_f1_p_adjusted: float | None = None
    macro_f1_tied: bool | None = None
    accuracy_difference: Interval | None = None
    within_margin: bool | None = None


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
class Part:
    """A kind that a candidate is made of or built on, and the model it asks where it has one."""

    kind: str
    model: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """One classifier on one split: every row counted, failures as wrong.

    ``confusion`` has a row per true topic and a column per predicted topic in the order of ``topics``, plus a last
    column for failures. Macro figures average over the topics that have rows. ``stood_for`` names the member that was
    chosen on validation rows in this one's place, where it is another member of the same sweep. ``chosen_accuracy``,
    of the best of several, is its accuracy corrected for having been picked on the same rows; ``p95_low`` and
    ``p95_high`` bound ``p95_ms``, ``None`` where too few texts were timed. ``parts`` are what a candidate made of
    several consists of; none where it is all of one kind.
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
    macro_precision: Figure
    macro_recall: Figure
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
    by_subtopic: tuple[SubtopicScores, ...] = ()
    confusions: tuple[Confusion, ...] = ()
    stood_for: str | None = None
    chosen_accuracy: Interval | None = None
    p95_low: float | None = None
    p95_high: float | None = None
    parts: tuple[Part, ...] = ()
