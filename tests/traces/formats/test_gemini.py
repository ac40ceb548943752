"""Requests to Gemini."""

import pytest

from tests.traces.helpers import read_traces
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped
from topicsmith.traces.base import Row
from topicsmith.traces.formats.gemini import FORMAT

CONTENTS = [
    {"role": "user", "parts": [{"text": "Plan a"}, {"text": "day"}]},
    {"role": "model", "parts": [{"text": "Ok"}]},
]


@pytest.mark.parametrize(
    "row",
    [
        {"contents": CONTENTS},
        {"key": "r1", "request": {"contents": CONTENTS}},
        {"contents": [{"parts": [{"text": "Plan a\nday"}]}]},
        {"contents": "Plan a\nday"},
    ],
)
def test_contents_are_read_in_every_envelope(row: dict[str, object]) -> None:
    (trace,) = read_traces(FORMAT, [row])
    assert (trace.messages[0].role, trace.messages[0].content) == ("user", "Plan a\nday")


def test_other_rows_are_told_why() -> None:
    rows = [Row("s", 1, {"x": 1}), Row("s", 2, {"model": "gemini-embedding-001", "contents": "chunk"})]
    found = list(FORMAT.read(rows, TraceSettings(path="s")))
    assert [(d.reason, d.detail) for d in found if isinstance(d, Dropped)] == [
        ("not this format", "no 'contents'"),
        ("no talk with a model", "a request to the model 'gemini-embedding-001'"),
    ]
    assert FORMAT.recognise({"contents": CONTENTS}) == "has 'contents' with parts"
    assert FORMAT.recognise({"contents": "a table of contents"}) is None
