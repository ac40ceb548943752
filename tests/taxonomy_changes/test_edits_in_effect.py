"""Whether an edit is in effect already."""

from pathlib import Path

import pytest

from tests.taxonomy_changes.test_compare import taxonomy_of
from topicsmith.taxonomy import Topic, normalise
from topicsmith.taxonomy_changes.edits import read_edits
from topicsmith.taxonomy_changes.edits_in_effect import in_effect

TAXONOMY = taxonomy_of(
    Topic("Alpha", "first", was=("A",)), Topic("BC", was=("B", "C")), Topic("D1", sources=("D",)),
    Topic("D2", sources=("D",)), Topic("E"), Topic("E2", sources=("E",)), Topic("New", "n", ("x",)),
    removed=("Gone",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ("{rename: A, to: Alpha}", True),
        ("{rename: A, to: alpha}", True),
        ("{rename: B, to: Alpha}", False),
        ("{rename: E, to: e}", False),
        ("{merge: [B, C], into: BC}", True),
        ("{merge: [A, B], into: BC}", False),
        ("{split: D, into: [D1, D2]}", True),
        ("{split: D, into: [D1, D3]}", False),
        ("{split: E, into: [E, E2]}", True),
        ("{split: E, into: [E1, E2]}", False),
        ("{add: New, description: n, examples: [x]}", True),
        ("{add: New, description: other}", False),
        ("{add: E2, from: E}", True),
        ("{remove: Gone}", True),
        ("{remove: E}", False),
        ("{remove: Never}", False),
        ("{reword: Alpha, description: first}", True),
        ("{reword: Alpha, description: second}", False),
        ("{order: [Alpha, BC]}", True),
        ("{order: [BC, Alpha]}", False),
    ],
)
def test_an_edit_is_in_effect_or_not(tmp_path: Path, edit: str, expected: bool) -> None:
    path = tmp_path / "e.yaml"
    path.write_text(f"- {edit}\n")
    topics = {normalise(topic.name): topic for topic in TAXONOMY.topics}
    assert in_effect(read_edits(path)[0].edit, topics, TAXONOMY) is expected
