"""Reading the advice and the optional measurements: calibration, risk against coverage, learning curves."""

from topicsmith.report.labelled import estimate
from topicsmith.report.parts import Advice, Calibration, Check, Curve, CurvePoint, Reliability, Standing
from topicsmith.report.reading import Node


def read_advice(document: Node) -> Advice | None:
    """What ``advice.json`` says; ``None`` when the run has none."""
    if not document:
        return None
    checklist = tuple(
        Check(item.text("question") or "", item.text("answer") or "", item.flag("holds"))
        for item in document["checklist"].items()
    )
    standings = tuple(
        Standing(item.text("candidate") or "", item["misses"].texts(), item["unknown"].texts())
        for item in document["standings"].items()
    )
    return Advice(
        deploy=document.text("deploy"),
        why=document["why"].texts(),
        tied=document["tied"].texts(),
        know_better=document["know_better"].texts(),
        standings=standings,
        never_best=document["never_best"].texts(),
        break_even=document["break_even"].texts(),
        checklist=checklist,
        weakest=document["weakest"].texts(),
    )


def read_curves(document: Node, key: str) -> tuple[Curve, ...]:
    """The curves under ``key``, whose points have rows or a setting's value and accuracy, or coverage and risk."""
    curves = []
    for item in document[key].items():
        points = []
        for point in item["points"].items():
            x, y = point.number("rows", "coverage", "value"), estimate(point.first("accuracy", "risk"))
            if x is not None and y is not None:
                points.append(CurvePoint(x, y))
        if points:
            name = item.text("candidate") or ""
            last = list(item["points"].items())[-1]
            curves.append(Curve(name, last.text("candidate") or name, tuple(points), item.text("setting") or ""))
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
        holds_on_test=node.flag("holds_on_test"),
    )
