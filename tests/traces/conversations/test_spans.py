"""Spans out of their several writings."""

from topicsmith.traces.base import Row
from topicsmith.traces.conversations.attributes import any_value, attributes_of, flat, numbered
from topicsmith.traces.conversations.spans import raw_spans


def test_any_value_of_every_kind() -> None:
    value = {
        "kvlistValue": {
            "values": [
                {"key": "s", "value": {"stringValue": "x"}},
                {"key": "i", "value": {"intValue": "-12"}},
                {"key": "j", "value": {"intValue": 5}},
                {"key": "d", "value": {"doubleValue": 0.5}},
                {"key": "b", "value": {"boolValue": False}},
                {"key": "a", "value": {"arrayValue": {"values": [{"stringValue": "y"}, {}]}}},
            ]
        }
    }
    assert any_value(value) == {"s": "x", "i": -12, "j": 5, "d": 0.5, "b": False, "a": ["y", {}]}
    assert any_value({"intValue": "²"}) == "²"


def test_flat_names() -> None:
    assert flat({"a": {"b": [{"c": 1}, {"c": 2}], "d": ["x"]}, "e.f": 3}) == {
        "a.b.0.c": 1, "a.b.1.c": 2, "a.d": ["x"], "e.f": 3,
    }  # fmt: skip
    deep: dict[str, object] = {}
    for _ in range(500):
        deep = {"k": deep}
    assert len(flat(deep)) == 1


def test_numbers_order_as_numbers_and_odd_ones_are_left_out() -> None:
    attributes = {"m.10.x": "b", "m.9.x": "a", "m.²": 1, "m.99999999999.x": 1, "m.9.y.z": "c", "n.0": 1}
    assert numbered(attributes, "m") == [{"x": "a", "y.z": "c"}, {"x": "b"}]


def test_a_row_of_many_spans_and_rows_of_none() -> None:
    scope = {"spans": [{"traceId": "a", "name": "x"}, {"traceId": "b"}, {"name": "no trace"}, 7]}
    row = {"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [scope]}, None]}
    assert [(span.trace_id, span.name) for span in raw_spans(Row("s", 1, row))] == [("a", "x"), ("b", None)]
    assert list(raw_spans(Row("s", 1, {"resourceSpans": 5}))) == []
    assert list(raw_spans(Row("s", 1, {"messages": []}))) == []


def test_the_body_of_a_log_record_counts_as_attributes() -> None:
    record = {"attributes": [{"key": "k", "value": {"stringValue": "v"}}], "body": {"stringValue": "hello"}}
    assert attributes_of(record) == {"k": "v", "content": "hello"}
