"""Damaged, cut and foreign results, and jobs that ended half way: what is paid is kept, the rest asked again."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from tests.llm.batches.batching import WIRES, Own, all_answered, ask, failed_job, paid, sizes
from topicsmith.errors import UpstreamError
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.testing.model_server import Reply, ScriptedServer
from topicsmith.testing.model_server.http import render

Spoil = Callable[[bytes], tuple[int, bytes]]


def first_job(server: ScriptedServer) -> str:
    return next(iter(server.batches.jobs))


def spoil_first(server: ScriptedServer, spoil: Spoil, times: int = 1_000) -> None:
    """Let ``spoil`` have the result page of the first job, so many times."""
    left = [times]

    def instead(_: str, path: str, __: bytes, own: Own) -> tuple[int, bytes]:
        status, body = own()
        if path.endswith(("/content", "/results")) and body and first_job(server) in path and left[0]:
            left[0] -= 1
            return spoil(body)
        return status, body

    server.batches.instead = instead


def lines_of(page: bytes) -> list[bytes]:
    return page.split(b"\n")


def without_ids(page: bytes) -> bytes:
    """Every third line has lost its ``custom_id``."""
    found = [orjson.loads(line) for line in lines_of(page)]
    return b"\n".join(
        orjson.dumps({k: v for k, v in line.items() if n % 3 or k != "custom_id"}) for n, line in enumerate(found)
    )


def foreign(page: bytes) -> bytes:
    """Each line is followed by one of another program, and the last row is missing."""
    stranger = b'{"custom_id": "x", "response": {"status_code": 200, "body": {}}, "result": {"type": "succeeded"}}'
    return b"\n".join(part for line in lines_of(page)[:-1] for part in (line, stranger))


def twice(page: bytes) -> bytes:
    return page + b"\n" + page


def flipped(page: bytes) -> bytes:
    """The first byte of every fifth line is another one."""
    return b"\n".join(b"\xc0" + line[1:] if n % 5 == 0 else line for n, line in enumerate(lines_of(page)))


SPOILT: dict[str, tuple[Callable[[bytes], bytes], int, str]] = {
    "cut in a line": (lambda page: page[: int(len(page) * 0.6)], 9, "12 of 21 rows answered; 1 lines cannot be read"),
    "without ids": (without_ids, 7, "14 of 21 rows answered; 7 lines name no row of it"),
    "foreign lines": (foreign, 1, "20 of 21 rows answered; 20 lines name no row of it"),
    "twice": (twice, 0, ""),
    "flipped bytes": (flipped, 5, "16 of 21 rows answered; 5 lines cannot be read"),
    "utf-16": (lambda page: page.decode().encode("utf-16"), 0, ""),
    "utf-16, cut": (lambda page: page.decode().encode("utf-16")[:-101], 1, "20 of 21 rows answered; 1 lines cannot be"),
    "byte order mark": (lambda page: b"\xef\xbb\xbf" + page, 0, ""),
    "line ends": (lambda page: page.replace(b"\n", b"\r\n"), 0, ""),
    "no line ends": (lambda page: page.replace(b"\n", b""), 0, ""),
    "empty": (lambda page: b"\n", 21, "0 of 21 rows answered; 21 rows have no answer and are asked again"),
}
"""How a page is spoilt, how many rows that costs, and what is said."""


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_llm_k19_good_rows_of_a_spoilt_page_are_kept_and_only_the_others_asked_again(
    name: str, how: str, server: ScriptedServer, tmp_path: Path
) -> None:
    spoil, missing, said = SPOILT[how]
    spoil_first(server, lambda page: (200, spoil(page)))
    found, lines = ask(server, tmp_path / "l.sqlite", 21, name)
    assert len(found) == 21
    assert all_answered(found)
    assert sizes(server) == ([21, missing] if missing else [21])
    assert paid(tmp_path) == 21
    told = [line for line in lines if "results of batch" in line]
    assert len(told) == bool(said)
    assert all(said in line and f"{missing} rows have no answer and are asked again" in line for line in told)


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_llm_k19_a_page_that_is_spoilt_once_is_fetched_again_and_costs_nothing(
    name: str, server: ScriptedServer, tmp_path: Path
) -> None:
    spoil_first(server, lambda page: (200, page[: len(page) // 2]), times=1)
    found, lines = ask(server, tmp_path / "l.sqlite", 21, name)
    assert all_answered(found)
    assert (sizes(server), paid(tmp_path)) == ([21], 21)
    assert not any("results of batch" in line for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["openai", "anthropic"])
@pytest.mark.usefixtures("no_backoff")
def test_llm_k19_a_download_that_always_breaks_off_keeps_the_rows_that_came(
    name: str, server: ScriptedServer, tmp_path: Path
) -> None:
    def cut(page: bytes) -> tuple[int, bytes]:
        whole = render(200, page)
        return 0, whole[: len(whole) - len(page) // 2]

    spoil_first(server, cut)
    found, lines = ask(server, tmp_path / "l.sqlite", 21, name, denied_s=0.1)
    assert all_answered(found)
    first, second = sizes(server)
    assert (first, paid(tmp_path)) == (21, 21)
    assert 10 <= second <= 11
    assert any(f"{second} rows have no answer and are asked again" in line for line in lines)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_llm_k19_answers_in_windows_encoding_are_kept(encoding: str, tmp_path: Path) -> None:
    with ScriptedServer(lambda question: Reply("Käse und Brötchen")) as server:
        spoil_first(server, lambda page: (200, page.decode().encode(encoding)))
        found, _ = ask(server, tmp_path / "l.sqlite", 5)
        assert {outcome.answers[0].answer.text for outcome in found.values()} == {"Käse und Brötchen"}
        assert sizes(server) == [5]


def test_llm_k19_answers_with_half_a_surrogate_pair_are_kept(server: ScriptedServer, tmp_path: Path) -> None:
    spoil_first(server, lambda page: (200, page.replace(b"about row 3", b"about row 3\\ud83d")))
    found, _ = ask(server, tmp_path / "l.sqlite", 5)
    assert found["q3"].answers[0].answer.text == "about row 3\N{REPLACEMENT CHARACTER}"
    assert sizes(server) == [5]


def test_llm_k19_a_line_about_a_refusal_beside_the_answer_of_the_same_row_changes_nothing(
    server: ScriptedServer, tmp_path: Path
) -> None:
    def doubled(page: bytes) -> tuple[int, bytes]:
        name = orjson.loads(lines_of(page)[0])["custom_id"]
        refusal = {"custom_id": name, "response": {"status_code": 400, "body": {"error": {"message": "no"}}}}
        return 200, orjson.dumps(refusal) + b"\n" + page

    spoil_first(server, doubled)
    found, _ = ask(server, tmp_path / "l.sqlite", 5)
    assert all_answered(found)
    assert sizes(server) == [5]


def test_llm_k19_rows_of_google_without_keys_are_never_given_to_the_wrong_row(
    server: ScriptedServer, tmp_path: Path
) -> None:
    """A response of the first job is missing and none names its key: no place can be believed."""

    def instead(_: str, path: str, __: bytes, own: Own) -> tuple[int, bytes]:
        status, body = own()
        if first_job_asked(server, path) and b"inlinedResponses" in body:
            value = orjson.loads(body)
            inner = value["metadata"]["output"]["inlinedResponses"]
            inner["inlinedResponses"] = [{"response": each["response"]} for each in inner["inlinedResponses"][1:]]
            body = orjson.dumps(value)
        return status, body

    server.batches.instead = instead
    found, lines = ask(server, tmp_path / "l.sqlite", 10, "google")
    assert all_answered(found)
    assert sizes(server) == [10, 10]
    assert any("9 lines name no row of it; 10 rows have no answer" in line for line in lines)


def first_job_asked(server: ScriptedServer, path: str) -> bool:
    return bool(server.batches.jobs) and path.endswith(f"/batches/{first_job(server)}")


HALF = {f"row {n}" for n in range(5)}


@pytest.mark.parametrize("end", ["expired", "cancelled"])
@pytest.mark.parametrize("fate", ["expired", "missing"])
@pytest.mark.parametrize("name", WIRES)
def test_llm_k20_a_job_that_ends_half_way_keeps_its_finished_rows(
    name: str, fate: str, end: str, server: ScriptedServer, tmp_path: Path
) -> None:
    server.batches.fates = lambda custom_id, text: fate if text in HALF and len(server.batches.jobs) == 1 else None

    def instead(_: str, path: str, __: bytes, own: Own) -> tuple[int, bytes]:
        status, body = own()
        if first_job_asked(server, path):
            body = body.replace(b'"completed"', b'"%s"' % end.encode())
            body = body.replace(b"STATE_SUCCEEDED", b"STATE_" + end.upper().encode())
        if path.endswith("/results") and end == "cancelled":
            body = body.replace(b'"expired"', b'"canceled"')
        return status, body

    server.batches.instead = instead
    found, lines = ask(server, tmp_path / "l.sqlite", 12, name)
    assert all_answered(found)
    assert (sizes(server), paid(tmp_path)) == ([12, 5], 12)
    assert any("7 of 12 rows answered; 5 rows have no answer and are asked again" in line for line in lines)


def test_llm_k20_a_job_that_failed_after_some_rows_keeps_them(server: ScriptedServer, tmp_path: Path) -> None:
    server.batches.fates = lambda custom_id, text: "missing" if text in HALF else None

    def instead(_: str, path: str, __: bytes, own: Own) -> tuple[int, bytes]:
        status, body = own()
        if first_job_asked(server, path) and b"output_file_id" in body:
            failed = orjson.loads(failed_job(first_job(server), "Internal error", "server_error"))
            body = orjson.dumps({**orjson.loads(body), **failed})
        return status, body

    server.batches.instead = instead
    with pytest.raises(UpstreamError, match="failed: Internal error"):
        ask(server, tmp_path / "l.sqlite", 12)
    with Ledger(tmp_path / "l.sqlite") as ledger:
        assert ledger.count() == 7
    server.batches.fates = lambda custom_id, text: None
    server.batches.instead = lambda method, path, body, own: own()
    found, _ = ask(server, tmp_path / "l.sqlite", 12)
    assert all_answered(found)
    assert (sizes(server), paid(tmp_path)) == ([12, 5], 12)
