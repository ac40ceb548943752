import math
from random import Random

import pytest

from tests.llm.simulator import simulate
from topicsmith.errors import StoppedError, UpstreamError
from topicsmith.llm.errors import RateLimited, Transient
from topicsmith.llm.requests.pacing import Pacer, PacingSettings


class Clock:
    """Time that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def pacer(clock: Clock, **settings: float) -> Pacer:
    return Pacer(PacingSettings(**settings), clock, Random(1))  # type: ignore[arg-type]  # int or float, as the field says


def test_a_wait_asked_for_holds_everybody_and_uses_no_attempt() -> None:
    clock = Clock()
    pace = pacer(clock)
    first, second = pace.sent(), pace.sent()
    pace.sent()
    pace.limited(first, RateLimited("429", retry_after_s=7.0))
    pace.answered(second)
    assert pace.wait_s() == 7.0
    clock.now += 6.5
    assert pace.wait_s() == pytest.approx(0.5)
    clock.now += 0.5
    assert pace.wait_s() == 0


def test_nothing_is_sent_within_a_wait() -> None:
    outcome = simulate(2000, lambda now: 7, retry_after_s=3.0)
    bursts = [t for n, t in enumerate(outcome.refused_at) if n == 0 or t - outcome.refused_at[n - 1] > 0.1]
    assert len(bursts) >= 2
    for refused in outcome.refused_at:
        assert not [t for t in outcome.sent_at if refused < t < refused + 3.0 - 0.01]


def test_without_a_wait_the_gate_backs_off_and_everything_is_answered() -> None:
    outcome = simulate(500, lambda now: 5, retry_after_s=None)
    assert outcome.refused_share < 0.15
    assert outcome.seconds < 1.3 * 500 * 0.504 / 5


def test_a_wait_longer_than_borne_with_stops_the_run() -> None:
    pace = pacer(Clock(), longest_wait_s=600.0)
    with pytest.raises(StoppedError, match=r"wait 1000000000 s.*everything is kept"):
        pace.limited(pace.sent(), RateLimited("429", retry_after_s=1e9))


def test_the_limit_on_open_calls() -> None:
    pace = pacer(Clock(), concurrency=2)
    first = pace.sent()
    assert pace.wait_s() == 0
    pace.sent()
    assert pace.wait_s() == math.inf
    pace.abandoned(first)
    assert pace.wait_s() == 0


def test_attempts_run_out() -> None:
    pace = pacer(Clock(), attempts=3)
    waits = [pace.failed(pace.sent(), Transient("500"), attempt) for attempt in (1, 2, 3)]
    assert waits[0] is not None
    assert waits[1] is not None
    assert waits[2] is None


def outage(pace: Pacer, clock: Clock, seconds: float) -> list[float]:
    """Fail every call for so long; gives the times of the calls."""
    sent = []
    end = clock.now + seconds
    while clock.now < end:
        wait = pace.wait_s()
        clock.now += wait
        call = pace.sent()
        sent.append(clock.now)
        attempt = 1 if pace.counts(call) else 0
        clock.now += 0.05
        assert pace.failed(call, Transient("503"), attempt) is not None
    return sent


def test_a_provider_down_for_an_hour_is_tried_seldom_and_then_slowly_taken_up_again() -> None:
    clock = Clock()
    pace = pacer(clock)
    pace.answered(pace.sent())
    sent = outage(pace, clock, 3600.0)
    assert len(sent) < 10 + 7 + 3600 / 30  # ten to open the breaker, then at most one each half minute
    clock.now += 60.0
    trial = pace.sent()
    assert pace.wait_s() == math.inf  # one call tries, alone
    pace.answered(trial)
    sizes = []
    for _ in range(7):
        calls = []
        while pace.wait_s() == 0:
            calls.append(pace.sent())
        sizes.append(len(calls))
        for call in calls:
            pace.answered(call)
    assert sizes == [1, 2, 4, 8, 16, 32, 50]


def test_a_provider_that_never_answers_is_given_up_soon_and_one_that_did_later() -> None:
    clock = Clock()
    with pytest.raises(UpstreamError, match="no answer at all, for"):
        outage(pacer(clock, first_answer_s=120.0), clock, 200.0)
    assert clock.now < 1000 + 200
    pace = pacer(clock, outage_s=5400.0)
    pace.answered(pace.sent())
    with pytest.raises(UpstreamError, match="run again later"):
        outage(pace, clock, 6000.0)


def test_a_machine_without_handles_lowers_the_limit_for_good() -> None:
    clock = Clock()
    pace = pacer(clock)
    calls = [pace.sent() for _ in range(10)]
    pace.exhausted(calls[9])
    assert pace.wait_s() == math.inf
    pace.answered(calls[0])
    assert 0 < pace.wait_s() <= 1.0
    clock.now += 1.0
    assert pace.wait_s() == 0
