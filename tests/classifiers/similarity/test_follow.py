"""A taxonomy file that is edited while it is in use."""

import os
from pathlib import Path

import pytest

from topicsmith.classifiers.similarity.follow import FollowedFile


def write(path: Path, *names: str) -> None:
    path.write_text("topics:\n" + "".join(f"  - name: {name}\n" for name in names), encoding="utf-8")


def test_each_saved_version_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.yaml"
    write(path, "Music", "Cooking")
    file = FollowedFile(path)
    first = file.changed()
    assert first is not None
    assert first.names == ("Music", "Cooking")
    assert file.changed() is None
    write(path, "Music", "Cooking", "Travel")
    second = file.changed()
    assert second is not None
    assert second.names == ("Music", "Cooking", "Travel")


def test_a_file_replaced_by_another_of_the_same_size_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.yaml"
    write(path, "Music", "Cooking")
    file = FollowedFile(path)
    file.changed()
    times = path.stat()
    write(tmp_path / "new", "Music", "Cookery")
    os.utime(tmp_path / "new", ns=(times.st_atime_ns, times.st_mtime_ns))
    (tmp_path / "new").replace(path)
    found = file.changed()
    assert found is not None
    assert found.names == ("Music", "Cookery")


def test_a_faulty_or_missing_version_is_passed_over_and_said(tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.yaml"
    write(path, "Music", "Cooking")
    file = FollowedFile(path)
    file.changed()
    write(path, "Music", "music")
    assert file.changed() is None
    assert file.problem is not None
    assert file.problem.endswith("; the last topics stand")
    path.unlink()
    assert file.changed() is None
    assert "No such file" in str(file.problem)
    write(path, "Music", "Tea")
    assert file.changed() is not None
    assert file.problem is None


def test_topics_in_the_project_file_are_followed_as_well(tmp_path: Path) -> None:
    path = tmp_path / "topicsmith.yaml"
    path.write_text("name: p\ntaxonomy:\n  topics: [{name: Music}, {name: Tea}]\n", encoding="utf-8")
    found = FollowedFile(path).changed()
    assert found is not None
    assert found.names == ("Music", "Tea")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; write 'topics:'"),
        ("topics: []\n", "a taxonomy needs at least 2 topics, this one has 0"),
        ("topics: [Music]\n", "a taxonomy needs at least 2 topics, this one has 1"),
        ("topics: [Music, Music]\n", "duplicate topic 'Music'; rename or remove one"),
        ("topics: [{name: A, description: songs}, {name: B, description: Songs}]\n", "have the same description"),
        ("topics: [{name: A, examples: [play it]}, {name: B, examples: [Play it]}]\n", "stands under both 'A' and 'B'"),
        ("topics: [{name: A, examples: ['']}, B]\n", "an example of 'A' is empty"),
    ],
)
def test_a_file_that_says_nothing_or_two_things_is_passed_over_and_left_as_it_is(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "taxonomy.yaml"
    write(path, "Music", "Cooking")
    file = FollowedFile(path)
    file.changed()
    path.write_text(text, encoding="utf-8")
    assert file.changed() is None
    assert file.problem is not None
    assert f"{path}:1: " in file.problem
    assert said in file.problem
    assert "\n" not in file.problem
    assert [each.read_text(encoding="utf-8") for each in tmp_path.iterdir()] == [text]
