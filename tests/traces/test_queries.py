"""The rule of the first question, case by case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.records import Message
from topicsmith.traces.machine_text import is_machine_text
from topicsmith.traces.queries import (
    EMPTY_USER_TURNS,
    MAX_QUERY_CHARACTERS,
    NO_USER_TURN,
    ONLY_MACHINE_TEXT,
    QUERY_TOO_LONG,
    Question,
    first_question,
)


def turns(*pairs: tuple[str, str]) -> list[Message]:
    return [Message(role, content) for role, content in pairs]


@pytest.mark.parametrize("role", ["system", "developer", "tool", "function", "assistant"])
def test_turns_of_other_roles_are_passed_over(role: str) -> None:
    assert first_question(turns((role, "x"), ("user", "The question"))) == Question("The question", 1)


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u3000", "\u00a0"])
def test_empty_turns_are_passed_over(blank: str) -> None:
    assert first_question(turns(("user", blank), ("user", "Then this"))) == Question("Then this", 1)


@pytest.mark.parametrize(
    "pasted",
    [
        '<tool_response>\n{"rows": 3}\n</tool_response>',
        "<tool_response>a</tool_response>\n<tool_response>b</tool_response>",
        "<environment_details>\n# VSCode Visible Files\n</environment_details>",
        "<system-reminder>Be careful.</system-reminder>",
        "<user_instructions>\nx\n</user_instructions>\n\n<environment_context>\n<cwd>/</cwd>\n</environment_context>",
        "<|im_system|>tool_declare<|im_middle|>[]",
        "# Tools\n\nYou may call one or more functions",
        "# Tools\n<tools>[]</tools>",
    ],
)
def test_machine_text_is_passed_over_wherever_it_stands(pasted: str) -> None:
    assert is_machine_text(pasted)
    assert first_question(turns(("user", pasted), ("user", "My question"))) == Question("My question", 1)


@pytest.mark.parametrize(
    "result", ["Observation: 42", "Tool result: ok", "function output: 3", "[read_file for 'a.py'] Result:\nx = 1"]
)
def test_what_opens_like_a_result_is_passed_over_once_the_assistant_spoke(result: str) -> None:
    assert first_question(turns(("assistant", "I look."), ("user", result), ("user", "Q"))) == Question("Q", 2)
    assert first_question(turns(("user", result))) == Question(result, 0)


@pytest.mark.parametrize(
    "text",
    [
        "<b>bold</b> text",
        "Explain <tool_response>x</tool_response> to me",
        "<tool_response>x</tool_response> what does this mean?",
        "<tool_response> never closed",
        "# Tools for woodwork?",
        "<tools",
    ],
)
def test_a_person_may_write_about_tags(text: str) -> None:
    assert first_question(turns(("user", text))) == Question(text, 0)


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], NO_USER_TURN),
        (turns(("assistant", "Hello")), NO_USER_TURN),
        (turns(("user", " ")), EMPTY_USER_TURNS),
        (turns(("user", " "), ("user", "<observation>1</observation>")), ONLY_MACHINE_TEXT),
        (turns(("user", "a" * (MAX_QUERY_CHARACTERS + 1))), QUERY_TOO_LONG),
    ],
)
def test_why_there_is_no_question(messages: list[Message], reason: str) -> None:
    assert first_question(messages) == reason


def test_a_million_characters_are_still_a_question() -> None:
    text = "a" * MAX_QUERY_CHARACTERS
    assert first_question(turns(("user", text))) == Question(text, 0)


def test_language_and_white_space_stay_as_they_are() -> None:
    text = "  Où est \u202bהספרייה\u202c ?\r\n\t👩‍👩‍👧 "
    assert first_question(turns(("user", text))) == Question(text, 0)


@given(st.text(alphabet="<>/tol_respn =\"'ab\n", max_size=300))
def test_any_text_is_told_in_linear_time(text: str) -> None:
    assert isinstance(is_machine_text(text), bool)


def test_many_opened_tags_are_told_quickly() -> None:
    assert not is_machine_text("<observation>" * 50_000)
    assert not is_machine_text("<observation " + "a" * 100_000)
