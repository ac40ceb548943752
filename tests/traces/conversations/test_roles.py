"""Who speaks, by the names that logs use."""

import pytest

from topicsmith.traces.conversations.roles import known_role, role_of, written_role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("user", "user"), (" Human ", "user"), ("HumanMessageChunk", "user"), ("MessageRole.USER", "user"),
        ("end_user", "user"), ("End-User", "user"), ("customer", "user"), ("prompter", "user"), ("AI", "assistant"),
        ("AIMessage", "assistant"), ("agent", "assistant"), ("SYSTEM", "system"), ("developer", "developer"),
        ("tool_result", "tool"), ("critic", None), ("", None), (7, None), ("x" * 100, None),
    ],
)  # fmt: skip
def test_names_of_roles(name: object, role: str | None) -> None:
    assert known_role(name) == role


def test_an_unknown_name_is_kept() -> None:
    assert role_of(" Critic ") == "critic"


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ({"role": "user", "from": "x"}, "user"),
        ({"from": "+49 30", "role": "customer"}, "customer"),
        ({"sender": "Ada", "isCreatedByUser": True}, "user"),
        ({"sender": "Ada", "is_user": False}, "assistant"),
        ({"author": {"role": "tool", "name": "x"}}, "tool"),
        ({"type": "human"}, "human"),
        ({"type": "message"}, None),
        ({"speaker": "Zoe"}, "Zoe"),
        ({}, None),
    ],
)
def test_where_a_message_says_who_speaks(message: dict[str, object], written: object) -> None:
    assert written_role(message) == written
