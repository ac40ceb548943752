"""Candidates that are made of others."""

from pathlib import Path

import pytest

from tests.conftest import write_small_project
from topicsmith.classifiers.cascade.settings import CascadeSettings
from topicsmith.classifiers.linear import LinearSettings
from topicsmith.composites import fault_in, in_order, whole
from topicsmith.errors import ProjectError
from topicsmith.project import CandidateSettings, SweepMember
from topicsmith.project_file import read_project


def plain(name: str, sweep: str | None = None) -> CandidateSettings:
    return LinearSettings(name=name, kind="linear", sweep=None if sweep is None else SweepMember(name=sweep))


def of(name: str, *members: str) -> CandidateSettings:
    return CascadeSettings(name=name, kind="cascade", members=list(members))


def names(found: list[CandidateSettings]) -> list[str]:
    return [each.name for each in found]


def test_each_comes_after_what_it_is_made_of_and_else_in_its_place() -> None:
    candidates = (of("c", "d", "a"), plain("a"), plain("b"), of("d", "a", "e"), plain("e"))
    assert fault_in(candidates) is None
    assert names(in_order(candidates)) == ["a", "e", "d", "c", "b"]
    assert names(whole(candidates[0], candidates)) == ["a", "e", "d", "c"]
    assert names(whole(candidates[2], candidates)) == ["b"]


def test_what_is_not_there_and_what_goes_in_circles_is_said() -> None:
    lacking = fault_in((plain("small"), plain("big"), of("c", "smal", "big")))
    assert lacking is not None
    assert lacking.message == "'smal' is not a candidate; did you mean 'small'?; candidates: small, big"
    swept = fault_in((plain("a-c-1", "a"), plain("a-c-2", "a"), of("c", "a", "a-c-1")))
    assert swept is not None
    assert swept.message == "'a' is not a candidate; it is a sweep of several; name one of: a-c-1, a-c-2"
    circle = fault_in((plain("a"), of("c", "a", "d"), of("d", "a", "e"), of("e", "a", "c")))
    assert circle is not None
    assert circle.candidate.name == "c"
    assert circle.message == "'c' is made of itself: c -> d -> e -> c; break it"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{name: c, kind: cascade, members: [tfidf, nobody]}", "'nobody' is not a candidate; candidates: floor, tfidf"),
        ("{name: c, kind: cascade, members: [tfidf, c]}", "'members' names 'c' itself"),
        ("{name: c, kind: cascade, accuracy: [0.9, 0.95], members: [tfidf, x]}", "'x' is not a candidate"),
        ("{name: c, kind: hierarchy, base: {kind: cascade, members: [a, b]}}", "is made of other candidates"),
        ("{name: c, kind: detector, base: {kind: cascade, members: [a, b]}}", "is made of other candidates"),
    ],
)
def test_the_project_file_names_the_line(tmp_path: Path, entry: str, said: str) -> None:
    folder = write_small_project(tmp_path / "p")
    path = folder / "topicsmith.yaml"
    lines = path.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if "name: tfidf" in line)
    lines.insert(at + 1, f"{lines[at][: lines[at].index('-')]}- {entry}")
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(ProjectError) as error:
        read_project(folder)
    assert said in str(error.value)
    assert f"topicsmith.yaml:{at + 2}:" in str(error.value)
