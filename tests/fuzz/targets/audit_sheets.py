"""Sheets that a person filled in."""

from tests.fuzz.harness import Target
from topicsmith.audit.sheet_rows import read_rows
from topicsmith.errors import ProjectError

TARGET = Target(read_rows, (ProjectError,), ".csv")
