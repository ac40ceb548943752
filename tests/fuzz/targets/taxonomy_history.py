"""The history of a taxonomy."""

from pathlib import Path

from tests.fuzz.harness import Target
from topicsmith.errors import UserError
from topicsmith.taxonomy_changes.history import read_history, steps_since


def read(path: Path) -> None:
    """Read the versions, and how each became the last one."""
    versions = read_history(path)
    for version in versions:
        steps_since(versions, version.taxonomy, versions[-1].taxonomy)


TARGET = Target(read, (UserError,), ".history")
