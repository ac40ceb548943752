"""Which steps of a trace are talk."""

import pytest

from topicsmith.traces.conversations.steps import helper_of, part_of


@pytest.mark.parametrize(
    ("kind", "name", "root", "part"),
    [
        ("GENERATION", "chat", False, "talk"),
        ("LLM", None, False, "talk"),
        ('"CHAT_MODEL"', None, False, "talk"),
        (None, "POST /chat", True, "talk"),
        ("SPAN", "handler", False, "aside"),
        ("EMBEDDING", "chat", True, "none"),
        ("tool", None, True, "none"),
        ("RETRIEVER", None, True, "none"),
        ("chat", "input guardrail", False, "none"),
        ("llm", "LLM-as-a-judge", True, "none"),
        ("llm", "rewrite question", False, "none"),
        ("llm", "summarize", True, "aside"),
        ("llm", "safeguarded chat", False, "talk"),
    ],
)
def test_parts(kind: str | None, name: str | None, root: bool, part: str) -> None:
    assert part_of(kind, name, root=root) == part


def test_what_a_step_serves_as_is_named() -> None:
    assert helper_of("EMBEDDING", None) == "embedding"
    assert helper_of("llm", "Execute evaluator: Helpfulness") == "execute evaluator: helpfulness"
    assert helper_of("GENERATION", "x", "langfuse-llm-as-a-judge") == "evaluator"
    assert helper_of("GENERATION", "answer", "production") is None
    assert part_of("GENERATION", "x", root=True, environment="langfuse-llm-as-a-judge") == "none"
