"""Traces as JSON lines, recognised and read as a user's are."""

from dataclasses import replace

from tests.fuzz.targets import traces_json

TARGET = replace(traces_json.TARGET, suffix=".jsonl")
