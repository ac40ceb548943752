"""One classifier on one set of rows: every row counted, failures as wrong."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np
from numpy.typing import NDArray

from topicsmith.evaluation import metrics
from topicsmith.evaluation.results import AgreementBias, Confusion, Evaluation, SubtopicScores, TopicScores, Training
from topicsmith.records import Example, Prediction, TestSet, Timing, ValidationSet
from topicsmith.statistics.intervals import (
    BY_GROUP,
    FloatArray,
    IntArray,
    Interval,
    Resamples,
    from_totals,
    percentile_interval,
    wilson,
)
from topicsmith.taxonomy import Taxonomy

MISSING = Prediction(None, status="failed")
CONFUSIONS, LOOKED_AT = 12, 3


@dataclass(frozen=True)
class Identity:
    """Which candidate is judged."""

    candidate: str
    kind: str
    model: str | None = None
    prompt: str | None = None


def evaluate(
    identity: Identity,
    rows: TestSet | ValidationSet,
    predictions: Mapping[str, Prediction],
    taxonomy: Taxonomy,
    timing: Timing,
    training: Training,
    usd_per_1k: float | None = None,
    seed: int = 13,
) -> Evaluation:
    """Judge one candidate on every one of ``rows``.

    Args:
        identity: which candidate it is.
        rows: what it is judged on.
        predictions: by query; a missing one is a failure.
        taxonomy: the topics; answers outside it are failures.
        timing: how fast it answered.
        training: what fitting took.
        usd_per_1k: what a thousand answers cost, ``None`` when unknown.
        seed: of the bootstrap; the same seed for all candidates lets them be paired.

    Raises:
        RunStateError: when a row is of a topic the taxonomy lacks.
    """
    topics = taxonomy.names
    answers = answers_to(rows, predictions)
    truth = metrics.truth_codes(rows.topics, topics)
    predicted = metrics.codes([answer.topic for answer in answers], topics)
    failures = Counter(_status(answer, taxonomy) for answer, code in zip(answers, predicted, strict=True)
                       if code == len(topics))  # fmt: skip
    columns = metrics.counts_by_row(truth, predicted, len(topics))
    counts = columns.sum(axis=0, dtype=np.int64)
    drawn = Resamples(groups_of(rows), seed=seed).totals(columns)
    tokens = [answer.output_tokens for answer in answers if answer.output_tokens is not None]
    right = truth == predicted
    return Evaluation(
        candidate=identity.candidate,
        kind=identity.kind,
        model=identity.model,
        prompt=identity.prompt,
        split=rows.role,
        truth=rows.truth if isinstance(rows, TestSet) else "labels",
        n=len(rows),
        failures=failures.total(),
        failures_by_status=dict(sorted(failures.items())),
        accuracy=wilson(int(right.sum()), len(rows)),
        macro_f1=from_totals(columns, metrics.macro_f1, drawn),
        balanced_accuracy=from_totals(columns, metrics.balanced_accuracy, drawn),
        macro_precision=float(metrics.macro_precision(counts[None, :].astype(float))[0]) if len(rows) else nan,
        macro_recall=float(metrics.balanced_accuracy(counts[None, :].astype(float))[0]) if len(rows) else nan,
        topics=topics,
        by_topic=_with_f1_intervals(metrics.topic_scores(counts, topics), drawn),
        confusion=_plain(metrics.confusion_matrix(truth, predicted, len(topics))),
        in_scope_accuracy=_scope_share(rows, right, taxonomy, inside=True),
        catch_all_recall=_scope_share(rows, right, taxonomy, inside=False),
        bias=agreement_bias(rows, [answer.topic for answer in answers]),
        p50_ms=timing.p50_ms,
        p95_ms=timing.p95_ms,
        texts_per_s=timing.texts_per_s,
        output_tokens_mean=float(np.mean(tokens)) if tokens else None,
        train_s=training.seconds,
        train_usd=training.usd,
        usd_per_1k=usd_per_1k,
        by_subtopic=_by_subtopic(rows, answers),
        confusions=_top_confusions(rows, answers, predicted, topics),
    )


def answers_to(rows: TestSet | ValidationSet, predictions: Mapping[str, Prediction]) -> list[Prediction]:
    """The answer to each row, in order; a missing one, and a topic that came with a failure, is a failure."""
    answers = []
    for row in rows:
        answer = predictions.get(row.query_id, MISSING)
        answers.append(answer if answer.status == "ok" else replace(answer, topic=None))
    return answers


def groups_of(rows: TestSet | ValidationSet) -> list[str]:
    """The near-copy group of each row; a row without one is a group of its own."""
    return [f"group {row.group}" if row.group is not None else f"row {row.query_id}" for row in rows]


def agreement_bias(rows: TestSet | ValidationSet, answers: Sequence[str | None]) -> AgreementBias:
    """Accuracy on agreed rows beside accuracy on all rows; against the truth only where it is known.

    Where every row's label is its true topic, as when the input's own topics are the labels, there is nothing to
    compare, and the figures on agreed rows are ``None``.
    """
    agreed = [(row, answer) for row, answer in zip(rows, answers, strict=True) if row.label is not None]
    by_label = wilson(sum(row.label == answer for row, answer in agreed), len(agreed)) if agreed else None
    if not isinstance(rows, TestSet) or rows.truth != "given":
        return AgreementBias(by_label, None, None)
    if all(row.label == row.topic for row in rows):
        return AgreementBias(None, None, by_label)
    return AgreementBias(
        agreed_by_label=by_label,
        agreed_by_truth=wilson(sum(row.topic == answer for row, answer in agreed), len(agreed)) if agreed else None,
        all_by_truth=wilson(sum(row.topic == answer for row, answer in zip(rows, answers, strict=True)), len(rows)),
    )


def _status(answer: Prediction, taxonomy: Taxonomy) -> str:
    return "off_taxonomy" if answer.topic is not None and answer.topic not in taxonomy.names else answer.status


def _with_f1_intervals(scores: tuple[TopicScores, ...], totals: FloatArray) -> tuple[TopicScores, ...]:
    drawn = metrics.f1_by_topic(totals)
    judged = []
    for index, score in enumerate(scores):
        if score.support:
            interval = percentile_interval(score.f1, drawn[:, index], score.support, 0.95, BY_GROUP)
            if score.correct == 0 or score.f1 == 1:
                interval = metrics.f1_wilson(score)
            score = replace(score, f1_interval=interval)  # noqa: PLW2901  # the same score, completed
        judged.append(score)
    return tuple(judged)


def _plain(confusion: IntArray) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(cell) for cell in line) for line in confusion)


def _scope_share(
    rows: TestSet | ValidationSet, right: NDArray[np.bool_], taxonomy: Taxonomy, inside: bool
) -> Interval | None:
    """Accuracy over the rows in scope, or over the rows of the catch-all topic (its recall)."""
    if taxonomy.catch_all is None:
        return None
    chosen = np.array([(topic != taxonomy.catch_all) == inside for topic in rows.topics], dtype=bool)
    return wilson(int(right[chosen].sum()), int(chosen.sum()))


def _by_subtopic(rows: TestSet | ValidationSet, answers: Sequence[Prediction]) -> tuple[SubtopicScores, ...]:
    members: dict[tuple[str, str], list[tuple[Example, Prediction]]] = defaultdict(list)
    for row, answer in zip(rows, answers, strict=True):
        if row.subtopic is not None:
            members[row.topic, row.subtopic].append((row, answer))
    named = any(answer.subtopic is not None for answer in answers)
    scores = []
    for (topic, subtopic), pairs in sorted(members.items()):
        both = sum(answer.topic == topic and answer.subtopic == subtopic for _, answer in pairs)
        topic_right = sum(answer.topic == topic for _, answer in pairs)
        of_both = wilson(both, len(pairs)) if named else None
        scores.append(SubtopicScores(topic, subtopic, len(pairs), wilson(topic_right, len(pairs)), of_both))
    return tuple(scores)


def _top_confusions(
    rows: TestSet | ValidationSet, answers: Sequence[Prediction], predicted: IntArray, topics: Sequence[str]
) -> tuple[Confusion, ...]:
    support = Counter(rows.topics)
    found: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for row, answer, code in zip(rows, answers, predicted, strict=True):
        said = answer.topic if code < len(topics) else None
        if said != row.topic:
            found[row.topic, said].append(row.query_id)
    largest = sorted(found.items(), key=lambda item: (-len(item[1]), item[0][0], item[0][1] or ""))
    return tuple(
        Confusion(topic, said, len(ids), len(ids) / support[topic], tuple(ids[:LOOKED_AT]))
        for (topic, said), ids in largest[:CONFUSIONS]
    )
