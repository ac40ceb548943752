"""What to do next for the weakest topics: more labels of which kind, a sharper description, or a merger."""

from topicsmith.advice.inputs import Facts
from topicsmith.advice.wording import percent
from topicsmith.evaluation.results import Evaluation, TopicScores

SHOWN = 3
THIN = 500
UNCLEAR = 0.6
"""Below this agreement the annotators themselves do not know the topic's borders (Personal development had .438)."""
MERGE_SHARE = 0.2


def next_steps(evaluation: Evaluation, facts: Facts) -> tuple[str, ...]:
    """One line for each of the up to three topics with the lowest F1 that have test rows, weakest first."""
    scored = [score for score in evaluation.by_topic if score.support and score.f1 < 1]
    weakest = sorted(scored, key=lambda score: (score.f1, score.topic))[:SHOWN]
    return tuple(_line(score, evaluation, facts) for score in weakest)


def _line(score: TopicScores, evaluation: Evaluation, facts: Facts) -> str:
    interval = score.f1_interval
    width = f" [{100 * interval.low:.0f}, {100 * interval.high:.0f}]" if interval is not None else ""
    head = f"{score.topic}: F1 {percent(score.f1)}{width} over {score.support:,} test rows"
    return f"{head}. {_cause(score, evaluation, facts)}"


def _cause(score: TopicScores, evaluation: Evaluation, facts: Facts) -> str:
    topic = score.topic
    other, moved, mixed = _largest_confusion(evaluation, topic)
    rows, agreed = facts.training_rows.get(topic), facts.topic_agreement.get(topic)
    if rows == 0:
        return f"It has no training row, so nothing can learn it: label some; {mixed}."
    if agreed is not None and agreed < UNCLEAR:
        split = facts.disagreements.get((min(topic, other), max(topic, other)), 0) if other else 0
        also = f" ({split:,} {'row' if split == 1 else 'rows'} split with {other})" if split else ""
        return (
            f"The annotators agree on only {percent(agreed)} of the rows that either gave it{also}: describe its "
            f"border more sharply, or have a person settle such rows; {mixed}."
        )
    if rows is not None and rows < THIN:
        wanted = f"rows that lie between it and {other}" if other else "rows of every sort"
        count = "1 training row" if rows == 1 else f"{rows:,} training rows"
        return f"It has {count}, fewer than {THIN}: label more of it, above all {wanted}; {mixed}."
    if other is not None and moved / score.support >= MERGE_SHARE and _mutual(evaluation, topic, other):
        return (
            f"It and {other} are taken for each other ({mixed}): merge them, or say in both descriptions what parts "
            "them."
        )
    if other is not None:
        return f"Label more rows that lie between it and {other}: {mixed}."
    return "Look at its wrong rows in the report: no single topic takes them."


def _largest_confusion(evaluation: Evaluation, topic: str) -> tuple[str | None, int, str]:
    """The topic it is most often mixed up with, in either direction; how many rows; and that in words."""
    place = evaluation.topics.index(topic)
    found = []
    for index, name in enumerate(evaluation.topics):
        if index != place:
            found.append((evaluation.confusion[place][index], name, "its", name))
            found.append((evaluation.confusion[index][place], name, f"{name}'s", topic))
    count, name, whose, answered = max(found, key=lambda item: (item[0], item[1], item[3]))
    if not count:
        return None, 0, "its rows got no answer"
    return name, count, f"{count:,} of {whose} rows {'was' if count == 1 else 'were'} answered {answered}"


def _mutual(evaluation: Evaluation, topic: str, other: str) -> bool:
    """Whether each takes a tenth or more of the other's rows."""
    a, b = evaluation.topics.index(topic), evaluation.topics.index(other)
    rows = evaluation.confusion
    return rows[a][b] >= 0.1 * max(1, sum(rows[a])) and rows[b][a] >= 0.1 * max(1, sum(rows[b]))
