"""Open WebUI's and LibreChat's exports."""

from tests.traces.helpers import read_traces
from topicsmith.traces.formats.open_webui import FORMAT


def test_the_branch_that_was_shown_last() -> None:
    messages = {
        "a": {"id": "a", "parentId": None, "childrenIds": ["c"], "role": "user", "content": "Old"},
        "b": {"id": "b", "parentId": None, "childrenIds": ["d"], "role": "user", "content": "New"},
        "d": {"id": "d", "parentId": "b", "childrenIds": [], "role": "assistant", "content": "Ok"},
    }
    row: dict[str, object] = {"id": "1", "chat": {"history": {"currentId": "d", "messages": messages}}}
    (trace,) = read_traces(FORMAT, [row])
    assert [(m.role, m.content) for m in trace.messages] == [("user", "New"), ("assistant", "Ok")]
    assert FORMAT.recognise(row) == "has a 'history' of messages by their ids"


def test_librechat() -> None:
    messages = [
        {"messageId": "1", "parentMessageId": "0", "sender": "Ada", "text": "How long?", "isCreatedByUser": True},
        {"messageId": "2", "parentMessageId": "1", "sender": "GPT", "text": "Three days", "isCreatedByUser": False},
    ]
    row: dict[str, object] = {"conversationId": "c", "messages": messages}
    (trace,) = read_traces(FORMAT, [row])
    assert [(m.role, m.content) for m in trace.messages] == [("user", "How long?"), ("assistant", "Three days")]
    assert FORMAT.recognise(row) == "has 'messages' with 'messageId' and 'isCreatedByUser'"
    assert FORMAT.recognise({"messages": [{"role": "user", "content": "x"}]}) is None
