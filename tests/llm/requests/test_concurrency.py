from tests.llm.simulator import simulate
from topicsmith.llm.requests.concurrency import Concurrency


def test_without_refusals_the_limit_stays_at_the_most() -> None:
    outcome = simulate(2000, lambda now: 1000)
    assert outcome.refused == 0
    assert outcome.seconds < 2000 / 97  # 50 at once, 504 ms each


def test_a_hidden_limit_of_20_is_found_with_one_burst() -> None:
    outcome = simulate(2000, lambda now: 20)
    assert 2000 / outcome.seconds >= 38
    assert outcome.refused_share < 0.02


def test_a_limit_that_rises_is_found() -> None:
    outcome = simulate(2000, lambda now: 20 if now < 20 else 40)
    assert outcome.seconds < 44  # 50 s at the old limit
    assert outcome.refused_share < 0.05


def test_a_limit_that_falls_is_found() -> None:
    outcome = simulate(1000, lambda now: 20 if now < 15 else 10)
    assert outcome.refused_share < 0.05
    assert 1000 / outcome.seconds > 0.9 * 1000 / (15 + 400 / 20)


def test_one_burst_cuts_once_to_what_was_taken() -> None:
    limit = Concurrency(10)
    calls = [limit.sent() for _ in range(10)]
    for call in calls[:4]:
        limit.refused(call, 0.0, 1.0)
    assert (limit.limit, limit.open_calls) == (6, 6)
    for _ in range(6):
        limit.answered(1.0)
    assert (limit.limit, limit.open_calls) == (6, 0)  # held: the next try is many waits away


def test_bursts_in_quick_succession_shrink_by_a_factor() -> None:
    limit = Concurrency(40)
    calls = [limit.sent() for _ in range(40)]
    limit.refused(calls[0], 0.0, 1.0)
    assert limit.limit == 39
    limit.refused(limit.sent(), 1.0, 1.0)
    assert limit.limit == int(39 * 0.7)


def test_after_an_outage_the_limit_doubles_each_round() -> None:
    limit = Concurrency(8)
    limit.start_slowly()
    limits = []
    for _ in range(4):
        calls = [limit.sent() for _ in range(limit.limit)]
        limits.append(len(calls))
        for _ in calls:
            limit.answered(0.0)
    assert limits == [1, 2, 4, 8]


def test_a_machine_that_is_full_carries_on_with_what_is_open() -> None:
    limit = Concurrency(50)
    for _ in range(7):
        limit.sent()
    limit.ended()
    limit.shrink_to_open()
    assert (limit.most, limit.limit) == (6, 6)
