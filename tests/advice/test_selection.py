"""The rule: accuracy first, and another only where it is shown to lose no more than the margin.

Tests named ``statistics_11...`` are rows of an independent check of the advice, each with the case that broke it.
"""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.advice_loss import advised, loss_of_advice
from tests.advice.races import Runner, advice_on, but, first, ranked_of
from topicsmith.advice.selection import saving, slower
from topicsmith.project import TargetSettings
from topicsmith.statistics.intervals import Interval

DOCS = Path(__file__).parent.parent.parent / "docs" / "advice.md"


@pytest.mark.parametrize(("better", "cheaper", "rows"), [(14, 9, 20), (11, 7, 12), (52, 40, 60)])
def test_statistics_11_absence_of_evidence_never_chooses_the_cheaper(better: int, cheaper: int, rows: int) -> None:
    right = np.stack([first(better, rows), first(cheaper, rows)])
    decision = advised(right, np.arange(rows), [1.0, 0.0001], [900.0, 1.0])
    assert decision.chosen.candidate == "0"
    if rows == 20:
        assert decision.losses["1"].may_be_best  # the rows do not tell, and still


def test_statistics_11_the_majority_is_never_advised() -> None:
    runners = {"majority": Runner(first(200, 200), "majority", usd=0.0), "encoder": Runner(first(150, 200), usd=1.0)}
    assert advice_on(runners).deploy == "encoder"
    audited = {"majority": Interval(0.0, 0.0, 0.073, 400), "encoder": Interval(0.42, 0.3, 0.55, 400)}
    targets = TargetSettings(accuracy=0.7, p95_ms=100)
    slow = {"majority": runners["majority"], "encoder": Runner(first(150, 200), p95_ms=900.0)}
    assert advice_on(slow, targets, audited=audited).deploy is None  # not shown to beat a third, the constant answer
    audited["encoder"] = Interval(0.42, 0.35, 0.49, 400)
    assert advice_on(slow, targets, audited=audited).deploy == "encoder"


def test_statistics_11a_a_target_missed_by_a_hair_does_not_outweigh_accuracy() -> None:
    runners = {
        "good": Runner(first(380, 400), p95_ms=101.0),
        "quick": Runner(first(240, 400), p95_ms=1.0),
        "unmeasured": Runner(first(236, 400)),
    }
    advice = advice_on(runners, TargetSettings(p95_ms=100))
    assert advice.deploy == "good"
    assert advice.why[1] == ("good misses: 95 % of answers within 101.0 ms, wanted 100 ms: 1.0 ms too slow.")
    trade = next(line for line in advice.why if line.startswith("The trade: quick meets every target"))
    assert "60.0 % against 95.0 %" in trade


def test_statistics_11a_what_was_not_measured_is_not_met() -> None:
    runners = {"measured": Runner(first(380, 400), p95_ms=50.0), "unmeasured": Runner(but(first(380, 400), [399]))}
    advice = advice_on(runners, TargetSettings(p95_ms=100))
    assert advice.deploy == "measured"
    alone = advice_on({"unmeasured": runners["unmeasured"]}, TargetSettings(p95_ms=100))
    assert "Not certain on the evidence so far: latency not measured, wanted 100 ms." in alone.why


def test_statistics_11b_the_test_among_those_left_is_the_paired_one() -> None:
    """One is right on 26 rows more and never on fewer (p = 3e-8); a third, the best of all, does not take part."""
    runners = {
        "service": Runner(first(290, 300), "prompted", "openai:gpt"),
        "better": Runner(first(270, 300), p95_ms=1.0),
        "worse": Runner(first(244, 300), p95_ms=1.0),
    }
    advice = advice_on(runners, TargetSettings(self_hosted=True))
    assert advice.deploy == "better"
    assert advice.tied == ()
    assert advice.why[1] == "Left out: service (texts leave for a service)."
    assert any(line.startswith("worse comes next and is less accurate than the best by") for line in advice.why)


def test_statistics_11e_a_target_within_the_interval_is_not_missed() -> None:
    runners = {"close": Runner(first(899, 1000))}
    advice = advice_on(runners, TargetSettings(accuracy=0.9))
    assert advice.standings[0].misses == ()
    assert advice.standings[0].unknown == ("accuracy 89.9 % [87.9, 91.6], wanted 90.0 %",)
    assert not any("No candidate" in line for line in advice.why)


def test_statistics_11f_the_page_says_when_the_latency_is_missed() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert "more than 5 % of answers take longer" in page
    assert "95 % of answers take longer" not in page


def test_one_shown_to_be_as_good_is_taken_where_it_is_cheaper_by_what_matters() -> None:
    """Of 4,000 rows three differ: at most .2 points can be lost."""
    best = first(3600, 4000)
    cheap = but(best, [0, 1, 3999])
    runners = {"dear": Runner(best, usd=0.5), "cheap": Runner(cheap, usd=0.1)}
    advice = advice_on(runners)
    assert advice.deploy == "cheap"
    line = next(line for line in advice.why if line.startswith("dear was right more often"))
    assert "within the margin of 2.0 points. It costs $0.40 per 1,000 less." in line
    assert advice_on(runners, TargetSettings(per_day=1)).deploy == "dear"  # one cent a month
    assert advice_on(runners, TargetSettings(per_day=1000)).deploy == "cheap"
    assert advice_on(runners, TargetSettings(margin=0.0)).deploy == "dear"


def test_statistics_10b_eleven_cents_a_million_choose_nothing() -> None:
    best = first(3600, 4000)
    runners = {"dear": Runner(best, usd=0.00019), "cheap": Runner(but(best, [0, 1, 3999]), usd=0.000076)}
    assert advice_on(runners).deploy == "dear"


def test_among_those_as_good_the_faster_is_taken_where_it_is_so_for_certain() -> None:
    best = first(3600, 4000)
    other = but(best, [0, 1, 3999])
    sure = {"slow": Runner(best, p95_ms=300.0), "fast": Runner(other, p95_ms=20.0, p95_ends=(18.0, 25.0))}
    assert advice_on(sure).deploy == "fast"
    unsure = {"slow": Runner(best, p95_ms=300.0), "fast": Runner(other, p95_ms=20.0, p95_ends=(18.0, 290.0))}
    assert advice_on(unsure).deploy == "slow"


def test_among_those_as_good_the_one_nearest_to_the_targets_is_taken() -> None:
    best = first(3600, 4000)
    other = but(best, [0, 1, 3999])
    targets = TargetSettings(p95_ms=50)
    meets = {"slow": Runner(best, p95_ms=60.0), "fast": Runner(other, p95_ms=45.0)}
    assert advice_on(meets, targets).deploy == "fast"
    nobody = {"slow": Runner(best, p95_ms=500.0), "near": Runner(other, p95_ms=400.0)}
    advice = advice_on(nobody, targets)
    assert advice.deploy == "near"
    assert any(line.startswith("No candidate is known to meet every target. near misses:") for line in advice.why)
    assert any(line.endswith("It comes nearer to the other targets.") for line in advice.why)
    alike = {"slow": Runner(best, p95_ms=54.0), "near": Runner(other, p95_ms=53.0)}
    assert advice_on(alike, targets).deploy == "slow"


def test_facts_that_nobody_meets_leave_nobody_out() -> None:
    runners = {"a": Runner(first(190, 200)), "b": Runner(first(100, 200))}
    advice = advice_on(runners, TargetSettings(changing_topics=True))
    assert advice.deploy == "a"
    assert any("a misses: new topics need new training" in line for line in advice.why)


def test_what_a_cheaper_one_saves_counts_only_where_it_matters() -> None:
    dear, cheap, unknown = ranked_of(
        {
            "dear": Runner(first(30, 30), usd=2.0, p95_ms=30.0),
            "middling": Runner(first(29, 30), usd=1.0, p95_ms=12.0),
            "unknown": Runner(first(28, 30)),
        }
    )
    assert saving(cheap, dear, None) == 1.0
    assert saving(cheap, dear, 1000) == 30.0
    assert saving(cheap, dear, 300) is None  # $9 a month
    assert saving(dear, cheap, None) is None
    assert saving(unknown, dear, None) is None
    assert slower(cheap, dear)
    assert not slower(dear, cheap)
    assert not slower(unknown, dear)


@pytest.mark.slow
@pytest.mark.parametrize(("candidates", "rows", "most"), [(10, 300, 1.0), (20, 100, 2.0)])
def test_following_the_advice_costs_little(candidates: int, rows: int, most: float) -> None:
    """A small edition of the benchmark: prices and latencies at random, accuracies over 10 points."""
    found = loss_of_advice(candidates, rows, 0.5, 60, 13)
    assert found.loss < most
    assert found.broken <= 0.05
