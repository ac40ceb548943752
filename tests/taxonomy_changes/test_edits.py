"""Reading edits that a person wrote."""

from pathlib import Path

import pytest

from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy_changes.edits import Add, Merge, Rename, Split, read_edits


def test_a_list_and_a_mapping_are_read(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text(
        "edits:\n- {rename: Play, to: Fun}\n- {merge: [A, B], into: C}\n- {split: D, into: [E, {name: F}]}\n"
        "- {add: G, from: D}\n"
    )
    edits = [each.edit for each in read_edits(path)]
    assert [type(edit) for edit in edits] == [Rename, Merge, Split, Add]
    assert [each.place for each in read_edits(path)] == [f"{path}:{line}" for line in (2, 3, 4, 5)]
    assert isinstance(edits[2], Split)
    assert [part.name for part in edits[2].into] == ["E", "F"]
    assert isinstance(edits[3], Add)
    assert edits[3].sources == ["D"]
    path.write_text("- {remove: Play}\n")
    assert len(read_edits(path)) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no edits; write a list such as"),
        ("[]", "has no edits; write a list such as"),
        ("edit: []", ":1: unknown key 'edit'; known: edits"),
        ("- Play", ":1: the edit says none of rename, merge, split, add, remove, reword, order"),
        ("- {renme: A, to: B}", ":1: the edit says none of rename"),
        ("- {rename: A, remove: B}", ":1: the edit has rename and remove at once"),
        ("- {rename: A, too: B}", ":1: unknown key '[0].too'; did you mean 'to'?; known: rename, to"),
        ("- {rename: A}", ":1: missing key '[0].to'"),
        ("- {rename: 7, to: B}", ":1: [0].rename: YAML reads 7 as the number 7, which is no text; put it in quotes"),
        ("- {split: A, into: [B]}", "list should have at least 2 items"),
        ("- {merge: [A], into: a}", "merging needs two topics; name another one, or rename this one"),
        ("- {reword: A}", "rewording needs a new 'description' or new 'examples'; write one"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "e.yaml"
    path.write_text(text)
    with pytest.raises(TaxonomyError) as raised:
        read_edits(path)
    assert str(raised.value).startswith(f"{path}:")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
