import pytest

from topicsmith.errors import CredentialsError, UpstreamError
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


@pytest.mark.parametrize("kind", [AuthRefused, BadRequest, Malformed, QuotaExhausted, RateLimited, TooLarge, Transient])
def test_every_failure_is_an_upstream_error_that_carries_its_wait(kind: type[ProviderFailure]) -> None:
    failure = kind("openai: said no", status=429, retry_after_s=1.5)
    assert isinstance(failure, UpstreamError)
    assert (str(failure), failure.status, failure.retry_after_s) == ("openai: said no", 429, 1.5)


def test_a_refused_key_is_the_users_to_mend() -> None:
    assert issubclass(AuthRefused, CredentialsError)
    assert AuthRefused("x").exit_code == 2
    assert QuotaExhausted("x").exit_code == 1
