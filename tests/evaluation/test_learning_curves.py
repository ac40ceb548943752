"""Which candidates make a curve."""

from dataclasses import replace

from topicsmith.evaluation.evaluate import Identity, evaluate
from topicsmith.evaluation.learning_curves import Swept, learning_curves, setting_curves
from topicsmith.evaluation.results import Evaluation, Training
from topicsmith.records import Example, Prediction, TestSet, Timing
from topicsmith.statistics.intervals import wilson
from topicsmith.taxonomy import Taxonomy, Topic


def judged(candidate: str, right: int) -> Evaluation:
    rows = TestSet((Example("q", "x", "A"),))
    taxonomy = Taxonomy((Topic("A"), Topic("B")))
    found = evaluate(Identity(candidate, "linear"), rows, {"q": Prediction("A")}, taxonomy, Timing(), Training())
    return replace(found, accuracy=wilson(right, 100))


def test_candidates_of_a_sweep_are_ordered_by_rows_and_single_sizes_left_out() -> None:
    evaluations = [judged("big", 90), judged("small", 70), judged("alone", 80), judged("other", 50)]
    series = {"big": ("tfidf", 800), "small": ("tfidf", 200), "alone": ("minilm", 800)}
    (curve,) = learning_curves(evaluations, series)
    assert curve.candidate == "tfidf"
    assert [(p.rows, p.candidate, p.accuracy.value) for p in curve.points] == [(200, "small", 0.7), (800, "big", 0.9)]


def test_members_that_differ_in_one_setting_are_ordered_by_its_value() -> None:
    evaluations = [judged("x-64", 90), judged("x-8", 70), judged("y-8", 80)]
    swept = [Swept("x-64", "rank", "x", 64), Swept("x-8", "rank", "x", 8), Swept("y-8", "rank", "y", 8)]
    (curve,) = setting_curves(evaluations, [*swept, Swept("not judged", "rank", "y", 16)])
    assert (curve.setting, curve.candidate) == ("rank", "x")
    assert [(p.value, p.candidate, p.accuracy.value) for p in curve.points] == [(8, "x-8", 0.7), (64, "x-64", 0.9)]
