"""Traces as CSV."""

from tests.fuzz.harness import Target
from topicsmith.traces.base import SourceError
from topicsmith.traces.files.csv_rows import csv_rows
from topicsmith.traces.files.sources import Source

TARGET = Target(lambda path: list(csv_rows(Source(path, path.name, True))), (SourceError,), ".csv")
