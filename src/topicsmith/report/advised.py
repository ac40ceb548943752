"""Reading the advice and the optional measurements: calibration, risk against coverage, learning curves."""

from topicsmith.report.labelled import estimate
from topicsmith.report.parts import Advice, Calibration, Check, Curve, CurvePoint, Reliability
from topicsmith.report.reading import Node


def read_advice(document: Node) -> Advice | None:
    """What ``advice.json`` says; ``None`` when the run has none."""
    if not document:
        return None
    checklist = tuple(
        Check(
            question=item.text("question", "name") or "",
            answer=item.text("answer", "finding") or "",
            holds=item.flag("holds", "met"),
        )
        for item in document["checklist"].items()
    )
    return Advice(
        deploy=document.text("deploy"),
        sentences=document.first("sentences", "why").texts(),
        know_better=document.first("know_better", "next").texts(),
        checklist=checklist,
        weakest=document.first("weakest", "weakest_topics").texts(),
        never_best=document["never_best"].texts(),
    )


def read_curves(document: Node, key: str) -> tuple[Curve, ...]:
    """The curves under ``key``: a list of ``{candidate, points: [{x, y}]}``."""
    curves = []
    for item in document[key].items():
        points = []
        for point in item["points"].items():
            x, y = point.number("x", "rows", "coverage"), estimate(point.first("y", "accuracy", "risk"))
            if x is not None and y is not None:
                points.append(CurvePoint(x, y))
        if points:
            curves.append(Curve(item.text("candidate") or "", tuple(points)))
    return tuple(curves)


def read_calibrations(document: Node) -> tuple[Calibration, ...]:
    """How far each candidate's confidences can be believed."""
    return tuple(_calibration(item) for item in document["calibration"].items())


def _calibration(node: Node) -> Calibration:
    bins = []
    for item in node["bins"].items():
        confidence, accuracy = item.number("confidence"), estimate(item["accuracy"])
        if confidence is not None and accuracy is not None:
            bins.append(Reliability(confidence, accuracy))
    return Calibration(
        candidate=node.text("candidate") or "",
        method=node.text("method"),
        ece_before=node.number("ece_before"),
        ece=node.number("ece"),
        bins=tuple(bins),
        wished_error=node.number("wished_error"),
        threshold=node.number("threshold"),
        coverage=node.number("coverage"),
        error=estimate(node["error"]),
        assurance=node.number("assurance"),
    )
