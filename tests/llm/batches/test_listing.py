"""Jobs that were made though the answer to handing them in was lost, looked for in the service's list."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.llm.batches.batching import WIRES, Own, all_answered, ask, paid, rows, sizes
from topicsmith.llm.batches.listing import listed
from topicsmith.llm.errors import ProviderFailure
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.testing.model_server import ScriptedServer


def is_handing_in(method: str, path: str) -> bool:
    return method == "POST" and not path.endswith("/files")


def is_list(method: str, path: str) -> bool:
    return method == "GET" and path.partition("?")[0].endswith("/batches")


def made(job: Mapping[str, object]) -> object:
    return job["made"]


def pages(*each: list[object]) -> tuple[list[str], list[float]]:
    """What is fetched, and the times of the jobs found since 1000, of pages with jobs made then."""
    asked: list[str] = []

    def page(cursor: str) -> Mapping[str, object]:
        asked.append(cursor)
        number = int(cursor or 0)
        return {
            "jobs": [{"made": at} for at in each[number]],
            "next": str(number + 1) if number + 1 < len(each) else "",
        }

    found = [at for at, _ in listed(page, "jobs", lambda page: page.get("next"), made, 1000.0)]
    return asked, found


def test_pages_are_fetched_until_their_jobs_are_older() -> None:
    assert pages([1300, 1200], [1100, 900], [800, 700], [600]) == (["", "1", "2"], [1300.0, 1200.0, 1100.0])
    assert pages([500, 600], [1300]) == (["", "1"], [1300.0])  # a list that begins with the oldest
    assert pages(["1970-01-01T00:20:00Z"]) == ([""], [1200.0])


def test_a_cursor_that_leads_nowhere_ends_the_list() -> None:
    page = {"jobs": [{"made": 2000}], "next": "same"}
    found = listed(lambda cursor: page, "jobs", lambda page: page["next"], made, 0.0)
    assert [at for at, _ in found] == [2000.0, 2000.0]


def test_entries_that_are_no_jobs_or_do_not_say_when_count_as_made_now() -> None:
    page = {"jobs": [{"made": "soon"}, {}, 7]}
    found = list(listed(lambda cursor: page, "jobs", lambda page: None, lambda job: job.get("made"), 1e9))
    assert len(found) == 3


@pytest.mark.parametrize("hidden", [0, 4])
@pytest.mark.parametrize("name", WIRES)
@pytest.mark.usefixtures("no_backoff")
def test_llm_k21_a_job_whose_answer_was_lost_is_found_in_the_list_however_late(
    name: str, hidden: int, server: ScriptedServer, tmp_path: Path
) -> None:
    left = [hidden]

    def instead(method: str, path: str, _: bytes, own: Own) -> tuple[int, bytes]:
        if is_handing_in(method, path):
            own()
            return 0, b""
        if is_list(method, path) and left[0]:
            left[0] -= 1
            return 200, b'{"data": [], "operations": []}'
        return own()

    server.batches.instead = instead
    found, lines = ask(server, tmp_path / "l.sqlite", 10, name)
    assert all_answered(found)
    assert {outcome.calls for outcome in found.values()} == {1}
    assert (sizes(server), paid(tmp_path), left) == ([10], 10, [0])
    assert any("whether the batch was made is not known; it is looked for" in line for line in lines)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"id": 7, "name": null}'])
def test_llm_k21_an_answer_that_names_no_job_is_no_reason_to_hand_in_twice(
    body: bytes, server: ScriptedServer, tmp_path: Path
) -> None:
    def instead(method: str, path: str, _: bytes, own: Own) -> tuple[int, bytes]:
        given = own()
        return (200, body) if is_handing_in(method, path) else given

    server.batches.instead = instead
    found, _ = ask(server, tmp_path / "l.sqlite", 10)
    assert all_answered(found)
    assert (sizes(server), paid(tmp_path)) == ([10], 10)


@pytest.mark.slow
@pytest.mark.parametrize("name", WIRES)
@pytest.mark.usefixtures("no_backoff")
def test_llm_k21_a_job_far_down_the_list_is_found_by_the_next_run(
    name: str, server: ScriptedServer, tmp_path: Path
) -> None:
    """The service is gone right after the job was made; when it is back, seven other jobs stand above ours."""
    server.batches.page = 2
    server.batches.instead = lambda method, path, body, own: (
        own() if path.endswith("/files") else (own()[0] * 0 if is_handing_in(method, path) else 500, b"")
    )
    with pytest.raises(ProviderFailure):
        ask(server, tmp_path / "l.sqlite", 10, name)
    assert sizes(server) == [10]
    server.batches.instead = lambda method, path, body, own: own()
    for other in range(7):
        ask(server, tmp_path / f"other-{other}.sqlite", rows(100)[50 + other : 53 + other], name)
    found, _ = ask(server, tmp_path / "l.sqlite", 10, name)
    assert all_answered(found)
    assert (sizes(server), paid(tmp_path)) == ([10, *[3] * 7], 10)


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.usefixtures("no_backoff")
def test_llm_k21_a_job_that_was_never_made_is_handed_in_again(
    name: str, server: ScriptedServer, tmp_path: Path
) -> None:
    lost = [2]

    def instead(method: str, path: str, _: bytes, own: Own) -> tuple[int, bytes]:
        if is_handing_in(method, path) and lost[0]:
            lost[0] -= 1
            return 0, b""
        return own()

    server.batches.instead = instead
    found, _ = ask(server, tmp_path / "l.sqlite", 10, name, denied_s=0.1)
    assert all_answered(found)
    assert (sizes(server), paid(tmp_path)) == ([10], 10)
    with Ledger(tmp_path / "l.sqlite") as ledger:
        assert [job["state"] for job in ledger.jobs().values()].count("never sent") == 2


@pytest.mark.slow
@pytest.mark.usefixtures("no_backoff")
def test_llm_k21_a_service_that_never_answers_to_handing_in_ends_the_run(
    server: ScriptedServer, tmp_path: Path
) -> None:
    server.batches.instead = lambda method, path, body, own: (0, b"") if is_handing_in(method, path) else own()
    with pytest.raises(ProviderFailure):
        ask(server, tmp_path / "l.sqlite", 10, denied_s=0.02)
    assert sizes(server) == []


def test_llm_k21_a_strangers_batch_of_the_same_size_is_not_taken_for_ours(
    server: ScriptedServer, tmp_path: Path
) -> None:
    """Anthropic's batches have no names: another program's, made just before, looks like ours until it has ended."""

    def instead(method: str, path: str, _: bytes, own: Own) -> tuple[int, bytes]:
        if is_handing_in(method, path):
            own()
            return 0, b""
        return own()

    ask(server, tmp_path / "other.sqlite", rows(100)[50:60], "anthropic")
    server.batches.instead = instead
    found, _ = ask(server, tmp_path / "l.sqlite", 10, "anthropic")
    assert all_answered(found)
    assert (sizes(server), paid(tmp_path)) == ([10, 10], 10)
