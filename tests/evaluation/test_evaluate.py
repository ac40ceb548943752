from collections.abc import Callable
from math import isnan

import pytest

from topicsmith.evaluation.evaluate import Identity, agreement_bias, evaluate
from topicsmith.evaluation.results import Evaluation, Training
from topicsmith.records import Example, Prediction, TestSet, Timing, ValidationSet
from topicsmith.statistics.intervals import wilson
from topicsmith.taxonomy import Taxonomy


def test_every_row_counts_and_failures_are_wrong(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet]
) -> None:
    rows = make_rows(["a", "a", "b", "b", "other"])
    predictions = {
        "q0": Prediction("a"),
        "q1": Prediction(None, status="refused"),
        "q2": Prediction("b", status="truncated"),  # a topic that came with a failure does not count
        "q3": Prediction("nowhere"),  # not in the taxonomy
    }  # q4 has no answer at all
    result = judge("c", rows, predictions)
    assert result.n == 5
    assert result.accuracy.value == 1 / 5
    assert result.failures == 4
    assert result.failures_by_status == {"failed": 1, "off_taxonomy": 1, "refused": 1, "truncated": 1}
    assert sum(sum(line) for line in result.confusion) == 5
    assert result.confusion == ((1, 0, 0, 1), (0, 0, 0, 2), (0, 0, 0, 1))


def test_the_experiments_lost_rows_cost_it_three_points(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet]
) -> None:
    # 14B, v3: 93.4 % of the answered rows; 45 of 1,307 rows had no answer (FACTS, 3)
    rows = make_rows(["a"] * 1307)
    right = round(0.9342 * 1262)
    predictions = {f"q{i}": Prediction("a" if i < right else "b") for i in range(1262)}
    result = judge("14B", rows, predictions)
    assert result.accuracy.value == pytest.approx(0.902, abs=0.0005)
    assert result.failures == 45


def test_intervals_are_wilsons_where_no_row_has_a_near_copy(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    truth = ["a", "b", "other"] * 40
    said = [t if i % 5 else "a" for i, t in enumerate(truth)]
    result = judge("c", make_rows(truth), answer(said))
    right = sum(t == s for t, s in zip(truth, said, strict=True))
    assert result.accuracy == wilson(right, 120)
    assert result.macro_f1.low < result.macro_f1.value < result.macro_f1.high
    assert result.macro_f1.method == "clustered accuracy, stretched"
    assert result.by_topic[0].f1_interval is not None
    assert result.by_topic[0].f1_interval.low < result.by_topic[0].f1 < result.by_topic[0].f1_interval.high
    assert result.by_topic[0].recall_interval == wilson(40, 40)


def test_near_copies_widen_the_bootstrap_interval(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    truth = ["a", "b"] * 100
    said = [t if (i // 10) % 4 else "other" for i, t in enumerate(truth)]
    alone = judge("c", make_rows(truth), answer(said)).macro_f1
    grouped = judge("c", make_rows(truth, [f"g{i // 10}" for i in range(200)]), answer(said)).macro_f1
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)


def test_the_catch_all_is_told_apart_from_what_is_in_scope(
    judge: Callable[..., Evaluation], make_rows: Callable[..., TestSet], answer: Callable[..., dict[str, Prediction]]
) -> None:
    result = judge("c", make_rows(["a", "b", "b", "other", "other"]), answer(["a", "b", "a", "other", "a"]))
    assert result.in_scope_accuracy == wilson(2, 3)
    assert result.catch_all_recall == wilson(1, 2)


def test_agreement_bias_sets_three_figures_side_by_side(make_rows: Callable[..., TestSet]) -> None:
    #            truth      label     answer
    rows = make_rows(["a", "a", "b", "b"], labels=["a", "b", "b", None])
    bias = agreement_bias(rows, ["a", "b", "b", "a"])
    assert bias.agreed_by_label == wilson(3, 3)  # it learned the annotators' mistake
    assert bias.agreed_by_truth == wilson(2, 3)
    assert bias.all_by_truth == wilson(2, 4)


def test_without_given_truth_only_the_agreed_figure_is_known() -> None:
    rows = TestSet((Example("q0", "t", "a", label="a"), Example("q1", "t", "b", label="b")))
    bias = agreement_bias(rows, ["a", "a"])
    assert bias.agreed_by_label == wilson(1, 2)
    assert bias.agreed_by_truth is None
    assert bias.all_by_truth is None


def test_subtopics_and_top_confusions(taxonomy: Taxonomy) -> None:
    rows = TestSet(
        (
            Example("q0", "t", "a", "x"),
            Example("q1", "t", "a", "x"),
            Example("q2", "t", "a", "y"),
            Example("q3", "t", "b"),
        )
    )
    predictions = {
        "q0": Prediction("a", subtopic="x"),
        "q1": Prediction("b"),
        "q2": Prediction("a", subtopic="x"),
        "q3": Prediction(None, status="failed"),
    }
    result = evaluate(Identity("c", "k"), rows, predictions, taxonomy, Timing(), Training())
    x, y = result.by_subtopic
    assert (x.subtopic, x.support, x.topic_accuracy.value) == ("x", 2, 0.5)
    assert x.subtopic_accuracy is not None
    assert x.subtopic_accuracy.value == 0.5
    assert y.subtopic_accuracy is not None
    assert y.subtopic_accuracy.value == 0.0
    assert [(c.topic, c.predicted, c.count, c.query_ids) for c in result.confusions] == [
        ("a", "b", 1, ("q1",)),
        ("b", None, 1, ("q3",)),
    ]
    assert result.confusions[0].share == 1 / 3


def test_validation_rows_are_marked_so(taxonomy: Taxonomy) -> None:
    rows = ValidationSet((Example("q0", "t", "a", label="a"),))
    result = evaluate(
        Identity("c", "k"), rows, {"q0": Prediction("a", output_tokens=7)}, taxonomy, Timing(), Training()
    )
    assert result.split == "validation"
    assert result.output_tokens_mean == 7.0


def test_no_rows_give_no_figure(taxonomy: Taxonomy) -> None:
    result = evaluate(Identity("c", "k"), TestSet(()), {}, taxonomy, Timing(), Training())
    assert result.n == 0
    assert isnan(result.accuracy.value)
    assert isnan(result.macro_f1.value)


def test_a_topic_never_right_is_not_certain_to_stay_so(
    judge: Callable[..., Evaluation],
    make_rows: Callable[..., TestSet],
    answer: Callable[..., dict[str, Prediction]],
) -> None:
    result = judge("c", make_rows(["a"] * 6 + ["b"] * 20), answer(["b"] * 6 + ["b"] * 20))
    never = result.by_topic[0].f1_interval
    assert never is not None
    # nothing right among the 6 rows involved: Wilson's upper bound .3903, of F1 2 × .3903 / 1.3903
    assert (never.value, never.low) == (0.0, 0.0)
    assert never.high == pytest.approx(0.5615, abs=1e-4)


def test_where_the_labels_are_the_truth_there_is_nothing_to_flatter() -> None:
    rows = TestSet((Example("1", "x", "A", label="A"), Example("2", "y", "B", label="B")), truth="given")
    bias = agreement_bias(rows, ["A", "A"])
    assert (bias.agreed_by_label, bias.agreed_by_truth) == (None, None)
    assert bias.all_by_truth is not None
    assert bias.all_by_truth.value == 0.5
