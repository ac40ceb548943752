"""The pieces of a YAML text that hold one topic each."""

import pytest
import yaml

from topicsmith.taxonomy_changes.yaml_pieces import block_pieces, changed_block, flow, read_piece, rendered_block
from topicsmith.yaml_loaders import PlainLoader


def test_pieces_take_the_comments_above_them_along() -> None:
    text = "# head\n- A\n# of b\n# more\n- name: B\n  was: b\n\n# apart\n\n- C # c\n# end\n"
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(node, yaml.SequenceNode)
    pieces = [text[piece.start : piece.end] for piece in block_pieces(text, node)]
    assert pieces == ["- A\n", "# of b\n# more\n- name: B\n  was: b\n\n# apart\n\n", "- C # c\n"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a, b", "'a, b'"),
        ("two\nlines", '"two\\nlines"'),
        (["a", "b: c"], "[a, 'b: c']"),
        ({"name": "x", "was": ["y"]}, "{name: x, was: y}"),
        ("no", "'no'"),
        ("été 🎉", "été 🎉"),
    ],
)
def test_values_on_one_line_are_read_back(value: object, text: str) -> None:
    assert flow(value) == text
    again = yaml.safe_load(f"[{text}]")[0]
    assert again == (value if not isinstance(value, dict) else {"name": "x", "was": "y"})


def test_a_topic_is_written_anew() -> None:
    assert rendered_block({"name": "A"}, 2) == "  - A\n"
    assert rendered_block({"name": "A", "from": ["B"]}, 0) == "- name: A\n  from: [B]\n"
    assert read_piece("- A\n") == {"name": "A"}
    assert read_piece("- A\n- B\n") is None
    assert read_piece("- [\n") is None


def test_a_key_is_changed_added_and_left_out_in_place() -> None:
    piece = "  - name: A  # a\n    description: old  # d\n    examples: [x]\n"
    old = {"name": "A", "description": "old", "examples": ["x"]}
    new = {"name": "B", "description": "new", "was": ["A"]}
    assert changed_block(piece, old, new) == "  - name: B  # a\n    description: new  # d\n    was: A\n"
    assert changed_block("- *anchor\n", {"name": "A"}, {"name": "B"}) is None


def test_what_the_loaders_would_not_read_as_a_text_is_put_in_quotes() -> None:
    for text in ("2e-4", "1e5", "No", "1.0", "~", "2026-01-01", "a: b", "# a", "", " a", "a\nb", "\u2028", "1_000"):
        assert PlainLoader(flow([text])).get_single_data() == [text]


LONG = [f"a question of some length with the number {n} which nobody wants to read on one line" for n in range(3)]


@pytest.mark.parametrize(
    ("piece", "before", "begins"),
    [
        ("- Travel  # trips\n", {"name": "Travel"}, "- name: Travel  # trips\n  examples:\n  - a question"),
        ("  - {name: Travel}\n", {"name": "Travel"}, "  - name: Travel\n    examples:\n    - a question"),
        ("- name: Travel\n  # ours\n\n", {"name": "Travel"}, "- name: Travel\n  examples:\n  - a question"),
        (
            "- name: Travel\n  examples: [short]  # few\n",
            {"name": "Travel", "examples": ["short"]},
            "- name: Travel\n  examples:\n  - a question",
        ),
        (
            "- name: Travel\n  examples:\n  - short\n",
            {"name": "Travel", "examples": ["short"]},
            "- name: Travel\n  examples:\n  - a question",
        ),
    ],
)
def test_long_lists_have_an_item_a_line(piece: str, before: dict[str, object], begins: str) -> None:
    new = {"name": "Travel", "examples": LONG}
    found = changed_block(piece, before, new)
    assert found is not None
    assert found.startswith(begins)
    assert read_piece(found) == new
    assert found.count("#") == piece.count("#")
    assert max(map(len, found.splitlines())) < 100


def test_long_subtopics_have_a_key_a_line() -> None:
    entry = {"name": "Shop", "subtopics": [{"name": "Fees", "examples": LONG}]}
    found = rendered_block(entry, 2)
    assert found.startswith("  - name: Shop\n    subtopics:\n    - name: Fees\n      examples:\n      - a question")
    assert read_piece(found) == entry
