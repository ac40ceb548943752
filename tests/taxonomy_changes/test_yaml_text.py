"""A changed taxonomy in the text of its file, comments and layout kept."""

from pathlib import Path

import pytest

from tests.taxonomy_changes.test_apply_edits import edited
from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy_changes.yaml_text import rewrite
from topicsmith.taxonomy_file import read_taxonomy

EDITS = """\
- {rename: A, to: Alpha}
- {merge: [B, C], into: BC}
- {split: D, into: [D1, {name: D2, description: "two: and"}]}
- {add: News, from: Other}
- {remove: E}
- {reword: F, description: new f}
- {order: [News]}
"""
LINES = """\
# head
topics:
  # list comment
  - name: A   # the a
    # inner comment
    description: >
      folded text
      here
    examples:
      - one
      - two

  # about b
  - {name: B, description: b}  # tail b
  - C
  - name: D
  - E   # e
  - description: old f   # why f
    name: F
  # the rest
  - name: Other
    catch_all: true
# end
"""
LINES_AFTER = """\
# head
topics:
  # list comment
  - name: News
    from: [Other]
  - name: Alpha   # the a
    # inner comment
    description: >
      folded text
      here
    examples:
      - one
      - two
    was: A

  # about b
  - {name: BC, description: b, was: [B, C]}  # tail b
  - name: D1
    from: [D]
  - name: D2
    description: 'two: and'
    from: [D]
  - description: new f   # why f
    name: F
  # the rest
  - name: Other
    catch_all: true
removed: [E]
# end
"""
BARE = "- A\n- B\n- C\n- {name: D, was: DD}\n- E\n- name: F\n  description: f\n- {name: Other, catch_all: true}"
BARE_AFTER = """\
topics:
- name: News
  from: [Other]
- {name: Alpha, was: A}
- {name: BC, was: [B, C]}
- name: D1
  from: [D, DD]
- name: D2
  description: 'two: and'
  from: [D, DD]
- name: F
  description: new f
- {name: Other, catch_all: true}
removed: [E]
"""
BRACKETS = "topics: [A, B,   C,\n  D, E, F,\n  {name: Other, catch_all: true}]   # c\nremoved:\n  - Old\n"
BRACKETS_AFTER = (
    "topics: [{name: News, from: [Other]}, {name: Alpha, was: A}, {name: BC, was: [B, C]}, {name: D1, from: [D]}, "
    "{name: D2, description: 'two: and', from: [D]}, {name: F, description: new f}, {name: Other, catch_all: true}]"
    "   # c\nremoved: [E, Old]\n"
)


def changed(tmp_path: Path, text: str, edits: str = EDITS) -> str:
    path = tmp_path / "taxonomy.yaml"
    path.write_bytes(text.encode())
    before = read_taxonomy(path)
    after = edited(tmp_path, before, edits).taxonomy
    found = rewrite(text, (), before, after).text
    path.write_bytes(found.encode())
    assert read_taxonomy(path) == after
    return found


@pytest.mark.parametrize(("text", "expected"), [(LINES, LINES_AFTER), (BARE, BARE_AFTER), (BRACKETS, BRACKETS_AFTER)])
def test_what_did_not_change_stays_as_it_was_written(tmp_path: Path, text: str, expected: str) -> None:
    assert changed(tmp_path, text) == expected


def test_line_ends_of_windows_and_a_mark_at_the_start_stay(tmp_path: Path) -> None:
    text = LINES.replace("\n", "\r\n")
    assert changed(tmp_path, text) == LINES_AFTER.replace("\n", "\r\n")
    assert changed(tmp_path, "\ufeff- A\n- B\n", "- {rename: A, to: X}") == "\ufeff- {name: X, was: A}\n- B\n"


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        ("- A\n- B\n- C\n", "- {order: [C, A, B]}", "- C\n- A\n- B\n"),
        ("-\n  name: A\n-\n  name: B\n", "- {rename: A, to: X}", "-\n  name: X\n  was: A\n-\n  name: B\n"),
        (
            "topics:\n- name: A\n  was:\n  - a1\n  - a2\n- B\n",
            "- {rename: A, to: X}",
            "topics:\n- name: X\n  was: [A, a1, a2]\n- B\n",
        ),
        (
            "topics:\n- name: 'yes'\n  description: |\n    one\n    two\n  # note\n- B\n",
            "- {reword: 'yes', description: 'no: #'}",
            "topics:\n- name: 'yes'\n  description: 'no: #'\n  # note\n- B\n",
        ),
        ("- A\n- B\n- C\n", "- {rename: A, to: 'true'}", "- {name: 'true', was: A}\n- B\n- C\n"),
        ("- A\n- B\n- C\n", "- {remove: C}", "topics:\n- A\n- B\nremoved: [C]\n"),
        ("[A, B, C]\n", "- {remove: C}", "topics: [A, B]\nremoved: [C]\n"),
        ("{topics: [A, B, C]}\n", "- {remove: C}", "{topics: [A, B], removed: [C]}\n"),
    ],
)
def test_ways_of_writing(tmp_path: Path, text: str, edits: str, expected: str) -> None:
    assert changed(tmp_path, text, edits) == expected


def test_topics_in_a_project_file(tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.yaml"
    path.write_text("- A\n- B\n")
    before = read_taxonomy(path)
    after = edited(tmp_path, before, "- {remove: B}\n- {add: C}").taxonomy
    text = "name: x  # mine\ntaxonomy:\n  topics:\n  # two\n  - A\n  - B\nlabeling: {}\n"
    assert rewrite(text, ("taxonomy",), before, after).text == (
        "name: x  # mine\ntaxonomy:\n  topics:\n  # two\n  - A\n  - C\n  removed: [B]\nlabeling: {}\n"
    )


def test_what_cannot_be_edited_by_program_is_refused(tmp_path: Path) -> None:
    text = "topics:\n- {name: A, description: &d one}\n- {name: B, examples: [*d]}\n- C\n"
    with pytest.raises(TaxonomyError, match="cannot be edited by program"):
        changed(tmp_path, text, "- {remove: A}")
    assert (tmp_path / "taxonomy.yaml").read_text() == text
