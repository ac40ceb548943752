"""How a model's answer can fail, told apart by what it means for the row and for the run.

    UpstreamError
    ├── QuotaExhausted      no money or quota left: stop the run, everything kept
    ├── AuthRefused         the key was refused: stop the run (also a CredentialsError, exit code 2)
    ├── RateLimited         too fast: wait ``retry_after_s``, does not use up an attempt
    ├── Transient           the service had a bad moment: try again later
    │   └── TimedOut        no whole response within the deadline
    ├── Malformed           a response that breaks the protocol: try again later
    ├── BadRequest          this request will never be accepted: mark the row
    ├── Filtered            a filter of the service refused this text: mark the row
    └── TooLarge            the text is longer than the model takes: mark the row

Messages name the provider, the status and what the service said, cut short and without keys; they never hold the
text that was classified.
"""

from collections.abc import Iterable
from typing import Self

from topicsmith.errors import CredentialsError, UpstreamError


class ProviderFailure(UpstreamError):  # noqa: N818  # named for what happened, as all of them are
    """Base of the failures of one call.

    Attributes:
        status: the HTTP status, ``None`` where there was none (a batch result, a broken connection).
        retry_after_s: how long the service asked to wait, in seconds; ``None`` when it did not say, or not in a
            form that means anything.
    """

    def __init__(self, message: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s

    def without(self, secrets: Iterable[str]) -> Self:
        """The same failure, where a service said a key back without it."""
        said = str(self)
        for secret in secrets:
            said = said.replace(secret, "[key]")
        return type(self)(said, status=self.status, retry_after_s=self.retry_after_s)


class QuotaExhausted(ProviderFailure):
    """No money or quota is left with the provider: stop the run; it can be resumed."""


class AuthRefused(ProviderFailure, CredentialsError):  # noqa: N818
    """The provider refused the key, or the key may not use this model: stop the run."""


class RateLimited(ProviderFailure):
    """Too many requests: wait, then send the same again."""


class Transient(ProviderFailure):
    """The service failed for a moment: send the same again, with backoff."""


class TimedOut(Transient):
    """No whole response within the deadline: the service may be slower than it is asked to be."""


class Malformed(ProviderFailure):
    """The response breaks the protocol (a web page, nothing, another request's answer): send the same again."""


class BadRequest(ProviderFailure):
    """The request will never be accepted as it is: mark the row, do not send it again."""


class Filtered(ProviderFailure):
    """A filter of the service refused this text: mark the row."""


class TooLarge(ProviderFailure):
    """The text is longer than the model or the provider takes: mark the row, do not send it again."""
