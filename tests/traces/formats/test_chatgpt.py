"""ChatGPT's export."""

from tests.traces.helpers import read_traces
from topicsmith.traces.formats.chatgpt import FORMAT


def node(name: str, parent: str | None, role: str, text: str, **more: object) -> dict[str, object]:
    message = {"id": name, "author": {"role": role}, "content": {"content_type": "text", "parts": [text]}, **more}
    return {"id": name, "parent": parent, "children": [], "message": message}


ROW: dict[str, object] = {
    "title": "t", "create_time": 1.5, "conversation_id": "c", "current_node": "answer",
    "mapping": {
        "root": {"id": "root", "message": None, "parent": None, "children": ["hidden"]},
        "hidden": node("hidden", "root", "user", "About me", metadata={"is_visually_hidden_from_conversation": True}),
        "old": node("old", "hidden", "user", "Hwo long?"),
        "new": node("new", "hidden", "user", "How long?"),
        "answer": node("answer", "new", "assistant", "Three days"),
    },
}  # fmt: skip


def test_the_branch_that_was_shown_last_without_what_is_hidden() -> None:
    (trace,) = read_traces(FORMAT, [ROW])
    assert [(m.role, m.content) for m in trace.messages] == [("user", "How long?"), ("assistant", "Three days")]
    assert (trace.trace_id, trace.time) == ("c", "1.5")


def test_it_is_recognised() -> None:
    assert FORMAT.recognise(ROW) == "has a tree 'mapping' of messages"
    assert FORMAT.recognise({"mapping": {"a": 1}}) is None
