from importlib.resources import files

import orjson
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from topicsmith.reference.results import PublishedReading, newcombe, read_published, rows_needed, summary
from topicsmith.statistics.intervals import wilson


@pytest.fixture(scope="module")
def reading() -> PublishedReading:
    return read_published(orjson.loads(files("topicsmith.reference").joinpath("published.json").read_bytes()))


def test_the_winner_was_a_tie(reading: PublishedReading) -> None:
    assert [row.name for row in reading.rows[:3]] == ["Qwen3-14B, v3", "GPT-4.1-nano, v3", "DistilBERT"]
    assert reading.tied_with("Qwen3-14B, v3") == ["GPT-4.1-nano, v3", "DistilBERT"]
    first = reading.pairs[0]
    assert round(1155 * first.difference.value) == 1  # one row
    assert first.p_adjusted == 1.0
    assert first.rows_needed is not None
    assert first.rows_needed > 1_000_000


def test_what_can_be_told_apart(reading: PublishedReading) -> None:
    verdict = {(pair.first, pair.second): pair.apart for pair in reading.pairs}
    assert verdict["DistilBERT", "Qwen3-4B, v3"]
    assert verdict["Qwen3-14B, v2", "Qwen3-4B, v2"]
    assert not verdict["Qwen3-4B, v3", "Qwen3-14B, v2"]
    assert not verdict["Qwen3-14B, v1", "Qwen3-4B, v1"]
    assert not verdict["Qwen3-4B, v1", "DistilBERT, 2k training rows"]


def test_rows_nobody_counted_leave_bounds(reading: PublishedReading) -> None:
    # 1,307 asked, 45 unanswered, 1,155 counted, 1,079 of them right: 107 were never counted
    found = reading.rows[0].every_row
    assert found is not None
    assert (found.asked, found.lost, found.uncounted) == (1307, 45, 107)
    assert found.low == pytest.approx(1079 / 1307)
    assert found.high == pytest.approx(1186 / 1307)
    assert found.as_counted == pytest.approx(0.902, abs=0.0005)
    assert [row.every_row for row in reading.rows[1:]] == [None] * 8


def test_results_without_a_number_of_rows_are_named(reading: PublishedReading) -> None:
    assert reading.without_n == ("Qwen3-1.7B, v1", "GLM-4.5-Air-FP8", "Qwen3-Next-80B", "gpt-oss-20b")
    assert len(reading.rows) == 9
    assert len(reading.pairs) == 36


def test_by_macro_f1_the_order_is_another(reading: PublishedReading) -> None:
    text = "\n".join(summary(reading))
    assert "DistilBERT 0.9263, GPT-4.1-nano, v3 0.9244, Qwen3-14B, v3 0.9075" in text
    assert (
        "between 82.6 and 90.7 %, for 107 further rows were never counted; 90.2 % if those were as often right" in text
    )


def test_newcombes_interval_is_the_published_one() -> None:
    # Newcombe 1998, table II (a): 56/70 - 48/80 = .2, method 10: .0524 to .3339
    interval = newcombe(wilson(56, 70), wilson(48, 80))
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0524, 0.3339)
    low, high = confint_proportions_2indep(1079, 1155, 1220, 1307, method="newcomb", compare="diff")
    ours = newcombe(wilson(1079, 1155), wilson(1220, 1307))
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=1e-9)


def test_rows_needed_by_hand() -> None:
    # (1.95996 sqrt(2 × .55 × .45) + .84162 sqrt(.24 + .25))^2 / .01 = 387.3
    assert rows_needed(0.6, 0.5) == 388
    assert rows_needed(0.5, 0.5) is None
