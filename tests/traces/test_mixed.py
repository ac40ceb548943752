"""Files whose rows are of several formats."""

from topicsmith.project import TraceSettings
from topicsmith.records import Trace
from topicsmith.traces.base import Row
from topicsmith.traces.detect import find_format
from topicsmith.traces.mixed import MixedFormat


def test_each_row_is_read_as_its_own_and_none_is_lost() -> None:
    mixed = MixedFormat((find_format("responses"), find_format("openai")))
    values: list[dict[str, object]] = [
        {"id": "1", "messages": [{"role": "user", "content": "a \ud83d"}]},
        {"id": "2", "model": "m", "input": "b"},
        {"id": "3", "messages": [{"role": "user", "content": "c"}]},
        {"id": "4", "nothing": True},
    ]
    rows = [Row("log", number, value) for number, value in enumerate(values, 1)]
    found = list(mixed.read(rows, TraceSettings(path="x")))
    told = {(r.row, r.messages[0].content) if isinstance(r, Trace) else (r.row, r.reason) for r in found}
    assert told == {(1, "a \ud83d"), (2, "b"), (3, "c"), (4, "not this format")}
    assert mixed.name == "responses and openai"
    assert mixed.recognise(values[1]) == "has 'input' beside a model"
    assert mixed.recognise(values[3]) is None
