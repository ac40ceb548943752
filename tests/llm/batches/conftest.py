from collections.abc import Iterator

import pytest

from tests.llm.batches.batching import said
from topicsmith.testing.model_server import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(said) as running:
        yield running


@pytest.fixture
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that are refused are tried again at once."""
    monkeypatch.setattr("topicsmith.llm.batches.run.backoff_s", lambda attempt, random: 0.0)
