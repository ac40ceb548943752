"""The project file: what is read, and what is refused with file, line, key and cure."""

from pathlib import Path

import pytest

from topicsmith.errors import ProjectError, TaxonomyError
from topicsmith.project_file import read_project

GOOD = """\
name: my-topics
traces:
  path: data/*.jsonl
  format: openai
taxonomy:
  topics: [Science, Arts]
labeling:
  annotators: [local:similarity, local:keywords]
split: {validation: 0.2, test: 0.2}
candidates:
  - {name: floor, kind: majority}
  - {name: tfidf, kind: linear}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "topicsmith.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_project_is_read_with_its_defaults(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    project = read_project(tmp_path)
    assert (project.name, project.split.validation, project.split.seed) == ("my-topics", 0.2, 13)
    assert project.taxonomy.names == ("Science", "Arts")
    assert [(c.name, c.kind) for c in project.candidates] == [("floor", "majority"), ("tfidf", "linear")]
    assert project.balance.max_ratio == 3.8


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        (
            "  format: openai",
            "  formt: openai",
            4,
            "unknown key 'traces.formt'; did you mean 'format'?; known: fields, format,",
        ),
        ("  format: openai", "  format: opnai", 4, "'opnai' is not known; known: auto, "),
        ("kind: linear", "kind: liner", 12, "'liner' is not known; known: "),
        ("kind: linear", "kind: linear, depth: 3", 12, "unknown key 'candidates[1].depth'"),
        ("name: tfidf", "name: floor", 12, "duplicate candidate name 'floor'"),
        ("name: tfidf", "name: ../up", 12, "'../up'"),
        ("{validation: 0.2, test: 0.2}", "{validation: 0.2, test: 1.5}", 9, "split.test is 1.5"),
        ("{validation: 0.2, test: 0.2}", "{validation: 0.5, test: 0.5}", 9, "leave too little to train on"),
        ("local:keywords", "local:similarity", 7, "duplicate annotator 'local:similarity'"),
        ("local:keywords", "keywords", 7, "'keywords' is not of the form provider:model"),
        ("local:keywords", "oracle:one", 8, "'oracle' is not known"),
        (
            "local:keywords]",
            "local:keywords]\n  labels: adjudicated",
            7,
            "'labels: adjudicated' needs an 'adjudicator'",
        ),
        ("local:keywords]", "local:keywords]\n  adjudicator: oracle:one", 9, "'oracle' is not known"),
        ("local:keywords]", "local:keywords]\n  adjudicator: trained", 7, "'trained' is not of the form"),
        ("local:keywords]", "local:keywords]\n  adjudicator: local:keywords", 7, "is one of the annotators"),
        (
            "local:keywords]",
            "local:keywords]\n  adjudicator: local:trained\n  labels: weighted",
            7,
            "'labels: weighted' asks no adjudicator",
        ),
        ("name: my-topics", "title: my-topics", 1, "unknown key 'title'"),
        ("name: my-topics", "name: 7", 1, "name: YAML reads 7 as the number 7, which is no text; put it in quotes"),
        ("  format: openai", "  format: table", 2, "'format: table' needs 'text' or 'messages'"),
        ("  annotators: [local:similarity, local:keywords]", "  annotators: []", 7, "no labels configured"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ProjectError) as caught:
        read_project(path)
    message = str(caught.value)
    assert says in message
    assert message.startswith(f"{path}:{line}:"), message
    assert "\n" not in message


def test_a_taxonomy_inside_the_project_file_is_checked_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("[Science, Arts]", "[Science, science]"))
    with pytest.raises(
        TaxonomyError, match=r"topicsmith\.yaml:6: the topic 'science' differs from 'Science' only in case"
    ):
        read_project(path)


def test_a_taxonomy_in_a_file_of_its_own_is_found_beside_the_project(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("topics: [A, B]")
    path = write(tmp_path, GOOD.replace("\n  topics: [Science, Arts]", " t.yaml"))
    assert read_project(path).taxonomy.names == ("A", "B")


@pytest.mark.parametrize("text", ["", "[]", "just words", "- a\n- b"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProjectError, match="a project file is a mapping"):
        read_project(write(tmp_path, text))


def test_a_missing_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"topicsmith\.yaml: no such file"):
        read_project(tmp_path)


def test_a_detector_for_the_catch_all_is_written_in_the_entry_of_any_kind(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("kind: linear", "kind: linear, catch_all: detector"))
    tfidf = read_project(tmp_path).candidates[1]
    assert tfidf.name == "tfidf"
    assert tfidf.kind == "detector"
    assert tfidf.model_dump()["base"] == {"kind": "linear"}
