"""What a person reads and edits."""

from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies

from tests.discovery.made import CHECK, HOSTILE, PROPOSALS, discovery, proposal
from topicsmith.discovery.proposals_yaml import checked_name, figures, read_proposals, trust, written
from topicsmith.errors import TaxonomyError

DIGEST = "feedfeedfeedfeed"
ENTRY = """\
# 1. a topic of its own: 12 rows, cohesion 0.61, stability 0.90, 50.0 % of them unfamiliar, nearest topic 'Music'
# (0.47); named by its terms
# 12 rows lie close together.
- id: 1
  accept: no
  kind: new
  name: Refunds
  description: money that customers want back
  topics: []
  rows: 12
  terms: [refund, money back]
  examples:
  - Refunds question 0
"""


def file_of(folder: Path, text: str) -> Path:
    path = folder / "proposals.yaml"
    path.write_text(text)
    return path


def test_the_file_is_readable(tmp_path: Path) -> None:
    text = written(discovery(), DIGEST, tmp_path / "my proposals.yaml")
    assert ENTRY in text
    assert f"#     topicsmith accept '{tmp_path}/my proposals.yaml' --write   # changes them" in text
    assert "92.0 % [81.2, 96.8] of the proposals of a new topic were one of them" in text
    assert "  - Refunds question 9\n\n" in text  # ten examples
    assert "  parts:\n  - name: Songs\n    description: what is sung\n    rows: 8\n    terms: [song]\n" in text


def test_it_is_read_back(tmp_path: Path) -> None:
    path = file_of(tmp_path, written(discovery(), DIGEST, tmp_path))
    found = read_proposals(path, DIGEST)
    assert [(each.entry.id, each.entry.kind, each.entry.name, each.accept) for each in found] == [
        (each.id, each.kind, each.name, False) for each in PROPOSALS
    ]
    assert found[0].entry.examples == list(PROPOSALS[0].examples[:10])
    assert [part.name for part in found[4].entry.parts] == ["Songs", "Concerts"]
    line = int(found[1].place.rpartition(":")[2])
    assert path.read_text().splitlines()[line - 1] == "- id: 2"


@hypothesis.given(strategies.text(), strategies.lists(strategies.text(), max_size=3))
@hypothesis.settings(max_examples=50)
def test_any_text_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str, more: list[str]) -> None:
    name = (text or "x")[:200]
    odd = proposal(1, name=name, description=text, terms=tuple(more), examples=(text, *more), evidence=text)
    folder = tmp_path_factory.mktemp("any")
    (found,) = read_proposals(file_of(folder, written(discovery(odd), DIGEST, Path(name))), DIGEST)
    assert (found.entry.name, found.entry.description, found.entry.examples) == (name, text, [text, *more])


def test_texts_cannot_leave_their_comment(tmp_path: Path) -> None:
    odd = proposal(1, evidence=f"{HOSTILE}\n- id: 7\n  accept: yes\r- x\x85- y")
    (found,) = read_proposals(file_of(tmp_path, written(discovery(odd), DIGEST, tmp_path)), DIGEST)
    assert (found.entry.id, found.accept) == (1, False)


@pytest.mark.parametrize(
    ("said", "taken"), [("yes", True), ("'Yes'", True), ("on", True), ('"no"', False), ("false", False)]
)
def test_yes_and_no_however_they_are_written(tmp_path: Path, said: str, taken: bool) -> None:
    text = written(discovery(PROPOSALS[0]), DIGEST, tmp_path).replace("accept: no", f"accept: {said}")
    assert read_proposals(file_of(tmp_path, text), DIGEST)[0].accept is taken


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("accept: no", "accept: maybe", "accept is 'maybe': input should be a valid boolean"),
        ("name: Refunds", "name: No", 'YAML reads No as false, which is no text; put it in quotes: "No"'),
        ("name: Refunds", "name: 2e-4", "put it in quotes"),
        ("name: Refunds", "nam: Refunds", "unknown key 'proposals[0].nam'; did you mean 'name'"),
        ("kind: new", "kind: other", "input should be 'new'"),
        ("kind: new", "kind: widen", "'topics' has 0; 'widen' is about one topic"),
        ("kind: new", "kind: split\n  topics: [A]", "duplicate key 'topics'"),
        ("topics: []", "topics: [Music]", "'topics' has 1; 'new' is about no topic"),
        ("id: 1", "id: one", "input should be a valid integer"),
        ("discovery: feed", "discovery: f00d", "is of the discovery 'f00dfeedfeedfeed', and beside it lies"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = written(discovery(PROPOSALS[0]), DIGEST, tmp_path)
    assert old in text
    with pytest.raises(TaxonomyError) as refused:
        read_proposals(file_of(tmp_path, text.replace(old, new, 1)), DIGEST)
    assert message in str(refused.value)
    assert str(refused.value).startswith(f"{tmp_path}/proposals.yaml:")
    assert "\n" not in str(refused.value)


def test_a_number_twice_and_a_split_into_one(tmp_path: Path) -> None:
    text = written(discovery(PROPOSALS[0], replace(PROPOSALS[1], id=1)), DIGEST, tmp_path)
    with pytest.raises(TaxonomyError, match=r"the proposal 1 stands in .*proposals\.yaml:\d+ already"):
        read_proposals(file_of(tmp_path, text), DIGEST)
    one = replace(PROPOSALS[4], parts=PROPOSALS[4].parts[:1])
    with pytest.raises(TaxonomyError, match="'parts' has 1; a split needs two or more"):
        read_proposals(file_of(tmp_path, written(discovery(one), DIGEST, tmp_path)), DIGEST)


def test_numbers_and_trust_in_words() -> None:
    assert figures(PROPOSALS[2]) == ["12 rows", "cohesion 0.61", "stability 0.90", "50.0 % of them unfamiliar"]
    assert checked_name(PROPOSALS[0]) == ""
    assert checked_name(replace(PROPOSALS[0], check=CHECK)) == (
        "gpt-4o-mini gave the name to 95.0 % [76.4, 99.1] of 20 rows of it and to 5.0 % [0.9, 23.6] of 20 others that "
        "it had not seen"
    )
    assert trust(replace(discovery(), precision=None))[0].startswith("Too few topics are known")
    assert trust(discovery())[1:] == ["a note"]
