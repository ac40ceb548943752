"""Everything an audit says of a run: ``audit_report.json``."""

from collections.abc import Mapping
from dataclasses import dataclass

from topicsmith.audit.estimation.estimate import AuditedFigure
from topicsmith.audit.estimation.truth import FEWEST_OF_A_TOPIC, AuditedTruth
from topicsmith.audit.judged import AuditedRowSet
from topicsmith.evaluation.serialization import to_document as plain
from topicsmith.statistics.clusters import clustered_share, near_copies
from topicsmith.statistics.intervals import IntArray

CANDIDATE = "candidate "
"""What stands before a candidate's name among those whose answers are judged."""

LABELS = "labels"


@dataclass(frozen=True)
class AuditSubject:
    """Whose word is judged: the labels, an annotator or a candidate, and a topic per query."""

    name: str
    said: Mapping[str, str | None]


@dataclass(frozen=True)
class AuditMaterial:
    """What there is to report on.

    ``everything`` are all rows with the answers to them, ``test`` the test rows, each ``None`` where too few of them
    are answered. ``groups`` are the near-copies each query belongs to.
    """

    everything: AuditedRowSet | None
    test: AuditedRowSet | None
    topics: tuple[str, ...]
    labels: AuditSubject
    annotators: tuple[AuditSubject, ...]
    candidates: tuple[AuditSubject, ...]
    groups: Mapping[str, str]


def report_of(material: AuditMaterial) -> dict[str, object] | None:
    """The figures: labels and annotators on all rows where such were drawn, else on test rows; candidates on test rows.

    Every figure has ``value``, ``low`` and ``high`` (for rows like these), ``these_low`` and ``these_high`` (for these
    very rows), and ``worst`` and ``best``, what it is where undecided rows count as bad and as good as can be.
    ``None`` where too few rows are answered.
    """
    of_labels = material.everything or material.test
    if of_labels is None:
        return None
    names = [subject.said for subject in material.annotators]
    truth = of_labels.truth(material.topics, names)
    accuracy: dict[str, dict[str, object]] = {}
    for subject in (material.labels, *material.annotators):
        accuracy[subject.name] = figure_document(truth.accuracy(_codes(of_labels, subject, material), powered=False))
    labelled = _codes(of_labels, material.labels, material)
    given = labelled >= 0
    accuracy[LABELS]["precision"] = figure_document(truth.precision(labelled)) if given.any() else None
    accuracy[LABELS]["coverage"] = float(given.mean())
    report: dict[str, object] = {
        "of": "all rows" if material.everything is not None else "test rows",
        "accuracy": accuracy,
        "macro_f1": {},
        "differences": [],
        "topics": _topics(truth, of_labels, material),
        "recalls": {},
        "notes": list(dict.fromkeys([*of_labels.notes, *(material.test.notes if material.test else ())])),
    }
    if material.test is not None and material.candidates:
        report |= _of_candidates(material.test, material, accuracy)
    return report


def figure_document(found: AuditedFigure) -> dict[str, object]:
    """One figure as plain data."""
    at = found.like_these
    return {
        "value": float(at.value),
        "low": float(at.low),
        "high": float(at.high),
        "these_low": float(found.these.low),
        "these_high": float(found.these.high),
        "worst": float(found.worst),
        "best": float(found.best),
        "n": at.n,
        "audited": found.audited,
        "method": at.method,
    }


def _codes(rows: AuditedRowSet, subject: AuditSubject, material: AuditMaterial) -> IntArray:
    return rows.codes(subject.said, material.topics)


def _of_candidates(
    rows: AuditedRowSet, material: AuditMaterial, accuracy: dict[str, dict[str, object]]
) -> dict[str, object]:
    """Accuracy, macro F1 and differences of candidates, put into ``accuracy`` and beside it."""
    truth = rows.truth(material.topics, [subject.said for subject in material.annotators])
    answers = {subject.name: _codes(rows, subject, material) for subject in material.candidates}
    macro: dict[str, object] = {}
    values: dict[str, float] = {}
    for name, said in answers.items():
        found = truth.accuracy(said)
        values[name] = found.like_these.value
        entry = figure_document(found)
        if len(truth.opinions):
            entry["stratified"] = figure_document(truth.accuracy(said, powered=False))
        entry["agreed_only"] = _agreed_only(rows, said, truth, material)
        accuracy[f"{CANDIDATE}{name}"] = entry
        f1 = truth.macro_f1(said)
        macro[name] = None if f1 is None else figure_document(f1)
    best = max(values, key=lambda name: values[name])
    differences = [
        {"first": best, "second": name, **figure_document(truth.difference(answers[best], said))}
        for name, said in answers.items()
        if name != best
    ]
    return {"macro_f1": macro, "differences": differences, "recalls": _recalls(truth, answers, material)}


def _agreed_only(rows: AuditedRowSet, answers: IntArray, truth: AuditedTruth, material: AuditMaterial) -> object:
    """The flattering figure: rows on which all annotators agree, against what they say."""
    if not len(truth.opinions):
        return None
    first = truth.opinions[0]
    agreed = (truth.opinions == first).all(axis=0) & (first >= 0)
    if not agreed.any():
        return None
    groups = near_copies(rows.ids, material.groups)
    return plain(clustered_share((answers == first)[agreed], groups[agreed]))


def _topics(truth: AuditedTruth, rows: AuditedRowSet, material: AuditMaterial) -> list[dict[str, object]]:
    """By topic: its share of the rows beside what the labels make of it, and how often labels find its rows."""
    labels = _codes(rows, material.labels, material)
    given = max(1, int((labels >= 0).sum()))
    found = []
    for code, topic in enumerate(material.topics):
        audited = truth.audited_of(code)
        found.append(
            {
                "topic": topic,
                "audited": audited,
                "share": figure_document(truth.share(code)),
                "share_of_labels": float((labels == code).sum() / given),
                "label_recall": _own(truth, labels, code),
            }
        )
    return found


def _recalls(
    truth: AuditedTruth, answers: Mapping[str, IntArray], material: AuditMaterial
) -> dict[str, list[dict[str, object]]]:
    return {
        name: [
            {"topic": topic, "audited": truth.audited_of(code), "recall": _own(truth, said, code)}
            for code, topic in enumerate(material.topics)
        ]
        for name, said in answers.items()
    }


def _own(truth: AuditedTruth, answers: IntArray, topic: int) -> dict[str, object] | None:
    """The recall of a topic; ``None`` where fewer than ten of its rows were audited."""
    if truth.audited_of(topic) < FEWEST_OF_A_TOPIC:
        return None
    found = truth.recall(answers, topic)
    return None if found is None else figure_document(found)
