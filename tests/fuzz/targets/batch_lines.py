"""Lines of batch results: a broken line is one line less, never an exception."""

from tests.fuzz.harness import Target
from topicsmith.llm.batches.lines import json_lines

TARGET = Target(lambda path: list(json_lines(path.read_bytes())), suffix=".jsonl")
