"""What a model card says of the test rows."""

from dataclasses import replace

from topicsmith.classifiers.model_card import AUDITED
from topicsmith.evaluation.evaluate import Identity, evaluate
from topicsmith.evaluation.results import Evaluation, Training
from topicsmith.records import Example, Prediction, TestSet, Timing
from topicsmith.stages.card_scores import card_scores
from topicsmith.statistics.intervals import Interval
from topicsmith.taxonomy import Taxonomy, Topic

FOUND = Interval(0.6, 0.5, 0.7, 300)


def _evaluation(rows: int) -> Evaluation:
    test = TestSet(tuple(Example(f"q{n}", "text", "a") for n in range(rows)), truth="labels")
    answers = {f"q{n}": Prediction("a") for n in range(rows)}
    taxonomy = Taxonomy((Topic("a"), Topic("b")))
    return evaluate(Identity("c", "linear"), test, answers, taxonomy, Timing(), Training())


def test_the_audit_comes_first_and_agreed_labels_are_named() -> None:
    scores = card_scores(_evaluation(40), FOUND)
    assert [score.name for score in scores] == [
        AUDITED,
        "accuracy against agreed labels",
        "macro F1 against agreed labels",
        "balanced accuracy against agreed labels",
    ]
    assert (scores[0].value, scores[0].low, scores[0].high, scores[0].n) == (0.6, 0.5, 0.7, 300)
    assert card_scores(replace(_evaluation(40), truth="given"), None)[0].name == "accuracy"


def test_without_a_test_row_there_is_the_audit_or_nothing() -> None:
    assert [score.name for score in card_scores(_evaluation(0), FOUND)] == [AUDITED]
    assert card_scores(_evaluation(0), None) == []
