import pytest

from topicsmith.costs.cost import (
    CandidateCost,
    Serving,
    TokenPrice,
    TrainingCost,
    answers_usd,
    break_even,
    break_evens,
    labelling_as_paid,
    serving_by_members,
    serving_by_time,
    serving_by_tokens,
    training_by_machine,
    training_by_tokens,
    training_of_members,
    worth_waiting,
)
from topicsmith.records import Annotation, Usage


def _annotation(query: str, annotator: str, usd: float | None, status: str = "labelled") -> Annotation:
    usage = Usage(input_tokens=400, output_tokens=12, cost_usd=usd)
    return Annotation(query, annotator, "a", None, status, usage=usage)  # type: ignore[arg-type]  # a status literal


def test_labelling_as_paid() -> None:
    # the experiment: $4.53 and $21.63 for 8,000 rows are $2.62 per 1,000 once scaled (here 2 rows at its mean price)
    rows = [_annotation(q, a, usd / 8000) for q in ("q1", "q2") for a, usd in (("gemini", 4.53), ("claude", 21.63))]
    cost = labelling_as_paid([*rows, _annotation("q3", "gemini", None, "pending")])
    assert cost.rows == 2
    assert cost.usd_per_1k == pytest.approx(3.27, abs=0.001)  # 26.16 / 8; the post divides by about 10,000
    assert [(a.annotator, a.answers, a.output_tokens) for a in cost.annotators] == [
        ("claude", 2, 24),
        ("gemini", 2, 24),
    ]


def test_an_unknown_cost_is_not_zero() -> None:
    cost = labelling_as_paid([_annotation("q1", "x", 0.01), _annotation("q2", "x", None)])
    assert cost.usd is None
    assert cost.usd_per_1k is None
    assert (cost.annotators[0].usd, cost.annotators[0].unknown) == (0.01, 1)


def test_training_by_tokens_is_the_published_formula() -> None:
    # base tokens × epochs × $0.55 / 1,000,000 (appendix B). 3.5M billable tokens are $1.925; its $19.25 needs 35M.
    assert training_by_tokens(350_000, 10, 0.55) == pytest.approx(1.925)
    assert training_by_tokens(3_500_000, 10, 0.55) == pytest.approx(19.25)


def test_training_by_machine() -> None:
    assert training_by_machine(28 * 60, 3.0) == pytest.approx(1.4)


def test_answers_by_tokens_with_retries() -> None:
    price = TokenPrice(1.25, 10.0)
    assert answers_usd(8000, 357, 12, price) == pytest.approx(8000 * (357 * 1.25 + 120) / 1e6)
    serving = serving_by_tokens(357, 12, price, retries=0.1)
    assert serving.usd_per_1k == pytest.approx(1.1 * 0.56625)


def test_a_machine_kept_half_busy_costs_twice() -> None:
    # $3.60 an hour is $0.001 a second; 10 texts a second: $0.0001 a text
    serving = serving_by_time(3.6, 10, utilisation=0.5)
    assert serving.usd_per_1k_busy == pytest.approx(0.1)
    assert serving.usd_per_1k == pytest.approx(0.2)


def test_at_the_projects_volume_the_machine_is_paid_all_day() -> None:
    serving = serving_by_time(3.6, 10, per_day=10_000)
    assert serving.machines == 1
    assert serving.usd_per_1k == pytest.approx(86.4 / 10)
    assert serving.utilisation == pytest.approx(10_000 / 864_000)
    many = serving_by_time(3.6, 10, per_day=2_000_000, utilisation=0.8)
    assert many.machines == 3  # 2,000,000 / (864,000 × .8) = 2.9
    assert many.usd_per_1k == pytest.approx(3 * 86.4 / 2000)


def test_retries_and_failures_are_paid_for() -> None:
    serving = serving_by_time(3.6, 10, utilisation=1.0, retries=0.25, failures=0.2)
    assert serving.usd_per_1k == pytest.approx(0.1 * 1.25 / 0.8)


def _cost(name: str, training: float | None, per_1k: float | None) -> CandidateCost:
    return CandidateCost(name, 0.0, training, None if per_1k is None else Serving("tokens", per_1k, per_1k))


def test_break_even_of_the_experiments_two_best() -> None:
    # GPT-4.1-nano: $48.00 and $0.135 per 1,000; Qwen3-14B: $19.81 and $0.40 (FACTS 11, 12; usd_per_1k)
    nano, qwen = _cost("nano", 48.0, 0.135), _cost("14B", 19.81, 0.40)
    meeting = break_even(qwen, nano)
    assert meeting is not None
    assert (meeting.dearer_to_start, meeting.cheaper_to_start) == ("nano", "14B")
    assert meeting.texts == 106_378  # 28.19 / .265 × 1000, rounded up
    assert nano.total_usd(meeting.texts) <= qwen.total_usd(meeting.texts)  # type: ignore[operator]  # both known here
    assert nano.total_usd(meeting.texts - 1) > qwen.total_usd(meeting.texts - 1)  # type: ignore[operator]  # as above


def test_what_costs_more_throughout_never_breaks_even() -> None:
    meeting = break_even(_cost("dear", 10, 2.0), _cost("cheap", 1, 1.0))
    assert meeting is not None
    assert meeting.texts is None


def test_unknown_costs_have_no_break_even() -> None:
    costs = [_cost("a", None, 1.0), _cost("b", 1.0, None), _cost("c", 9.0, 0.5), _cost("d", 1.0, 1.0)]
    assert break_even(costs[0], costs[3]) is None
    assert costs[1].total_usd(1000) is None
    assert [(b.dearer_to_start, b.cheaper_to_start, b.texts) for b in break_evens(costs)] == [("c", "d", 16_000)]


def test_the_arithmetic_of_a_machine_is_told() -> None:
    half = serving_by_time(3.6, 14_000.0)
    assert half.detail == "$3.6 an hour, 14,000 texts/s, busy 50% of the time"
    # a machine that answers 86.4 million a day gets 20,000
    idle = serving_by_time(3.6, 1000.0, per_day=20_000)
    assert idle.detail == (
        "$3.6 an hour, 1,000 texts/s; 20,000 texts a day keep 1 busy less than 0.1% of a day that is paid in full"
    )
    assert serving_by_time(3.6, 1.0, per_day=43_200).detail.endswith("keep 1 busy 50.0% of a day that is paid in full")


def test_break_evens_beyond_ten_years_are_left_out() -> None:
    # a millionth of a cent saved per 1,000 texts: $9 more to start pays after 9e11 texts
    costs = [_cost("dear", 10, 1.0), _cost("cheap", 1, 1.00000001)]
    meeting = break_even(*costs)
    assert meeting is not None
    assert meeting.texts is not None
    assert meeting.texts > 8e11
    assert break_evens(costs) == break_evens(costs, 1_000_000) == ()
    assert len(break_evens(costs, 1e9)) == 1
    assert worth_waiting(3_652_500_000, None)
    assert not worth_waiting(3_652_500_001, None)


def test_a_candidate_made_of_others_costs_what_comes_to_each() -> None:
    small, asked = Serving("machine", 0.02, 0.01, 0.5), Serving("tokens", 3.0, 3.0)
    found = serving_by_members([("small", 1.0, small), ("asked", 0.1, asked)])
    assert found.usd_per_1k == pytest.approx(0.32)
    assert found.usd_per_1k_busy == pytest.approx(0.31)
    assert found.detail == "100.0% of texts come to small at $0.02 per 1,000, 10.0% to asked at $3"


def test_training_it_takes_training_them() -> None:
    own, small = TrainingCost("machine", 0.5, "10 s"), TrainingCost("machine", 2.0, "40 s")
    found = training_of_members(own, [("small", small), ("asked", TrainingCost("none", 0.0, "nothing is trained"))])
    assert (found.usd, found.detail) == (2.5, "10 s, after small, asked")
    assert training_of_members(own, [("small", TrainingCost("machine", None, "no price"))]).usd is None
