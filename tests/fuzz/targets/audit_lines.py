"""Sheets that a person filled in, as JSON lines."""

from dataclasses import replace

from tests.fuzz.mutations import lines_of
from tests.fuzz.targets import audit_sheets

ROWS: list[dict[str, object]] = [{"query_id": "a", "text": "how?", "topic": "Music"}, {"query_id": "b", "topic": "?"}]
TARGET = replace(audit_sheets.TARGET, suffix=".jsonl", made=lambda: [lines_of(ROWS)])
