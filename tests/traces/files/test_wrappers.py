"""Pages around lists of rows."""

import pytest

from topicsmith.traces.files.wrappers import conversation_in, is_bare_message, unwrapped

ROWS: list[object] = [{"id": "1", "messages": []}, {"id": "2", "messages": []}]
SAID: list[object] = [{"role": "user", "content": "x"}]


@pytest.mark.parametrize(
    "page",
    [
        {"data": ROWS},
        {"object": "list", "data": ROWS, "first_id": "1", "has_more": False},
        {"id": "export-1", "exported_at": "x", "conversations": ROWS},
        {"@odata.context": "x", "value": ROWS},
        {"result": {"items": ROWS}},
        {"page": {"number": 1}, "total": 9, "next": None, "logs": ROWS},
        {"hits": {"total": 2, "hits": [{"_id": "1", "_source": row} for row in ROWS]}},
    ],
)
def test_pages_give_their_rows(page: dict[str, object]) -> None:
    assert unwrapped(page) == ROWS


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1", "messages": SAID},
        {"id": "1", "conversations": [{"from": "human", "value": "x"}]},
        {"input": "x", "output": "y", "observations": [{"id": "o"}]},
        {"traceID": "t", "spans": [{"spanID": "s"}]},
        {"trace": {"id": "t"}, "observations": [{"id": "o"}]},
        {"model": "m", "data": [{"x": 1}]},
        {"data": []},
        {"data": [1, 2]},
        {},
    ],
)
def test_rows_stay_rows(row: dict[str, object]) -> None:
    assert unwrapped(row) is None


def test_conversations_as_lists() -> None:
    assert conversation_in(SAID) == SAID
    assert conversation_in([*SAID, {"x": 1}]) is None
    assert conversation_in([]) is None
    assert is_bare_message(SAID[0])
    assert not is_bare_message({"role": "user", "content": "x", "thread_id": "t"})
    assert is_bare_message({"role": "user", "content": "x", "thread_id": "None"})
