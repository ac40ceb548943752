import json
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.errors import ProjectError
from topicsmith.llm.prompts import AnswerForm, Reasoning, built_in, form_answer, load_prompt
from topicsmith.records import Example
from topicsmith.taxonomy import Taxonomy, Topic

OWN = 'name: mine\nsystem: "Pick. {topics} {answer}"\nuser: "{text}"\njson: "Use {fields}."\nxml: "Use {fields}."\n'


def properties(schema: Mapping[str, object]) -> dict[str, dict[str, object]]:
    found = schema["properties"]
    assert isinstance(found, dict)
    return found


def test_three_versions_come_with_the_package() -> None:
    assert built_in() == ("v1", "v2", "v3")
    assert [load_prompt(name, Path()).reasoning for name in built_in()] == [None, None, "before"]


def test_v1_names_no_topics_v2_and_v3_name_them_all(taxonomy: Taxonomy) -> None:
    shown = [load_prompt(name, Path()).render("hello", taxonomy)[0] for name in built_in()]
    assert not any(name in shown[0] for name in taxonomy.names if name != "Other")
    assert all(f"- {name}" in system for name in taxonomy.names for system in shown[1:])
    assert 'Science: Natural sciences\n  for example: "why is the sky blue?"' in shown[1]


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
@pytest.mark.parametrize("answer", ["json", "xml"])
@pytest.mark.parametrize("reasoning", [None, "before", "after"])
def test_the_system_message_is_the_same_for_every_text(
    version: str, answer: AnswerForm, reasoning: Reasoning | None, taxonomy: Taxonomy
) -> None:
    prompt = load_prompt(version, Path())
    first, user = prompt.render("one", taxonomy, answer=answer, subtopics=True, reasoning=reasoning)
    second, other = prompt.render("two", taxonomy, answer=answer, subtopics=True, reasoning=reasoning)
    assert first == second
    assert "> one" in user
    assert "> two" in other
    assert "{" not in first.replace('{"', "")  # no place is left open


def test_places_named_in_the_text_stay_text(taxonomy: Taxonomy) -> None:
    _, user = load_prompt("v2", Path()).render("show me {topics} and {text}", taxonomy)
    assert "> show me {topics} and {text}\n" in user


def test_examples_are_quoted_and_answered_like_the_target(taxonomy: Taxonomy) -> None:
    example = Example("q", "line one\nline two", "Science", "Physics", reasoning="About light.")
    prompt = load_prompt("v3", Path())
    system, _ = prompt.render("x", taxonomy, subtopics=True, reasoning="before", examples=[example])
    target = prompt.target(example, taxonomy, subtopics=True, reasoning="before")
    assert target == '{"reasoning": "About light.", "topic": "Science", "subtopic": "Physics"}'
    assert f"> line one\n> line two\nAnswer:\n{target}" in system


def test_target_puts_fields_in_the_order_asked_for(taxonomy: Taxonomy) -> None:
    example = Example("q", "x", "Other", reasoning="Small talk.")
    target = load_prompt("v2", Path()).target(example, taxonomy, subtopics=True, reasoning="after")
    assert json.loads(target) == {"topic": "Other", "subtopic": "none", "reasoning": "Small talk."}
    assert list(json.loads(target)) == ["topic", "subtopic", "reasoning"]
    assert load_prompt("v2", Path()).target(example, taxonomy, subtopics=False) == '{"topic": "Other"}'


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=50))
def test_an_xml_answer_reads_back(value: str) -> None:
    if any(c in value for c in "\ufffe\uffff"):
        return
    element = ElementTree.fromstring(form_answer({"topic": value}, "xml"))
    assert element.find("topic") is not None
    assert (element.findtext("topic") or "") == " ".join(value.split())


def test_schema_holds_the_topics_as_an_enum(taxonomy: Taxonomy) -> None:
    prompt = load_prompt("v3", Path())
    schema = prompt.schema(taxonomy, subtopics=True, reasoning="before")
    assert list(properties(schema)) == schema["required"] == ["reasoning", "topic", "subtopic"]
    assert properties(schema)["topic"]["enum"] == list(taxonomy.names)
    assert properties(schema)["subtopic"]["enum"] == ["Web", "Data", "Physics", "none"]
    assert schema["additionalProperties"] is False
    assert list(properties(prompt.schema(taxonomy))) == ["topic"]


def test_subtopics_are_asked_for_only_where_there_are_any() -> None:
    flat = Taxonomy((Topic("A"), Topic("B")))
    assert list(properties(load_prompt("v2", Path()).schema(flat, subtopics=True))) == ["topic"]


def test_room_for_the_answer_covers_the_longest_name(taxonomy: Taxonomy) -> None:
    prompt = load_prompt("v2", Path())
    assert 32 <= prompt.max_output_tokens(taxonomy) <= 64
    assert prompt.max_output_tokens(taxonomy, reasoning="before") >= 358  # the longest mean the experiment saw


def test_a_projects_own_file_is_read_from_its_folder(tmp_path: Path, taxonomy: Taxonomy) -> None:
    (tmp_path / "mine.yaml").write_text(OWN)
    system, user = load_prompt("mine.yaml", tmp_path).render("hi", taxonomy)
    assert system.startswith("Pick. - Technology")
    assert system.endswith('Use "topic".')
    assert user.split("\n")[1] == "> hi"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('"{text}"', '"the text"'), "mine.yaml:3: 'user' has no place '{text}'; add it where it is to stand"),
        (("{topics}", "{topcis}"), "mine.yaml:2: 'system' has an unknown place '{topcis}'; known: {topics}, "),
        (("name: mine", "name: 7"), "mine.yaml:1: name: YAML reads 7 as the number 7, which is no text"),
        (("xml:", "xlm:"), "mine.yaml:5: unknown key 'xlm'; known: json, name, quote, "),
        (('xml: "Use {fields}."', ""), "mine.yaml:1: missing key 'xml'"),
        (("user:", "sistem: x\nuser:"), "mine.yaml:3: unknown key 'sistem'; did you mean 'system'?; known: json, "),
        (("system:", "reasoning: never\nsystem:"), "mine.yaml:2: reasoning is 'never': "),
    ],
)  # fmt: skip
def test_a_prompt_file_that_cannot_work_is_refused_in_one_line(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    (tmp_path / "mine.yaml").write_text(OWN.replace(*change))
    with pytest.raises(ProjectError) as raised:
        load_prompt("mine.yaml", tmp_path)
    assert str(raised.value).startswith(f"{tmp_path}/{message}")
    assert "\n" not in str(raised.value)


def test_an_unknown_prompt_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no prompt 'v9': use v1, v2, v3, or the path of a prompt file"):
        load_prompt("v9", tmp_path)


def test_fault_37_a_changed_prompt_file_is_another_prompt(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(OWN)
    first = load_prompt("mine.yaml", tmp_path).digest
    assert load_prompt("mine.yaml", tmp_path).digest == first
    (tmp_path / "mine.yaml").write_text(OWN.replace("Pick.", "Choose."))
    assert load_prompt("mine.yaml", tmp_path).digest != first


def test_the_prompt_that_the_docs_show_works(tmp_path: Path, taxonomy: Taxonomy) -> None:
    page = (Path(__file__).parents[2] / "docs" / "prompts.md").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    prompt = load_prompt("mine.yaml", tmp_path)
    system, user = prompt.render("hello", taxonomy, reasoning=prompt.reasoning)
    assert system.startswith("You sort questions to our help desk. The topics:\n- Technology and programming")
    assert "> hello" in user
