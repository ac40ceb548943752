from collections.abc import Mapping

import pytest

from topicsmith.llm.prompts import load_prompt
from topicsmith.llm.types import ChatRequest
from topicsmith.taxonomy import Taxonomy, Topic


@pytest.fixture
def taxonomy() -> Taxonomy:
    return Taxonomy((Topic("Science"), Topic("Arts & entertainment"), Topic("Other")), catch_all="Other")


@pytest.fixture
def schema(taxonomy: Taxonomy, request: pytest.FixtureRequest) -> Mapping[str, object]:
    return load_prompt("v3", request.path.parent).schema(taxonomy, reasoning="before")


@pytest.fixture
def question(schema: Mapping[str, object]) -> ChatRequest:
    """A request with everything set, and a text that no naive encoder survives."""
    return ChatRequest("model-1", "You sort.", 'say "hi" \ud83d\x00\n[end]', schema, 64, 0.0, 13)
