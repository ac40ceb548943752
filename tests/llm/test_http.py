import asyncio
import gzip
import time
import zlib

import pytest

from topicsmith.errors import ProjectError
from topicsmith.llm.errors import BadRequest, Malformed, Transient
from topicsmith.llm.http import Client, ClientSettings, Response, check_address, is_loopback
from topicsmith.llm.types import HttpRequest
from topicsmith.testing.model_server import Fault, ScriptedServer

BODY = b'{"model": "m", "messages": [{"role": "user", "content": "hello"}]}'


def post(url: str, settings: ClientSettings | None = None) -> Response:
    async def send() -> Response:
        async with Client(2, settings or ClientSettings(total_s=3.0)) as client:
            return await client.post(HttpRequest(f"{url}/v1/chat/completions", {"Authorization": "Bearer k"}, BODY))

    return asyncio.run(send())


def served(fault: Fault, settings: ClientSettings | None = None) -> Response:
    with ScriptedServer(lambda question: "hi", faults=lambda number, question: fault) as server:
        return post(server.url, settings)


def raw(head: str, body: bytes = b"") -> Fault:
    return Fault(raw=head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)


def test_a_response_comes_whole_with_its_status_and_headers() -> None:
    response = served(Fault(status=418, headers={"Retry-After": "7"}, body=b"short"))
    assert (response.status, response.headers["retry-after"], response.body) == (418, "7", b"short")


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_compressed_bodies_are_unpacked(pack: object) -> None:
    assert callable(pack)
    encoding = "gzip" if pack is gzip.compress else "deflate"
    response = served(Fault(headers={"content-encoding": encoding}, body=pack(b"x" * 1000)))
    assert response.body == b"x" * 1000


def test_a_body_beyond_the_cap_is_refused_packed_or_not() -> None:
    small = ClientSettings(total_s=3.0, body_bytes=10_000)
    with pytest.raises(Malformed, match="longer than 10000 bytes"):
        served(Fault(body=b"x" * 10_001), small)
    with pytest.raises(Malformed, match="longer than 10000 bytes"):
        served(
            raw("HTTP/1.1 200 OK\ntransfer-encoding: chunked", b"3000\r\n" + b"x" * 0x3000 + b"\r\n0\r\n\r\n"), small
        )
    bomb = gzip.compress(bytes(50_000_000))
    with pytest.raises(Malformed, match="decompresses to more than 8388608 bytes"):
        served(Fault(headers={"content-encoding": "gzip"}, body=bomb))


def test_a_packed_body_that_is_cut_off_or_garbage_is_malformed() -> None:
    packed = gzip.compress(b"hello" * 1000)
    with pytest.raises(Malformed, match="cut off"):
        served(Fault(headers={"content-encoding": "gzip"}, body=packed[:-9]))
    with pytest.raises(Malformed, match="cannot be decompressed"):
        served(Fault(headers={"content-encoding": "gzip"}, body=b"plain"))
    with pytest.raises(Malformed, match="'br'"):
        served(Fault(headers={"content-encoding": "br"}, body=b"plain"))


@pytest.mark.parametrize(
    "fault",
    [
        raw("HTTP/1.1 200 OK\ncontent-length: 100", b"short"),
        raw("HTTP/1.1 200 OK\ntransfer-encoding: chunked", b"zz\r\nhello\r\n"),
        raw("HTTP/1.1 200 OK\ntransfer-encoding: chunked", b"5\r\nhel"),
        raw("nonsense"),
        Fault(raw=b""),
    ],
)
def test_a_broken_response_can_be_tried_again(fault: Fault) -> None:
    with pytest.raises((Transient, Malformed)):
        served(fault)


@pytest.mark.slow
def test_the_deadline_is_for_the_whole_call() -> None:
    started = time.monotonic()
    with pytest.raises(Transient, match=r"no complete response within 0\.5 s"):
        served(Fault(drip_s=0.05), ClientSettings(total_s=0.5))
    assert time.monotonic() - started < 2.0


def test_nobody_listening_can_be_tried_again() -> None:
    with ScriptedServer(lambda question: "hi") as server:
        gone = server.url
    with pytest.raises(Transient, match=r"127\.0\.0\.1"):
        post(gone)


def test_redirects_are_not_followed_and_the_key_stays_here() -> None:
    with ScriptedServer(lambda question: "hi") as other:
        fault = Fault(status=307, headers={"location": f"{other.url}/v1/chat/completions"}, body=b"")
        with pytest.raises(BadRequest, match="redirect"):
            served(fault)
        assert other.calls == 0


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("http://api.example.com/v1", "unencrypted"),
        ("http://10.0.0.7/v1", "unencrypted"),
        ("ftp://example.com", "not an address"),
        ("file:///etc/passwd", "not an address"),
        ("https://user:word@example.com", "contains a password"),
    ],
)
def test_addresses_a_key_may_not_be_sent_to(url: str, what: str) -> None:
    with pytest.raises(ProjectError, match=what) as refused:
        check_address(url, {"X-Api-Key": "k"})
    assert "word" not in str(refused.value).replace("password", "")


def test_addresses_that_are_fine() -> None:
    check_address("https://api.example.com/v1", {"Authorization": "k"})
    check_address("http://127.0.0.1:8000/v1", {"Authorization": "k"})
    check_address("http://gpu-box.local:8000/v1", {})
    assert [is_loopback(host) for host in ("localhost", "127.9.9.9", "::1", "10.0.0.1", "localhost.evil.com")] == [
        True, True, True, False, False,
    ]  # fmt: skip
