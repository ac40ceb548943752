"""Plain REST calls: what is tried again, what is not, and what never leaves."""

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from topicsmith.classifiers.hosted.rest import Refused, Rest, amount, identity, listed
from topicsmith.errors import CredentialsError, ProjectError, UpstreamError


def rest(service: Any, waits: list[float] | None = None) -> Rest:
    return Rest(f"{service.url}/v1", "sk-canary", 5.0, (waits if waits is not None else []).append)


def test_reading_waits_and_tries_again(tuning_service: Any) -> None:
    busy = (503, {"error": {"message": "busy"}})
    tuning_service.refuse = {"GET /v1/files/a": [busy, busy]}
    waits: list[float] = []
    assert rest(tuning_service, waits).get("/files/a")["id"] == "a"
    assert waits == [1.0, 2.0]
    tuning_service.refuse = {"GET /v1/files/a": [busy] * 6}
    with pytest.raises(Refused, match="refused with 503: busy"):
        rest(tuning_service).get("/files/a")


def test_an_order_is_sent_once(tuning_service: Any) -> None:
    tuning_service.refuse = {"POST /v1/fine-tunes": [(503, {"error": {"message": "busy"}})]}
    with pytest.raises(Refused):
        rest(tuning_service).post("/fine-tunes", {})
    assert tuning_service.calls == ["POST /v1/fine-tunes"]


def test_errors_are_one_line_without_the_key(tuning_service: Any) -> None:
    tuning_service.refuse = {"GET /v1/files/a": [(401, {"error": {"message": "bad\nkey"}})]}
    with pytest.raises(CredentialsError, match=r"the key was refused \(bad key\)") as raised:
        rest(tuning_service).get("/files/a")
    assert "sk-canary" not in str(raised.value)
    tuning_service.refuse = {"GET /v1/files/a": [(200, b"<html>")]}
    tuning_service.refuse["GET /v1/files/a"] *= 6
    with pytest.raises(UpstreamError, match="the answer: not JSON"):
        rest(tuning_service).get("/files/a")


def test_a_redirect_is_not_followed(tuning_service: Any) -> None:
    tuning_service.refuse = {"POST /v1/fine-tunes": [(302, {"error": {"message": "elsewhere"}})]}
    with pytest.raises(Refused, match="refused with 302"):
        rest(tuning_service).post("/fine-tunes", {})


def test_a_key_never_travels_over_plain_http() -> None:
    with pytest.raises(ProjectError):
        Rest("http://example.com/v1", "sk-canary")


def test_files_go_up_and_down_whole(tuning_service: Any, tmp_path: Path) -> None:
    own = rest(tuning_service)
    assert own.upload("/files", {"purpose": "fine-tune"}, "a.jsonl", b'{"a": 1}\n') == {"id": "file-0"}
    assert tuning_service.files["file-0"] == b'{"a": 1}\n'
    own.download("/finetune/download?ft_id=x", tmp_path / "a.zst")
    assert (tmp_path / "a.zst").read_bytes() == b"archive"
    assert tuning_service.keys == {"Bearer sk-canary"}


@pytest.mark.parametrize("head", ["Content-Length: 7\r\n", "Transfer-Encoding: chunked\r\n"])
def test_a_download_that_breaks_off_is_fetched_again(tmp_path: Path, head: str) -> None:
    whole = b"archive" if "Length" in head else b"7\r\narchive\r\n0\r\n\r\n"
    bodies = [whole[:4], whole]

    def serve(listener: socket.socket) -> None:
        for body in bodies:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(f"HTTP/1.1 200 OK\r\nConnection: close\r\n{head}\r\n".encode() + body)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        waits: list[float] = []
        own = Rest(f"http://127.0.0.1:{listener.getsockname()[1]}", "sk-canary", 5.0, waits.append)
        own.download("/adapters", tmp_path / "a.zst")
    assert (tmp_path / "a.zst").read_bytes() == b"archive"
    assert waits == [1.0]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_security_k05_no_proxy_for_plain_http_sees_the_key(
    variable: str, tuning_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.2)
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        assert rest(tuning_service).get("/files/a")["id"] == "a"
        with pytest.raises(TimeoutError):
            proxy.accept()


@pytest.mark.parametrize(
    "body",
    [["no", "way"], 5, None, "no", True, {"error": ["a", {"b": 1}]}, {"error": 7}, {"error": {"message": [1]}},
     {"a": 1}, {"message": {"a": "b"}}, {"error": {"code": ["x"], "type": {}}}],
)  # fmt: skip
@pytest.mark.parametrize("status", [400, 401, 422])
def test_security_k20_a_refusal_of_any_shape_is_one_line(tuning_service: Any, body: object, status: int) -> None:
    tuning_service.refuse = {"GET /v1/files/a": [(status, json.dumps(body).encode())]}
    with pytest.raises((Refused, CredentialsError), match="refused") as raised:
        rest(tuning_service).get("/files/a")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"\xff", b"", b'{"a": "\\ud83d"}'])
def test_security_k20_an_answer_that_cannot_be_read_is_the_services(tuning_service: Any, body: bytes) -> None:
    tuning_service.refuse = {"GET /v1/files/a": [(200, body)] * 6}
    with pytest.raises(UpstreamError, match=r"/v1/files/a: the answer: "):
        rest(tuning_service).get("/files/a")


@pytest.mark.parametrize("document", [{}, {"id": None}, {"id": ["a"]}, {"id": 5}, {"id": " "}, {"data": "x"}])
def test_security_k20_an_answer_without_an_id_names_nothing(document: dict[str, Any]) -> None:
    with pytest.raises(UpstreamError, match="x: the answer names no id"):
        identity(document, "x")


@pytest.mark.parametrize("found", ["x", 5, {"a": 1}, True])
def test_security_k20_what_is_no_list_is_told(found: object) -> None:
    with pytest.raises(UpstreamError, match="x: the answer holds no list"):
        listed({"data": found}, "x")
    assert listed({"data": [1, None, {"id": "a"}]}, "x") == [{"id": "a"}]
    assert listed({}, "x") == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, True, "5", None, [1], 10**400])
def test_security_k20_what_is_no_amount_keeps_no_budget(value: object) -> None:
    assert amount(value) is None
    assert amount(2) == 2.0
