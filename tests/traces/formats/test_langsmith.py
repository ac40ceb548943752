"""LangSmith runs with the fields that its client lists, LangChain's serialised messages among them."""

from tests.traces.helpers import read_traces
from topicsmith.traces.formats.langsmith import FORMAT


def run_row(number: int, trace: str, **more: object) -> dict[str, object]:
    return {
        "id": f"run-{number}", "name": "ChatOpenAI", "run_type": "llm", "trace_id": trace, "parent_run_id": "run-0",
        "start_time": f"2026-02-16T01:35:{number:02}.573255", "session_id": "project-id",
        "dotted_order": "20260216T013518573255Z", "status": "success", "outputs": None, **more,
    }  # fmt: skip


def lc(kind: str, content: str) -> dict[str, object]:
    return {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain", "schema", "messages", kind],
        "kwargs": {"content": content, "type": kind},
    }


ROOT = run_row(0, "t1", id="t1", run_type="chain", parent_run_id=None, inputs={"input": "Plan a trip"}, outputs={})
MODEL = run_row(
    1,
    "t1",
    inputs={"messages": [[lc("SystemMessage", "Be kind"), lc("HumanMessage", "Plan a trip to Rome")]]},
    outputs={"generations": [[{"text": "Sure", "message": lc("AIMessage", "Sure")}]]},
)


def test_it_is_recognised() -> None:
    assert FORMAT.recognise(MODEL) == "has 'run_type' and 'inputs'"
    assert FORMAT.recognise({"inputs": {}}) is None


def test_serialised_messages_are_read() -> None:
    (trace,) = read_traces(FORMAT, [MODEL])
    assert [(message.role, message.content) for message in trace.messages] == [
        ("system", "Be kind"),
        ("user", "Plan a trip to Rome"),
        ("assistant", "Sure"),
    ]


def test_the_root_counts_whatever_the_order_of_the_rows() -> None:
    for rows in ([ROOT, MODEL], [MODEL, ROOT]):
        (trace,) = read_traces(FORMAT, rows)
        assert (trace.trace_id, trace.messages[0].content) == ("t1", "Plan a trip")


def test_turns_of_a_thread_are_one_conversation() -> None:
    thread = {"extra": {"metadata": {"thread_id": "th-9"}}}
    later = run_row(9, "t9", id="t9", inputs={"messages": [{"role": "user", "content": "And back?"}]}, **thread)
    first = run_row(2, "t2", id="t2", inputs={"messages": [{"role": "user", "content": "To Rome"}]}, **thread)
    (trace,) = read_traces(FORMAT, [later, first])
    assert (trace.trace_id, trace.messages[0].content, trace.time) == ("th-9", "To Rome", "2026-02-16T01:35:02.573255")


def test_cells_of_a_csv_export_are_json_text() -> None:
    row = {"id": "r", "run_type": "llm", "inputs": '{"messages": [{"role": "user", "content": "Hi"}]}', "outputs": ""}
    (trace,) = read_traces(FORMAT, [row])
    assert trace.messages[0].content == "Hi"


def test_a_tool_run_says_nothing_to_a_model() -> None:
    tool = run_row(3, "t1", run_type="tool", inputs={"input": "not a question"})
    (trace,) = read_traces(FORMAT, [tool, MODEL])
    assert trace.messages[1].content == "Plan a trip to Rome"
