"""What a request passes before anything is done for it."""

import pytest

from topicsmith.serving.http.gate import check_host, origin_of
from topicsmith.serving.refusals import RefusedError


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "LOCALHOST.", "127.0.0.1:1", "[::1]:8080", "10.0.0.5", "topics.example:443"]
)
def test_the_server_is_called_by_an_address_or_an_allowed_name(host: str) -> None:
    check_host({"host": host}, frozenset({"topics.example"}))


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "localhost/evil", "[::1", "a b"]
)
def test_fault_72_another_name_is_refused(host: str) -> None:
    with pytest.raises(RefusedError, match="--allow-host") as found:
        check_host({"host": host}, frozenset({"topics.example"}))
    assert found.value.status == 403
    check_host({"host": "evil.example"}, frozenset({"*"}))


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://localhost:3000", "null", "file://", "http://localhost:8080.evil.example"]
)
def test_fault_72_pages_of_other_origins_are_refused(origin: str) -> None:
    with pytest.raises(RefusedError, match="other origins"):
        check_host({"host": "localhost:8080", "origin": origin}, frozenset({"*"}))


def test_the_servers_own_origin_may_ask() -> None:
    check_host({"host": "localhost:8080", "origin": "http://localhost:8080"}, frozenset())
    assert origin_of("http://[bad") is None
