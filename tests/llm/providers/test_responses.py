import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.llm.errors import (
    AuthRefused,
    BadRequest,
    Malformed,
    ProviderFailure,
    QuotaExhausted,
    RateLimited,
    TooLarge,
    Transient,
)
from topicsmith.llm.providers.responses import failure, read_body, retry_after_s

NOW = "Mon, 23 Nov 2026 12:00:00 GMT"


def error(**fields: object) -> bytes:
    return json.dumps({"error": fields}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, error(message="Rate limit reached", type="tokens", code="rate_limit_exceeded"), RateLimited),
        (429, error(message="You exceeded your current quota", code="insufficient_quota"), QuotaExhausted),  # fault 4
        (402, error(message="Credit limit exceeded"), QuotaExhausted),
        (400, error(type="invalid_request_error", message="Your credit balance is too low"), QuotaExhausted),
        (401, error(message="Incorrect API key provided: sk-abcdefghijklmnop"), AuthRefused),  # fault 5
        (403, error(type="permission_error", message="no"), AuthRefused),
        (404, error(code="model_not_found", message="The model `x` does not exist"), AuthRefused),
        (400, error(message="API key not valid.", status="INVALID_ARGUMENT"), AuthRefused),
        (400, error(message="API_KEY_INVALID", status="INVALID_ARGUMENT"), AuthRefused),
        (400, error(message="bad schema"), BadRequest),
        (422, b'{"detail": "bad"}', BadRequest),
        (413, b"", TooLarge),  # fault 6
        (400, error(code="context_length_exceeded", message="too long"), TooLarge),
        (400, error(message="prompt is too long: 300000 tokens > 200000 maximum"), TooLarge),
        (400, error(message="The input token count (9) exceeds the maximum number of tokens allowed (8)."), TooLarge),
        *[(status, b"", Transient) for status in (408, 409, 500, 502, 503, 504, 529)],  # fault 7
        (599, b"<html>", Transient),
        (418, b"", BadRequest),
        (204, b"", Malformed),
        (200, error(type="rate_limit_error", message="slow"), RateLimited),  # fault 13
        (200, error(code=503, message="busy"), Transient),
        (200, error(code="401", message="no"), AuthRefused),
        (200, b'{"error": "something"}', Transient),
    ],
)
def test_fault_04_to_07_and_13_what_a_response_means(status: int, body: bytes, kind: type[ProviderFailure]) -> None:
    found = failure("openai", status, {}, body)
    assert type(found) is kind
    assert str(found).startswith("openai: ")
    assert "\n" not in str(found)
    assert "sk-abc" not in str(found)


def google_429(quota: str, delay: str | None) -> bytes:
    details: list[object] = [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]}
    ]
    if delay:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    message = "You exceeded your current quota, please check your plan and billing details."
    return error(code=429, message=message, status="RESOURCE_EXHAUSTED", details=details)


def test_googles_quota_of_a_minute_passes_and_that_of_a_day_does_not() -> None:
    minute = failure("google", 429, {}, google_429("GenerateRequestsPerMinutePerProject", "34.07s"))
    assert (type(minute), minute.retry_after_s) == (RateLimited, 34.07)
    assert type(failure("google", 429, {}, google_429("GenerateRequestsPerDayPerProject", "34s"))) is QuotaExhausted
    assert type(failure("google", 429, {}, google_429("x", None))) is QuotaExhausted
    assert type(failure("google", 429, {}, b"[" + google_429("PerMinute", "1s") + b"]")) is RateLimited


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT", "date": NOW}, 30.0),
        ({"retry-after": "Monday, 23-Nov-26 12:00:30 GMT", "date": NOW}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT", "date": NOW}, None),  # past
        ({"retry-after": "Mon, 23 Nov 100000 12:00:00 GMT", "date": NOW}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_fault_01_and_02_retry_after_in_all_its_forms(headers: dict[str, str], wait: float | None) -> None:
    assert retry_after_s(headers) == wait


@given(st.text(max_size=40), st.text(max_size=40))
def test_fault_02_no_header_makes_it_crash(written: str, now: str) -> None:
    wait = retry_after_s({"retry-after": written, "retry-after-ms": now, "date": now})
    assert wait is None or 0 < wait <= 7 * 24 * 3600


def test_a_date_without_the_servers_own_is_taken_from_the_clock_here() -> None:
    wait = retry_after_s({"retry-after": "Fri, 31 Dec 2100 12:00:00 GMT"})
    assert wait is None  # decades away


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        ({}, b"<html>502</html>"),
        ({"content-type": "text/html"}, b"{}"),
        ({"content-type": "text/event-stream"}, b"{}"),
        ({}, b"\xef\xbb\xbf{}"),
        ({}, b"{}\x00"),
        ({}, b"null"),
        ({}, b"[]"),
        ({}, b"[" * 100_000),
        ({}, b'{"a": \xff}'),
        ({}, b"{} {}"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_fault_12_what_is_no_json_object_is_asked_for_again(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(Malformed) as raised:
        read_body("openai", headers, body)
    assert len(str(raised.value)) < 300


@given(st.binary(max_size=200), st.integers(100, 599))
def test_any_body_gives_a_failure_of_one_line(body: bytes, status: int) -> None:
    found = failure("openai", status, {}, body)
    assert isinstance(found, ProviderFailure)
    assert str(found).isprintable()


@pytest.mark.parametrize("odd", [["x"], {}, 7, None, "x" * 9000])
@pytest.mark.parametrize("status", [200, 400, 402, 413, 429, 500])
def test_an_error_of_another_form_still_has_its_kind(status: int, odd: object) -> None:
    found = failure("maker", status, {}, error(code=odd, type=odd, message=odd, status=odd, details=odd))
    assert isinstance(found, ProviderFailure)
    assert len(str(found)) < 1100
