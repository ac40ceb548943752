"""JSON documents of a run."""

from tests.fuzz.harness import Target
from topicsmith.errors import RunStateError
from topicsmith.json_file import read_json

TARGET = Target(read_json, (RunStateError,), ".json")
