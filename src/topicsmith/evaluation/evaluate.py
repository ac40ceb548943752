"""One classifier on one set of rows: every row counted, failures as wrong."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np
from numpy.typing import NDArray

from topicsmith.evaluation import macro_intervals, metrics
from topicsmith.evaluation.results import (
    AgreementBias,
    Confusion,
    Evaluation,
    Part,
    SubtopicScores,
    TopicScores,
    Training,
)
from topicsmith.records import Prediction, TestSet, Timing, ValidationSet
from topicsmith.statistics.clusters import clustered_share, group_codes, group_name
from topicsmith.statistics.intervals import IntArray, Interval
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
    parts: tuple[Part, ...] = ()


def evaluate(
    identity: Identity,
    rows: TestSet | ValidationSet,
    predictions: Mapping[str, Prediction],
    taxonomy: Taxonomy,
    timing: Timing,
    training: Training,
    usd_per_1k: float | None = None,
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
    groups = group_codes(groups_of(rows))
    tokens = [answer.output_tokens for answer in answers if answer.output_tokens is not None]
    right = truth == predicted
    accuracy = clustered_share(right, groups)
    return Evaluation(
        candidate=identity.candidate,
        kind=identity.kind,
        model=identity.model,
        prompt=identity.prompt,
        parts=identity.parts,
        split=rows.role,
        truth=rows.truth if isinstance(rows, TestSet) else "labels",
        n=len(rows),
        failures=failures.total(),
        failures_by_status=dict(sorted(failures.items())),
        accuracy=accuracy,
        macro_f1=macro_intervals.macro_interval(columns, groups, metrics.macro_f1, accuracy),
        balanced_accuracy=macro_intervals.macro_interval(columns, groups, metrics.balanced_accuracy, accuracy),
        macro_precision=float(metrics.macro_precision(counts[None, :].astype(float))[0]) if len(rows) else nan,
        macro_recall=float(metrics.balanced_accuracy(counts[None, :].astype(float))[0]) if len(rows) else nan,
        topics=topics,
        by_topic=_with_intervals(metrics.topic_scores(counts, topics), truth, predicted, groups),
        confusion=_plain(metrics.confusion_matrix(truth, predicted, len(topics))),
        in_scope_accuracy=_scope_share(rows, right, groups, taxonomy, inside=True),
        catch_all_recall=_scope_share(rows, right, groups, taxonomy, inside=False),
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
    return [group_name(row.query_id, row.group) for row in rows]


def agreement_bias(rows: TestSet | ValidationSet, answers: Sequence[str | None]) -> AgreementBias:
    """Accuracy on agreed rows beside accuracy on all rows; against the truth only where it is known.

    Where every row's label is its true topic, as when the input's own topics are the labels, there is nothing to
    compare, and the figures on agreed rows are ``None``.
    """
    groups = group_codes(groups_of(rows))
    agreed = np.array([row.label is not None for row in rows], dtype=bool)
    like_label = np.array([row.label == answer for row, answer in zip(rows, answers, strict=True)], dtype=bool)
    like_truth = np.array([row.topic == answer for row, answer in zip(rows, answers, strict=True)], dtype=bool)
    by_label = clustered_share(like_label[agreed], groups[agreed]) if agreed.any() else None
    if not isinstance(rows, TestSet) or rows.truth != "given":
        return AgreementBias(by_label, None, None)
    if all(row.label == row.topic for row in rows):
        return AgreementBias(None, None, by_label)
    return AgreementBias(
        agreed_by_label=by_label,
        agreed_by_truth=clustered_share(like_truth[agreed], groups[agreed]) if agreed.any() else None,
        all_by_truth=clustered_share(like_truth, groups),
    )


def _status(answer: Prediction, taxonomy: Taxonomy) -> str:
    return "off_taxonomy" if answer.topic is not None and answer.topic not in taxonomy.names else answer.status


def _with_intervals(
    scores: tuple[TopicScores, ...], truth: IntArray, predicted: IntArray, groups: IntArray
) -> tuple[TopicScores, ...]:
    """Recall over the topic's rows, and F1 by way of the share right of the rows that are of it or answered with it."""
    judged = []
    for index, score in enumerate(scores):
        if not score.support:
            judged.append(score)
            continue
        of_it = truth == index
        either = of_it | (predicted == index)
        recall = clustered_share(predicted[of_it] == index, groups[of_it])
        both = clustered_share((of_it & (predicted == index))[either], groups[either])
        judged.append(replace(score, recall_interval=recall, f1_interval=metrics.f1_interval(score, both)))
    return tuple(judged)


def _plain(confusion: IntArray) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(cell) for cell in line) for line in confusion)


def _scope_share(
    rows: TestSet | ValidationSet, right: NDArray[np.bool_], groups: IntArray, taxonomy: Taxonomy, inside: bool
) -> Interval | None:
    """Accuracy over the rows in scope, or over the rows of the catch-all topic (its recall)."""
    if taxonomy.catch_all is None:
        return None
    chosen = np.array([(topic != taxonomy.catch_all) == inside for topic in rows.topics], dtype=bool)
    return clustered_share(right[chosen], groups[chosen])


def _by_subtopic(rows: TestSet | ValidationSet, answers: Sequence[Prediction]) -> tuple[SubtopicScores, ...]:
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row.subtopic is not None:
            members[row.topic, row.subtopic].append(place)
    groups = group_codes(groups_of(rows))
    named = any(answer.subtopic is not None for answer in answers)
    scores = []
    for (topic, subtopic), places in sorted(members.items()):
        said = [answers[place] for place in places]
        right = np.array([answer.topic == topic for answer in said], dtype=bool)
        both = np.array([answer.topic == topic and answer.subtopic == subtopic for answer in said], dtype=bool)
        of_both = clustered_share(both, groups[places]) if named else None
        scores.append(SubtopicScores(topic, subtopic, len(places), clustered_share(right, groups[places]), of_both))
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
