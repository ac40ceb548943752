"""Services whose queue is full, or takes not even one row of a job."""

from pathlib import Path

import pytest

from tests.llm.batches.batching import WIRES, LimitedQueue, Own, all_answered, ask, paid, rows, sizes
from topicsmith.errors import UpstreamError
from topicsmith.llm.batches.rows import BatchRow
from topicsmith.llm.batches.waiting import WaitingRows, halves
from topicsmith.llm.errors import BadRequest, RateLimited
from topicsmith.llm.requests.types import Ask
from topicsmith.llm.types import ChatRequest
from topicsmith.testing.model_server import ScriptedServer

FULL = RateLimited("openai: Enqueued token limit reached")
LONG = Ask("long", ChatRequest("m-1", "s", "x" * 20_000))


def row(size: int) -> BatchRow:
    return BatchRow([], ChatRequest("m", "s", "u"), b"%d" % size, size=size)


def waiting(
    *sized: int, most_lines: int = 100, most_bytes: int = 1_000, taken: int = 0, patience_s: float = 0.0
) -> WaitingRows:
    found = WaitingRows(most_lines, most_bytes, taken, poll_s=0.0, patience_s=patience_s)
    found.fill([row(size) for size in sized])
    return found


def taken(of: WaitingRows) -> list[list[int]]:
    return [[each.size for each in of.take()] for _ in iter(lambda: bool(of), False)]


def test_short_rows_come_first_in_jobs_of_at_most_so_many_lines_and_bytes() -> None:
    assert taken(waiting(9, 5, 2_000, 7, 6, most_lines=3)) == [[5, 6, 7], [9], [2_000]]
    assert taken(waiting(600, 400, 500, 1_000)) == [[400, 500], [600], [1_000]]


def test_a_job_refused_alone_is_halved_by_bytes_and_so_are_those_behind_it() -> None:
    jobs = waiting(*[10] * 8, *[20] * 4, most_lines=8)
    said = jobs.refused(jobs.take(), FULL, of_the_queue=True, under_way=False, others=False)
    assert said == "handed in again in jobs of at most 4 rows"
    assert taken(jobs) == [[10] * 4, [10] * 4, [20] * 2, [20] * 2]


def test_halves_are_never_empty() -> None:
    assert [[each.size for each in part] for part in halves([row(90), row(1)])] == [[90], [1]]
    assert [[each.size for each in part] for part in halves([row(1), row(1), row(90)])] == [[1, 1], [90]]


def test_a_refusal_beside_a_job_under_way_halves_nothing_and_lets_it_end() -> None:
    jobs = waiting(10, 20, 30, most_lines=2)
    jobs.take()
    jobs.refused(jobs.take(), FULL, of_the_queue=True, under_way=True, others=False)
    assert (jobs.ready(under_way=True), jobs.ready(under_way=False)) == (False, True)
    assert taken(jobs) == [[30]]


def test_a_full_queue_of_others_is_waited_for_and_not_for_ever() -> None:
    jobs = waiting(50, 50, taken=400, patience_s=1_000.0)
    assert "others fill the queue" in jobs.refused(jobs.take(), FULL, of_the_queue=True, under_way=False, others=False)
    jobs = waiting(50, 50, taken=400)
    with pytest.raises(UpstreamError, match="the queue has stayed full"):
        jobs.refused(jobs.take(), FULL, of_the_queue=True, under_way=False, others=True)


def test_a_job_that_may_be_too_much_is_halved_when_the_others_have_had_their_time() -> None:
    jobs = waiting(50, 50, taken=399, patience_s=1_000.0)
    assert "others fill the queue" in jobs.refused(jobs.take(), FULL, of_the_queue=True, under_way=False, others=True)
    jobs = waiting(50, 50, taken=399)
    jobs.refused(jobs.take(), FULL, of_the_queue=True, under_way=False, others=True)
    assert taken(jobs) == [[50], [50]]


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.usefixtures("no_backoff")
def test_llm_k05_a_row_alone_above_the_limit_of_the_queue_fails_for_itself(
    name: str, server: ScriptedServer, tmp_path: Path
) -> None:
    server.batches.instead = queue = LimitedQueue(server, limit=10_000)
    found, lines = ask(server, tmp_path / "l.sqlite", [LONG, *rows(30)], name)
    long = found.pop("long")
    assert isinstance(long.failure, BadRequest)
    assert "not taken even alone; 'mode: online' can ask it" in str(long.failure)
    assert "Enqueued token limit reached" in str(long.failure)
    assert any("this row fails, the others go on" in line for line in lines)
    assert all_answered(found)
    assert (len(found), paid(tmp_path)) == (30, 30)
    assert queue.refused[-1] == 1
    again, _ = ask(server, tmp_path / "l.sqlite", [LONG, *rows(30)], name)
    assert isinstance(again.pop("long").failure, BadRequest)
    assert all_answered(again)
    assert paid(tmp_path) == 30


@pytest.mark.slow
def test_llm_k11_a_queue_that_takes_no_row_at_all_ends_the_run(server: ScriptedServer, tmp_path: Path) -> None:
    server.batches.instead = queue = LimitedQueue(server, limit=10)
    with pytest.raises(UpstreamError, match=r"Enqueued token limit .* not even one row is taken; run again when"):
        ask(server, tmp_path / "l.sqlite", 200)
    assert server.batches.answered == 0
    assert (queue.refused.count(1), queue.refused[0]) == (20, 200)
    server.batches.instead = lambda method, path, body, own: own()
    found, _ = ask(server, tmp_path / "l.sqlite", 200)
    assert all_answered(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", WIRES)
@pytest.mark.usefixtures("no_backoff")
def test_llm_k11_after_a_full_queue_jobs_follow_one_another_whole(
    name: str, server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("openai.OpenAIBatches", "anthropic.AnthropicBatches", "google.GoogleBatches"):
        monkeypatch.setattr(f"topicsmith.llm.batches.{kind}.most_lines", 5)
    server.batches.polls = 2
    server.batches.instead = queue = LimitedQueue(server, jobs=2)
    found, lines = ask(server, tmp_path / "l.sqlite", 40, name)
    assert all_answered(found)
    assert paid(tmp_path) == 40
    assert set(queue.refused) == {5}
    taken = [size for job, size in zip(server.batches.jobs, sizes(server), strict=True) if job not in queue.out]
    assert taken == [5] * 8
    assert set(queue.together) == {1}  # after the first refusal
    assert any("handed in again when the jobs under way have ended" in line for line in lines)


def test_llm_k11_a_queue_that_others_fill_is_waited_for_with_the_job_whole(
    server: ScriptedServer, tmp_path: Path
) -> None:
    """Four of 40 rows expire. 40 were taken before, so that four are not too many when they are refused three times."""
    four = {f"row {n}" for n in range(4)}
    server.batches.fates = lambda custom_id, text: "expired" if text in four and len(server.batches.jobs) == 1 else None
    queue = LimitedQueue(server)

    def full(method: str, path: str, body: bytes, own: Own) -> tuple[int, bytes]:
        queue.jobs = 0 if 1 <= len(server.batches.jobs) < 4 else 1_000
        return queue(method, path, body, own)

    server.batches.instead = full
    found, lines = ask(server, tmp_path / "l.sqlite", 40)
    assert all_answered(found)
    assert sizes(server) == [40, 4, 4, 4, 4]
    assert queue.refused == [4, 4, 4]
    assert any("others fill the queue; tried again" in line for line in lines)


def test_llm_k11_a_queue_that_stays_full_ends_the_run_with_all_that_was_paid(
    server: ScriptedServer, tmp_path: Path
) -> None:
    ask(server, tmp_path / "l.sqlite", 40)
    server.batches.instead = LimitedQueue(server, jobs=0)
    with pytest.raises(UpstreamError, match="the queue has stayed full"):
        ask(server, tmp_path / "l.sqlite", 44, patience_s=0.05)
    assert paid(tmp_path) == 40
