"""Templates around questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.errors import ProjectError
from topicsmith.traces.unwrapping import TEMPLATES, unwrapping

Q = "How long does shipping take?"
RULE = "---------------------"
LLAMA_INDEX = f"""Context information is below.
{RULE}
Query: none. By truck.
{RULE}
Given the context information and not prior knowledge, answer the query.
Query: {Q}
Answer: """
LANGCHAIN = f"""Use the following pieces of context to answer the question at the end. If you don't know, say so.

By truck.
Question: is it free?

Question: {Q}
Helpful Answer:"""
RAG = f"""You are an assistant for question-answering tasks. Use the following pieces of retrieved context.
Question: {Q}
Context: By truck. Question: none
Answer:"""
REACT = f"""Answer the following questions as best you can. You have access to the following tools:

search: x

Question: the input question
Thought: ...

Begin!

Question: {Q}
Thought: I should look"""
CONDENSE = f"""Given the following conversation and a follow up question, rephrase the follow up question.

Chat History:
Human: hi
Follow Up Input: {Q}
Standalone question:"""
KNOWN = [
    ("user_query", f"<user_query>\n{Q}\n</user_query>"),
    ("task", f"<task>\n{Q}\n</task>"),
    ("userRequest", f"<userRequest>{Q}</userRequest>"),
    ("LlamaIndex", LLAMA_INDEX),
    ("LangChain", LANGCHAIN),
    ("LangChain", RAG),
    ("ReAct", REACT),
    ("condense question", CONDENSE),
    ("Codex IDE", f"# Context from my IDE setup:\n\n## Active file: a.py\n\n## My request for Codex:\n{Q}\n"),
]


@pytest.mark.parametrize(("name", "text"), KNOWN)
def test_known_templates_are_taken_off(name: str, text: str) -> None:
    assert unwrapping("default").question_in(text) == (Q, name)
    assert unwrapping("none").question_in(text) is None
    assert unwrapping([name]).question_in(text) == (Q, name)
    assert unwrapping([n for n in TEMPLATES if n != name]).question_in(text) is None


@pytest.mark.parametrize(("name", "text"), KNOWN)
def test_a_question_that_quotes_a_template_stays(name: str, text: str) -> None:
    found = unwrapping("default").question_in(f"What does this prompt do?\n\n{text}")
    assert found is None


@pytest.mark.parametrize(
    "text",
    [
        "<task>a</task> or <task>b</task>, which is right?",
        "<task>a</task> and <task>b</task>",
        "Use the following pieces of context, please",
        "Answer the following questions as best you can: who, where?",
        "<task> that never closes",
    ],
)
def test_what_only_begins_like_a_template_stays(text: str) -> None:
    assert unwrapping("default").question_in(text) is None


@given(st.text(min_size=1).filter(lambda text: text.strip() and "<" not in text and ">" not in text))
def test_any_words_come_back(words: str) -> None:
    assert unwrapping("default").question_in(f"<user_query>{words}</user_query>") == (words.strip(), "user_query")
    own = unwrapping(["Dear bot, {question} Thanks ... bye"])
    if "Thanks" not in words:
        assert own.question_in(f"Dear  bot,\n{words} Thanks a lot, bye") == (
            words.strip(),
            "Dear bot, {question} Thanks ... bye",
        )


def test_a_pattern_may_begin_with_the_question() -> None:
    own = unwrapping(["{question} -- sent from my phone"])
    assert own.question_in(f"{Q}\n--  sent from my phone") == (Q, "{question} -- sent from my phone")
    assert own.question_in(Q) is None


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "user_qery",
            "'user_qery' is no known template and has no '{question}' in it exactly once; known: default, none",
        ),
        ("{question} and {question}", "exactly once"),
        ("... {question} ...", "has no words beside '{question}', so it would match everything"),
    ],
)
def test_what_cannot_be_a_template_is_refused(setting: str, message: str) -> None:
    with pytest.raises(ProjectError) as caught:
        unwrapping([setting])
    assert message in str(caught.value)
