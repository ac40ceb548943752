"""LangSmith runs, as its export and its client write them."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_text, mapping, rest_of
from topicsmith.traces.conversations.payloads import answered, json_or_same, spoken
from topicsmith.traces.conversations.sessions import Conversations, Span

_TALKS = ("llm", "chat_model", "prompt")
_THREADS = ("thread_id", "session_id", "conversation_id")
_UNUSED = {"inputs", "outputs", "events", "serialized", "extra", "child_runs", "child_run_ids", "manifest_id"}


class LangSmithFormat:
    """``{"id": ..., "run_type": ..., "inputs": ..., "trace_id": ..., ...}``: one conversation a trace or thread."""

    name = "langsmith"

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """A run's type and inputs."""
        return "has 'run_type' and 'inputs'" if {"run_type", "inputs"} <= row.keys() else None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:  # noqa: ARG002
        """One trace for each conversation, after the last row."""
        conversations = Conversations()
        for row in rows:
            if not {"inputs", "outputs", "run_type"} & row.value.keys():
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "neither 'inputs' nor 'run_type'")
            else:
                conversations.offer(_span(row))
        yield from conversations.traces()


def _span(row: Row) -> Span:
    run = row.value
    identity = first_text(run, "id", "run_id") or f"{row.source}:{row.number}"
    trace_id = first_text(run, "trace_id") or identity
    root = trace_id == identity or not first_text(run, "parent_run_id")
    metadata = mapping(mapping(json_or_same(run.get("extra"))).get("metadata"))
    start = first_text(run, "start_time") or ""
    return Span(
        trace_id=trace_id,
        messages=_messages(run, root),
        start=start or f"{row.number:012}",
        root=root,
        source=row.source,
        row=row.number,
        conversation=first_text(metadata, *_THREADS) or first_text(run, "thread_id"),
        time=start or None,
        metadata={**rest_of(run, _UNUSED), **({"metadata": dict(metadata)} if metadata else {})},
    )


def _messages(run: Mapping[str, object], root: bool) -> tuple[Message, ...]:
    kind = run.get("run_type")
    if kind not in _TALKS and not root:
        return ()
    return (*spoken(json_or_same(run.get("inputs"))), *answered(json_or_same(run.get("outputs"))))


FORMAT = LangSmithFormat()
