"""The sentences of an advice, from three candidates of which two are tied."""

from dataclasses import replace

from topicsmith.advice.reasons import break_even_lines, know_better, never_best
from topicsmith.costs.cost import CandidateCost, Serving
from topicsmith.evaluation.results import Evaluation
from topicsmith.project import TargetSettings


def test_the_dominated_are_named(ranked: list[Evaluation]) -> None:
    [line] = never_best(ranked, {})
    assert line == (
        "Nothing measured speaks for weak: small was right at least as often (96.0 % against 66.5 %) and is as fast."
    )


def test_a_cheaper_candidate_is_not_dominated_and_an_unknown_price_decides_nothing(ranked: list[Evaluation]) -> None:
    large, small, weak = (replace(e, usd_per_1k=usd) for e, usd in zip(ranked, (1.0, 2.0, 0.5), strict=True))
    assert never_best([large, small, weak], {}) == []
    assert never_best([small, replace(weak, usd_per_1k=None)], {}) == []


def test_equals_in_everything_are_both_worth_a_choice(ranked: list[Evaluation]) -> None:
    assert never_best([ranked[0], replace(ranked[0], candidate="twin")], {}) == []


def test_how_many_more_rows_would_tell(ranked: list[Evaluation]) -> None:
    lines = know_better(ranked, [], None)
    comparison = next(e for e in ranked if e.candidate == "small").comparison
    assert comparison is not None
    assert comparison.rows_to_tell is not None
    assert lines[0].startswith(f"To separate small from large takes about {comparison.rows_to_tell:,} more test rows")
    assert lines[-1] == "The price of serving large, small and weak is not known, and an unknown price is not zero."


def test_candidates_right_on_equally_many_rows_may_never_be_separated(ranked: list[Evaluation]) -> None:
    small = next(e for e in ranked if e.candidate == "small")
    assert small.comparison is not None
    level = replace(small, comparison=replace(small.comparison, rows_to_tell=None))
    assert know_better([level], [], None)[0] == (
        "small and large were right on equally many rows; more rows may not separate them."
    )


def test_break_even_in_days_of_the_project() -> None:
    costs = [
        CandidateCost("large", 0.0, 48.0, Serving("tokens", 0.135, 0.135)),
        CandidateCost("small", 0.0, 19.81, Serving("minutes", 0.4, 0.4)),
    ]
    assert break_even_lines(costs, TargetSettings(per_day=10_000)) == [
        "large costs less in all than small from 106,378 texts on, 11 days of this project."
    ]
    assert break_even_lines(costs, TargetSettings()) == ["large costs less in all than small from 106,378 texts on."]
    assert break_even_lines(costs, TargetSettings(per_day=29)) == []  # ten years bring 105,923 texts


def test_what_pays_only_after_ten_years_is_not_worth_a_line() -> None:
    """A price a hair lower makes up for a dearer training in the end, after longer than anybody asks."""
    costs = [
        CandidateCost("large", 0.0, 48.0, Serving("tokens", 0.13499, 0.13499)),
        CandidateCost("small", 0.0, 19.81, Serving("minutes", 0.135, 0.135)),
    ]
    texts = 1000 * (48 - 19.81) / (0.135 - 0.13499)
    assert texts > 365 * 10 * 100_000
    assert break_even_lines(costs, TargetSettings(per_day=100_000)) == []
    assert len(break_even_lines(costs, TargetSettings(per_day=1_000_000))) == 1
    assert len(break_even_lines(costs, TargetSettings())) == 1
    near = [costs[0], CandidateCost("small", 0.0, 19.81, Serving("minutes", 0.134990001, 0.134990001))]
    assert break_even_lines(near, TargetSettings()) == []
