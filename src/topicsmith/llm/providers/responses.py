"""What all providers' responses have in common: the body, the failure, when to come back, token counts."""

import json
import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import orjson

from topicsmith.llm.errors import (
    AuthRefused,
    BadRequest,
    Filtered,
    Malformed,
    ProviderFailure,
    QuotaExhausted,
    RateLimited,
    TooLarge,
    Transient,
)
from topicsmith.llm.types import Answer
from topicsmith.records import Usage
from topicsmith.surrogates import without_surrogates

LONGEST_WAIT_S = 7 * 24 * 3600.0
"""A service that asks for more than a week has not said anything meaningful."""

_FILTERS = frozenset({400, 403, 422, 451})
_AGAIN = frozenset({408, 409, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529})
_KINDS: Mapping[str, int] = {
    "authentication_error": 401, "invalid_api_key": 401, "permission_error": 403, "not_found_error": 404,
    "billing_error": 402, "insufficient_quota": 402, "rate_limit_error": 429, "rate_limit_exceeded": 429,
    "overloaded_error": 529, "api_error": 500, "server_error": 500, "timeout_error": 504,
    "invalid_request_error": 400, "request_too_large": 413, "billing_not_active": 402, "blocked_api_access": 402,
}  # fmt: skip
_NO_MONEY = re.compile(
    r"insufficient[_ ](?:quota|funds|balance|credits?)|credit balance|billing[_ ](?:hard_limit|not[_ ]active)"
    r"|(?:spend(?:ing)?|usage|budget|credit)[_ ](?:limits?|cap)\b|out of credits|no credits|payment required"
    r"|regain access|blocked_api_access|exceeded your current quota|check your plan and billing"
    r"|(?:balance|credits?) (?:is|are) (?:too low|exhausted|depleted|used up)|top up|arrears",
    re.IGNORECASE,
)
_FILTER = re.compile(
    r"content[_ ]?(?:filter|policy|management)|moderation|safety (?:system|filter|policy)|usage (?:policy|guidelines)"
    r"|flagged as|sensitive[_ ]words?|data_inspection_failed|prohibited[_ ]content|guardrail",
    re.IGNORECASE,
)
_BAD_SAMPLE = frozenset({"json_validate_failed", "tool_use_failed", "output_parse_failed"})
"""Codes of services that check an answer themselves, for one that is not as asked: a bad sample, no bad request."""

_TOO_LONG = re.compile(
    r"context_length_exceeded|string_above_max_length|prompt is too long|input is too long|maximum context length"
    r"|maximum number of tokens|context window|too many (?:input )?tokens|request_too_large|request is too large"
    r"|input token count|maximum allowed size|reduce the length|request too large",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(r"api[_ ]key[_ ](?:not[_ ]valid|invalid)|invalid[_ ]api[_ ]key", re.IGNORECASE)
_SECRET = re.compile(r"\b(?:sk|pk|rk|key|tgp|gsk|hf|AIza)[-_A-Za-z0-9*.]{12,}|Bearer\s+\S+", re.IGNORECASE)
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)s")


def read_body(provider: str, headers: Mapping[str, str], body: bytes) -> dict[str, object]:
    """The JSON object that a successful response must be.

    Raises:
        Malformed: for a web page, nothing at all, or anything else that is not one JSON object.
    """
    kind = headers.get("content-type", "").lower()
    if kind.startswith(("text/html", "text/event-stream")):
        raise Malformed(f"{provider}: answered with {kind.split(';', 1)[0]} where JSON was expected", status=200)
    value = _loads(body)
    if not isinstance(value, dict):
        sample = redact(body[:80].decode("utf-8", "replace"))
        what = f"begins with {sample!r}" if body else "is empty"
        raise Malformed(f"{provider}: the response is not a JSON object: it {what}", status=200)
    return value


def _loads(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:  # an answer with half a surrogate pair is still an answer, and paid for
        return json.loads(body.decode("utf-8"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def mapping(value: object) -> Mapping[str, object]:
    """``value`` where it is an object, otherwise an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """``value`` where it is an array, otherwise an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """``value`` where it is text, with lone surrogates replaced; otherwise nothing."""
    return without_surrogates(value) if isinstance(value, str) else ""


def merged(body: Mapping[str, object], more: Mapping[str, object]) -> dict[str, object]:
    """``body`` with the keys of ``more``; objects in both are merged in turn.

    >>> merged({"a": {"b": 1}, "c": 2}, {"a": {"d": 3}})
    {'a': {'b': 1, 'd': 3}, 'c': 2}
    """
    found = dict(body)
    for key, value in more.items():
        inner = found.get(key)
        found[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return found


def failure(provider: str, status: int, headers: Mapping[str, str], body: bytes) -> ProviderFailure:
    """What a response that is no answer means, by its status and its body."""
    return _failure(provider, status, headers, error_of(_loads(body)))


def failure_in(provider: str, error: object, headers: Mapping[str, str]) -> ProviderFailure:
    """What an ``error`` in the place of an answer means, as gateways pass on those of the services behind them."""
    return _failure(provider, 200, headers, error_of({"error": error}))


def refused(provider: str, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """The answer that a refusal by the service's filter is: it costs nothing.

    Raises:
        ProviderFailure: for every other refusal.
    """
    found = failure(provider, status, headers, body)
    if isinstance(found, Filtered):
        return Answer(str(found), "filter", Usage(0, 0), None)
    raise found


def _failure(provider: str, status: int, headers: Mapping[str, str], error: Mapping[str, object]) -> ProviderFailure:
    if status == 200:
        status = _status_of(error)
    message = f"{provider}: {_said(error) or 'gave no reason'} ({status})"
    wait = retry_after_s(headers, error)
    return _kind(status, error, wait)(message, status=status, retry_after_s=wait)


def error_of(value: object) -> Mapping[str, object]:
    """The error inside a body, in whichever of the usual shapes it stands."""
    if isinstance(value, list):
        value = value[0] if value else None
    found = mapping(value)
    inner = found.get("error")
    if isinstance(inner, str):
        return {"message": inner}
    return mapping(inner) or found


def _kind(status: int, error: Mapping[str, object], wait: float | None) -> type[ProviderFailure]:
    written = _texts(error, "type", "code", "status", "message", "detail")
    if status in _FILTERS and _FILTER.search(written) and not _NO_MONEY.search(_texts(error, "type", "code")):
        return Filtered
    return _of_the_account(status, error, wait, written) or _of_the_call(status, error, written)


def _of_the_account(
    status: int, error: Mapping[str, object], wait: float | None, written: str
) -> type[ProviderFailure] | None:
    if status == 402 or (status != 422 and _NO_MONEY.search(written) and not _passes_by_itself(error, wait)):
        return QuotaExhausted
    if status in {401, 403, 404} or (status == 400 and _BAD_KEY.search(written)):
        return AuthRefused
    return None


def _of_the_call(status: int, error: Mapping[str, object], written: str) -> type[ProviderFailure]:
    if status == 413 or (status in {400, 422, 429} and _TOO_LONG.search(written)):
        return TooLarge
    if status == 429:
        return RateLimited
    if status in _AGAIN or status >= 500:
        return Transient
    return Malformed if status < 400 or str(error.get("code")) in _BAD_SAMPLE else BadRequest


def _texts(error: Mapping[str, object], *names: str) -> str:
    """The words that stand under ``names``; lists and objects quote what was asked, so they do not count."""
    return " ".join(str(value)[:500] for name in names if isinstance(value := error.get(name), str | int))


def _passes_by_itself(error: Mapping[str, object], wait: float | None) -> bool:
    """Google speaks of the quota and the plan for limits a minute long too, and then says when to come back."""
    return error.get("status") == "RESOURCE_EXHAUSTED" and wait is not None and not _per_day(error)


def _per_day(error: Mapping[str, object]) -> bool:
    return any(
        "PerDay" in str(mapping(violation).get("quotaId"))
        for detail in items(error.get("details"))
        for violation in items(mapping(detail).get("violations"))
    )


def _status_of(error: Mapping[str, object]) -> int:
    """The status that an error inside a 200 stands for."""
    for key in ("code", "status", "type"):
        value = error.get(key)
        if isinstance(value, int) and 400 <= value < 600:
            return value
        if isinstance(value, str) and value in _KINDS:
            return _KINDS[value]
        if isinstance(value, str) and value.isascii() and value.isdigit() and 400 <= int(value[:6]) < 600:
            return int(value)
    return 500


def _said(error: Mapping[str, object]) -> str:
    for key in ("message", "detail", "code", "type"):
        value = error.get(key)
        if isinstance(value, str) and value.strip():
            return redact(value)
    return ""


def redact(message: str) -> str:
    """``message`` on one line, cut short, without anything that looks like a key."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in message[:1000]).split())
    flat = _SECRET.sub("[key]", flat)
    return flat if len(flat) <= 200 else flat[:197] + "..."


def retry_after_s(headers: Mapping[str, str], error: Mapping[str, object] | None = None) -> float | None:
    """How long a service asks to wait, in seconds; ``None`` where it says nothing, or nothing that can be meant.

    It may say so in ``retry-after-ms``, in ``retry-after`` as seconds or as a date, or in Google's ``retryDelay``
    inside the error. A date is taken relative to the response's own ``date``, so that a wrong clock here does no harm.
    """
    for header, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
        wait = _number(headers.get(header), unit)
        if wait is not None:
            return wait
    wait = _until(headers.get("retry-after"), headers.get("date"))
    if wait is not None:
        return wait
    for detail in items((error or {}).get("details")):
        delay = mapping(detail).get("retryDelay")
        match = _DURATION.fullmatch(delay) if isinstance(delay, str) else None
        if match:
            return _sensible(float(match.group(1)))
    return None


def _number(written: str | None, unit: float) -> float | None:
    try:
        return _sensible(float(written or "") * unit)
    except ValueError:
        return None


def _until(written: str | None, now: str | None) -> float | None:
    try:
        then = parsedate_to_datetime(written or "").timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    try:
        start = parsedate_to_datetime(now or "").timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        start = time.time()
    return _sensible(then - start)


def _sensible(wait: float) -> float | None:
    return wait if math.isfinite(wait) and 0 < wait <= LONGEST_WAIT_S else None
