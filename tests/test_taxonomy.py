"""Reading topics, refusing contradictions, matching answers."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy import Taxonomy, Topic, normalise, to_document
from topicsmith.taxonomy_file import from_document, read_taxonomy

GOOD = """\
topics:
  - Science
  - name: Arts & culture
    description: Music, film
    examples: ["who painted this?"]
    subtopics: [Music, {name: Film, description: Moving pictures}]
  - name: Other
    catch_all: true
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "taxonomy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_names_descriptions_examples_subtopics_and_the_catch_all(tmp_path: Path) -> None:
    taxonomy = read_taxonomy(write(tmp_path, GOOD))
    assert taxonomy.names == ("Science", "Arts & culture", "Other")
    assert taxonomy.catch_all == "Other"
    assert taxonomy.topic("Arts & culture").subtopics == (Topic("Music"), Topic("Film", "Moving pictures"))
    assert taxonomy.match_subtopic("Arts & culture", "film") == "Film"
    assert taxonomy.match_subtopic("Science", "film") is None


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("topics: [Science]", 1, "at least 2 topics, this one has 1"),
        ("topics: [Science, Science]", 1, "duplicate topic 'Science'"),
        ("topics:\n  - Science\n  - science", 3, "differs from 'Science' only in case"),
        ("topics:\n  - {name: A, catch_all: true}\n  - {name: B, catch_all: true}", 3, "'A' and 'B'; at most one"),
        ("topics:\n  - A\n  - {name: B, colour: red}", 3, "unknown key 'topics[1].colour'"),
        ("topics:\n  - A\n  - name: 7", 3, "7"),
        ("topics:\n  - A\n  - '?!'", 3, "no letters or digits"),
        ("topics: [A, B", 1, "not YAML"),
        ("topics: [A, B]\ntopics: [C, D]", 2, "duplicate key 'topics'"),
    ],
)
def test_contradictions_name_the_file_the_line_and_the_value(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(TaxonomyError) as caught:
        read_taxonomy(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}:")
    assert says in message
    assert "\n" not in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match=r"none\.yaml: no such file"):
        read_taxonomy(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("answer", "topic"),
    [
        ("Science", "Science"),
        (" science.\n", "Science"),
        ("ARTS_&_CULTURE", "Arts & culture"),
        ("**Other**", "Other"),
        ("Sciences", None),
        ("Science, Other", None),
        ("", None),
        ("Science" * 1000, None),
    ],
)
def test_an_answer_is_a_topic_only_when_it_is_that_topic(answer: str, topic: str | None) -> None:
    taxonomy = Taxonomy((Topic("Science"), Topic("Arts & culture"), Topic("Other")), "Other")
    assert taxonomy.match(answer) == topic


@given(st.text(max_size=50))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_a_taxonomy_survives_its_document(tmp_path: Path) -> None:
    taxonomy = read_taxonomy(write(tmp_path, GOOD))
    again = from_document(to_document(taxonomy), tmp_path / "config.json")
    assert again == taxonomy
    assert again.digest == taxonomy.digest


def taxonomy_of(*topics: Topic, catch_all: str | None = None) -> Taxonomy:
    return Taxonomy(topics, catch_all)


def test_a_former_name_counts_as_the_topic_and_models_are_not_told_it() -> None:
    plain = taxonomy_of(Topic("gameplay", "all about play"), Topic("Other"))
    edited = taxonomy_of(Topic("gameplay", "all about play", was=("play", "Games")), Topic("Other"))
    assert (edited.match("GAMES."), edited.match("play"), edited.match("gameplay")) == ("gameplay",) * 3
    assert plain.match("play") is None
    assert edited.digest == plain.digest
    assert to_document(edited) != to_document(plain)
    below = taxonomy_of(Topic("A", subtopics=(Topic("a2", was=("a1",)),)), Topic("B"))
    assert below.match_subtopic("A", "a1") == "a2"


@pytest.mark.parametrize("name", ["\ufdfa" * 10**6, "a" + "\u0301\u0327" * 10**6, "\uff9e\u0301" * 10**6])
def test_fault_65_a_name_is_cut_before_its_form_is_worked_out(name: str) -> None:
    assert len(normalise(name)) <= 18 * 1000  # what one character can become at most, a thousand times
    assert normalise(name) == normalise(name[:1000])


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "\ufeff", "\u202a", "\u2060", "\x00"])
def test_characters_that_nobody_sees_make_no_other_name(hidden: str) -> None:
    assert normalise(f"{hidden}Mu{hidden}sic") == "music"
    with pytest.raises(TaxonomyError, match="differs from 'Music' only in case, spaces or punctuation"):
        Taxonomy((Topic("Music"), Topic(f"Music{hidden}")))
    with pytest.raises(TaxonomyError, match="has no letters or digits"):
        Taxonomy((Topic(hidden), Topic("Tea")))


def test_an_accent_behind_a_hidden_character_is_read_in_one_form() -> None:
    form = normalise("e\u200b\u0301te\u0301")
    assert form == "été" == normalise(form)


@pytest.mark.parametrize("name", ["📦", "支払い", "עברית", "क्षेत्र", "👨‍👩‍👧"])
def test_names_of_any_script_are_names(name: str) -> None:
    assert Taxonomy((Topic(name), Topic("Tea"))).match(f" {name}. ") == name
