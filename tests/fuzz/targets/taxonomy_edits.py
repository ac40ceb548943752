"""A file of edits, applied to topics, and the text that they make of the topics' file."""

from pathlib import Path

from tests.fuzz.harness import Target
from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy_changes.apply_edits import apply_edits
from topicsmith.taxonomy_changes.edits import read_edits
from topicsmith.taxonomy_changes.yaml_text import rewrite
from topicsmith.taxonomy_file import parse_taxonomy
from topicsmith.yaml_file import Document

TEXT = "topics:\n  - Play # fun\n  - {name: Music, was: Songs}\n  - name: Account\n    description: log in\n  - Other\n"
TOPICS = {"topics": ["Play", {"name": "Music", "was": "Songs"}, {"name": "Account", "description": "log in"}, "Other"]}


def read(path: Path) -> None:
    """Read the edits, apply them, and write the text anew."""
    before = parse_taxonomy(Document(path, TOPICS, {}), ())
    rewrite(TEXT, (), before, apply_edits(before, read_edits(path)).taxonomy)


TARGET = Target(read, (TaxonomyError,), ".yaml")
