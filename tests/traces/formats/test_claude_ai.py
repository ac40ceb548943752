"""Claude.ai's export."""

from tests.traces.helpers import read_traces
from topicsmith.traces.formats.claude_ai import FORMAT


def said(name: str, parent: str, sender: str, text: str, at: int) -> dict[str, object]:
    moment = f"2026-01-01T00:00:{at:02}Z"
    return {
        "uuid": name,
        "parent_message_uuid": parent,
        "sender": sender,
        "text": text,
        "content": [],
        "created_at": moment,
    }


def test_the_newest_branch_counts_and_text_stands_in_for_parts() -> None:
    messages = [
        said("1", "0", "human", "Hwo long?", 1),
        said("2", "1", "assistant", "What?", 2),
        said("3", "0", "human", "How long?", 3),
        said("4", "3", "assistant", "Three days", 4),
    ]
    (trace,) = read_traces(FORMAT, [{"uuid": "c", "name": "n", "chat_messages": messages}])
    assert [(m.role, m.content) for m in trace.messages] == [("user", "How long?"), ("assistant", "Three days")]
    assert FORMAT.recognise({"chat_messages": messages}) == "has 'chat_messages'"
