"""Which steps of a trace are talk."""

import pytest

from topicsmith.traces.conversations.steps import step_of


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
    assert step_of(kind, name, root=root).part == part


def test_what_a_step_serves_as_is_named() -> None:
    assert step_of("EMBEDDING", None, root=True).helper == "embedding"
    assert step_of("llm", "Execute evaluator: Helpfulness", root=True).helper == "execute evaluator: helpfulness"
    judge = step_of("GENERATION", "x", root=True, environment="langfuse-llm-as-a-judge")
    assert (judge.part, judge.helper) == ("none", "evaluator")
    assert step_of("GENERATION", "answer", root=True, environment="production").helper is None
    assert judge.lacks("no input") == "a step of kind evaluator"
    assert step_of("GENERATION", "answer", root=True).lacks("no input") == "no input"
