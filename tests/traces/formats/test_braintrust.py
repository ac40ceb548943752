"""Braintrust's logs."""

from tests.traces.helpers import read_traces
from topicsmith.traces.formats.braintrust import FORMAT


def span(name: str, input_: object, kind: str, **more: object) -> dict[str, object]:
    return {"id": name, "span_id": name, "root_span_id": "root", "span_parents": ["root"], "input": input_,
            "created": "2026-01-01T00:00:05Z", "span_attributes": {"name": name, "type": kind}, **more}  # fmt: skip


def test_the_root_counts_and_judges_do_not() -> None:
    rows = [
        span("judge", [{"role": "user", "content": "Rate this"}], "score", created="2025-01-01T00:00:00Z"),
        span("llm", [{"role": "user", "content": "How long?"}], "llm"),
        span("root", {"question": "How long?"}, "task", span_parents=None, created="2026-01-01T00:00:00Z"),
    ]
    (trace,) = read_traces(FORMAT, rows)
    assert (trace.trace_id, trace.messages[0].content, trace.row) == ("root", "How long?", 3)
    assert FORMAT.recognise(rows[0]) == "has 'root_span_id' and 'input'"
