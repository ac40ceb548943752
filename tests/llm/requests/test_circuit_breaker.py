from random import Random

from topicsmith.llm.requests.circuit_breaker import Breaker


def test_failures_among_successes_leave_it_closed() -> None:
    breaker = Breaker(Random(1))
    for _ in range(100):
        breaker.failed(0.0, trial=False)
        breaker.succeeded()
    assert breaker.closed


def test_ten_failures_open_it_and_each_failed_trial_doubles_the_pause_to_a_minute() -> None:
    breaker = Breaker(Random(1))
    for _ in range(10):
        assert breaker.closed
        breaker.failed(0.0, trial=False)
    assert not breaker.closed
    pauses = [breaker.open_until]
    for _ in range(9):
        now = breaker.open_until
        breaker.failed(now, trial=True)
        pauses.append(breaker.open_until - now)
    for pause, longest in zip(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60], strict=True):
        assert longest / 2 <= pause <= longest


def test_calls_sent_before_it_opened_do_not_prolong_the_pause() -> None:
    breaker = Breaker(Random(1))
    for _ in range(10):
        breaker.failed(0.0, trial=False)
    until = breaker.open_until
    breaker.failed(0.3, trial=False)
    assert breaker.open_until == until


def test_a_trial_that_succeeds_closes_it_and_forgets_the_failures() -> None:
    breaker = Breaker(Random(1))
    for _ in range(10):
        breaker.failed(0.0, trial=False)
    assert breaker.succeeded()
    breaker.failed(5.0, trial=False)
    assert breaker.closed
