"""Alarms: an annotator that says the same of everything, cannot be read, is wrong, or is not the model it should be.

Two models that agree prove nothing when both return the same garbage. Rows whose topic is known beforehand (given
topics serve as such gold rows) tell, and so does an answer that never changes. A provider that lets another model
answer says so only in the name that comes with each answer.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from topicsmith.errors import UpstreamError
from topicsmith.llm.requests.refusals import cure
from topicsmith.records import Annotation, Query
from topicsmith.statistics.intervals import proportion
from topicsmith.taxonomy import Taxonomy

ENOUGH = 50
"""Fewer answers than this raise no alarm."""

ENOUGH_GOLD = 20
SAME = 0.98
_REASONS = 3
LOST = 0.2


def alarms(annotations: Sequence[Annotation], gold: Mapping[str, str], taxonomy: Taxonomy) -> list[str]:
    """One line for every annotator whose answers should be looked at before they are believed.

    ``gold`` maps queries to topics that are known to be right.
    """
    found: list[str] = []
    for name, rows in _by_annotator(annotations).items():
        lines = (_same(rows, taxonomy), _lost(rows), _wrong(rows, gold), _another(rows))
        found += [f"{name}: {line}; check its answers before you trust its labels" for line in lines if line]
        reasons = failures(rows)
        if reasons:
            found.append(f"{name}: {_counted(reasons)}, and the next run asks for {_them(reasons)} again")
        if kept_out := failures(rows, {"filtered", "too_large"}):
            found.append(
                f"{name}: {_counted(kept_out, 'not taken by the service')}; a person has to label {_them(kept_out)}"
            )
    return found


def failures(rows: Sequence[Annotation], statuses: Collection[str] = ("failed",)) -> Counter[str]:
    """Why rows ``failed``, counted: nothing was answered, nothing was paid, and asking again may help.

    The same for rows of other ``statuses``.
    """
    return Counter(row.error or "no reason was given" for row in rows if row.status in statuses)


def failures_by_annotator(annotations: Sequence[Annotation]) -> dict[str, dict[str, int]]:
    """How many rows of each annotator failed, by reason, the commonest first; those without failures are left out."""
    found = {name: failures(rows) for name, rows in _by_annotator(annotations).items()}
    return {name: dict(reasons.most_common()) for name, reasons in found.items() if reasons}


def check_some_answered(annotations: Sequence[Annotation]) -> None:
    """Make sure that every annotator answered something.

    Raises:
        UpstreamError: when all rows of one failed; it names the commonest reason.
    """
    for name, rows in _by_annotator(annotations).items():
        reasons = failures(rows)
        if rows and reasons.total() == len(rows):
            help_ = cure(reasons.most_common(1)[0][0])
            raise UpstreamError(f"{name}: {_counted(reasons)}; nothing is labelled, mend that and run again{help_}")


def _counted(reasons: Counter[str], how: str = "failed") -> str:
    total = reasons.total()
    said = "; ".join(f"{count:,} x {reason}" for reason, count in reasons.most_common(_REASONS))
    more = f"; and {len(reasons) - _REASONS} other reasons" if len(reasons) > _REASONS else ""
    return f"{total:,} {'row' if total == 1 else 'rows'} {how} ({said}{more})"


def _them(reasons: Counter[str]) -> str:
    return "it" if reasons.total() == 1 else "them"


def _by_annotator(annotations: Sequence[Annotation]) -> dict[str, list[Annotation]]:
    """The rows that were asked about, by annotator."""
    found: dict[str, list[Annotation]] = {}
    for annotation in annotations:
        if annotation.status != "pending":
            found.setdefault(annotation.annotator, []).append(annotation)
    return found


def _same(rows: Sequence[Annotation], taxonomy: Taxonomy) -> str | None:
    topics = Counter(row.topic for row in rows if row.topic is not None)
    n = topics.total()
    if n < ENOUGH or len(taxonomy.topics) < 3:
        return None
    topic, count = topics.most_common(1)[0]
    return f"answered '{topic}' to {count:,} of {n:,} queries" if count >= SAME * n else None


def _lost(rows: Sequence[Annotation]) -> str | None:
    statuses = Counter(row.status for row in rows if row.status not in {"labelled", "abstained"})
    if len(rows) < ENOUGH or statuses.total() <= LOST * len(rows):
        return None
    status, count = statuses.most_common(1)[0]
    return f"gave no topic for {statuses.total():,} of {len(rows):,} queries, {count:,} of them '{status}'"


def _another(rows: Sequence[Annotation]) -> str | None:
    """Answers that name a model whose name neither begins with the one asked for nor is its beginning."""
    named = Counter(row.served_model for row in rows if row.served_model and _is_a_service(row))
    asked = rows[0].requested_model or ""
    others = Counter({model: count for model, count in named.items() if not _same_model(asked, model)})
    if others:
        model, _ = others.most_common(1)[0]
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        return (
            f"asked for '{asked}', {others.total():,} of {len(rows):,} answers come from '{model}'{more}, "
            "which may judge and cost differently"
        )
    if len(named) > 1:
        return "answered by several versions of the model: " + ", ".join(f"'{m}' {n:,}" for m, n in named.most_common())
    return None


def _is_a_service(row: Annotation) -> bool:
    """Methods of our own name what they use, which nobody asked for by that name."""
    return row.requested_model is not None and row.requested_model != row.annotator


def _same_model(asked: str, served: str) -> bool:
    """Whether the names differ at most by a folder before, or a date or version behind, the one or the other."""
    a, b = (name.casefold().rpartition("/")[2] for name in (asked, served))
    return a.startswith(b) or b.startswith(a)


def _wrong(rows: Sequence[Annotation], gold: Mapping[str, str]) -> str | None:
    """Surely no better than always giving the most frequent gold topic, at 95 %."""
    judged = [row for row in rows if row.query_id in gold]
    if len(judged) < ENOUGH_GOLD:
        return None
    right = sum(row.topic == gold[row.query_id] for row in judged)
    topic, count = Counter(gold[row.query_id] for row in judged).most_common(1)[0]
    share = proportion(right, len(judged))
    assert share is not None
    if share.high >= count / len(judged):
        return None
    return (
        f"right on {right:,} of {len(judged):,} rows whose topic is known, where always '{topic}' would be on {count:,}"
    )


def given_topics(queries: Sequence[Query]) -> dict[str, str]:
    """The topics that the input gives, by query."""
    return {query.query_id: query.topic for query in queries if query.topic is not None}
