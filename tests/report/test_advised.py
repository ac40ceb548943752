"""Advice, calibration and curves."""

from topicsmith.report.advised import read_advice, read_calibrations, read_curves
from topicsmith.report.reading import Node, read
from topicsmith.runs import RunFolder


def test_advice(run: RunFolder) -> None:
    advice = read_advice(read(run, "advice.json"))
    assert advice is not None
    assert advice.deploy == "tfidf"
    assert [check.holds for check in advice.checklist] == [False, True, None]
    assert advice.standings[1].misses == ("accuracy 50.0 % [40.4, 59.6], wanted 75.0 %",)
    assert read_advice(Node()) is None


def test_calibration_with_and_without_a_threshold(run: RunFolder) -> None:
    sure, unsure = read_calibrations(read(run, "confidence.json"))
    assert (sure.threshold, sure.coverage, sure.ece_before, sure.ece) == (0.871, 0.44, 0.094, 0.037)
    assert [b.accuracy.value for b in sure.bins] == [0.444, 0.7, 0.943]
    assert unsure.threshold is None
    assert unsure.error is None


def test_curves_take_the_colour_of_their_last_candidate(run: RunFolder) -> None:
    (curve,) = read_curves(read(run, "learning_curves.json"), "curves")
    assert (curve.candidate, curve.member) == ("tfidf", "tfidf")
    assert [(p.x, p.y.value) for p in curve.points] == [(100, 0.61), (300, 0.72), (700, 0.8)]
    risk = read_curves(read(run, "confidence.json"), "risk_coverage")
    assert [(p.x, p.y.value) for p in risk[0].points] == [(0.2, 0.0), (0.44, 0.0227), (0.99, 0.172)]
