"""Traces as JSON lines, recognised and read as a user's are."""

from pathlib import Path

from tests.fuzz.harness import Target
from topicsmith.errors import TraceError
from topicsmith.project import TraceSettings
from topicsmith.traces.base import SourceError
from topicsmith.traces.files.rows import read_rows
from topicsmith.traces.files.sources import Source


def _read(path: Path) -> None:
    list(read_rows(Source(path, path.name, True), None, TraceSettings(path=str(path))))


TARGET = Target(_read, (SourceError, TraceError), ".jsonl")
