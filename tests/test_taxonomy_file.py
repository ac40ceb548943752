"""Reading topics that a person wrote."""

from pathlib import Path

import pytest

from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy import Taxonomy, Topic
from topicsmith.taxonomy_file import from_document, read_taxonomy


def read(folder: Path, text: str) -> Taxonomy:
    (folder / "taxonomy.yaml").write_text(text)
    return read_taxonomy(folder / "taxonomy.yaml")


def test_a_bare_list_is_a_list_of_topics(tmp_path: Path) -> None:
    found = read(tmp_path, "- Music\n- name: Other\n  catch_all: true\n")
    assert (found.names, found.catch_all) == (("Music", "Other"), "Other")
    with pytest.raises(TaxonomyError, match=r"taxonomy\.yaml:3: unknown key 'topics\[1\]\.catchall'"):
        read(tmp_path, "- Music\n- name: Other\n  catchall: true\n")


def test_former_names_are_a_list_or_one_name(tmp_path: Path) -> None:
    found = read(tmp_path, "topics:\n- {name: gameplay, was: play}\n- {name: media, was: [music, video]}\n")
    assert [topic.was for topic in found.topics] == [("play",), ("music", "video")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "taxonomy.yaml:1: is empty; write 'topics:' and under it at least two names, each after '- '"),
        ("just words", "taxonomy.yaml:1: is a str; write 'topics:' and under it a list of names"),
        ("topics:\n- Music\n- off\n", '3: YAML reads off as false, which is no text; put it in quotes: "off"'),
        ("- name: yes\n- B\n", '1: YAML reads yes as true, which is no text; put it in quotes: "yes"'),
        ("topics:\n- Music\n-\n", '3: nothing stands here; write a text'),
        ("topics: [2024, B]\n", '1: YAML reads 2024 as the number 2024, which is no text; put it in quotes: "2024"'),
        ("topics: 3\n", "taxonomy.yaml:1: topics is 3: input should be a valid list"),
        ("topics:\n- A\n- {name: B, was: A}\n", "'B' was 'A', but 'A' is still a topic; remove it"),
        ("topics:\n- {name: A, was: x}\n- {name: B, was: X.}\n", "'X.' cannot have become both 'A' and 'B'"),
        ("topics:\n- A\n- {name: B, was: b}\n", "3: the topic 'B' has its own name under 'was'"),
        ("topics:\n- A\n- B\n- name: a\n", "4: the topic 'a' differs from 'A' only in case"),
        ("topics:\n- A\n- name: B\n  subtopics:\n  - x\n  - X\n", "6: the subtopic of 'B' 'X' differs from 'x'"),
        ("topics:\n- A\n- name: B\n  subtopics: [yes]\n", "4: YAML reads yes as true, which is no text"),
        ("topics:\n- A\n- [B, C]\n", "3: a name was expected here, not a list; write '- a name'"),
        ("topics:\n- A\n- {name: B, subtopics: [{name: {x: 1}}]}\n", "3: a name was expected here, not a mapping"),
        ("topics:\n- A\n- {name: B, catch_al: true}\n", "unknown key 'topics[1].catch_al'; did you mean 'catch_all'?"),
        ("topics:\n- {name: A, catch_all: true}\n- {name: B, catch_all: true}\n", "3: two topics are marked"),
        ("topics:\n- A\n- {name: B, was: '...'}\n", "'was' of the topic 'B' has '...', which has no letters or digits"),
        ("topics:\n- A\n- name: B\n  examples: [x, '']\n", "4: an example of 'B' is empty; write what a user asks"),
        ("topics:\n- A\n- {name: B, examples: [\"\\u200b \"]}\n", "3: an example of 'B' is empty; write what"),
        ("topics:\n- A\n- {name: B, subtopics: [{name: c, examples: [' ']}]}\n", "3: an example of 'B' is empty"),
        ("topics:\n- {name: A, examples: [x]}\n- {name: B, examples: [x\u200b]}\n", "stands under both 'A' and 'B'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_plain_words(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TaxonomyError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)


def test_plain_data_is_read_back() -> None:
    found = from_document({"topics": ["A", {"name": "B", "was": ["C"]}]}, Path("x.json"))
    assert found.topics == (Topic("A"), Topic("B", was=("C",)))


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("no", "false"), ("yes", "true"), ("on", "true"), ("Off", "false"), ("null", "null"), ("~", "null"),
        ("1.0", "the number 1.0"), ("2e-4", "the number 0.0002"), ("1_000", "the number 1000"),
        ("2026-11-27", "the date 2026-11-27"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("topics:\n- A\n- {}\n", 3),
        ("- A\n- {}\n", 2),
        ("topics:\n- name: {}\n- B\n", 2),
        ("topics:\n- name: A\n  subtopics:\n  - x\n  - {}\n- B\n", 5),
        ("topics:\n- name: A\n  subtopics: [{{name: {}}}]\n- B\n", 3),
        ("topics:\n- name: A\n  was: {}\n- B\n", 3),
        ("topics:\n- name: A\n  was: [x, {}]\n- B\n", 3),
        ("topics:\n- name: A\n  description: {}\n- B\n", 3),
        ("topics:\n- name: A\n  examples: [{}]\n- B\n", 3),
        ("topics:\n- name: A\n  {}: x\n- B\n", 3),
    ],
)
def test_training_unclear_what_yaml_reads_as_no_text_is_shown_as_it_was_written(
    tmp_path: Path, text: str, line: int, written: str, read_as: str
) -> None:
    with pytest.raises(TaxonomyError) as caught:
        read(tmp_path, text.format(written))
    said = str(caught.value)
    assert f"taxonomy.yaml:{line}: " in said
    assert said.endswith(f'YAML reads {written} as {read_as}, which is no text; put it in quotes: "{written}"')
    assert "Model" not in said
