"""Why a request is not answered: a type, an HTTP status and a sentence, in one shape whatever went wrong."""

import math

STATUS = {
    "invalid_request": 422,
    "not_json": 400,
    "not_http": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "request_timeout": 408,
    "too_large": 413,
    "unsupported_media_type": 415,
    "rate_limited": 429,
    "headers_too_large": 431,
    "failed": 500,
    "overloaded": 503,
    "stopping": 503,
    "unavailable": 503,
    "deadline_exceeded": 504,
}
"""The HTTP status of every type of refusal."""
_LONGEST_WAIT_S = 60


class RefusedError(Exception):
    """A request that is not answered: ``type`` is one of :data:`STATUS`, ``retry_after_s`` when to come again."""

    def __init__(self, type_: str, message: str, retry_after_s: float | None = None, *, close: bool = False) -> None:
        """Refuse with ``message``; with ``close`` the connection ends after it."""
        super().__init__(message)
        self.type = type_
        self.message = message
        self.retry_after_s = None if retry_after_s is None else max(1, min(_LONGEST_WAIT_S, math.ceil(retry_after_s)))
        self.close = close

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.type]

    def document(self) -> dict[str, object]:
        """What is sent as JSON."""
        found: dict[str, object] = {"type": self.type, "message": self.message}
        if self.retry_after_s is not None:
            found["retry_after_s"] = self.retry_after_s
        return {"error": found}

    def headers(self) -> dict[str, str]:
        """The headers that go with it."""
        found = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        if self.type == "unauthorized":
            found["WWW-Authenticate"] = "Bearer"
        return {**found, "Connection": "close"} if self.close else found


class EngineDiedError(Exception):
    """The process that owns the model ended, by itself or because it hung."""


class EngineFailedError(Exception):
    """A batch cannot be answered for a reason that is not in its texts; the message says which."""
