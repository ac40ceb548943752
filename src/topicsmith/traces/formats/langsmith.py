"""LangSmith runs, as its export and its client write them."""

from collections.abc import Iterable, Iterator, Mapping

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Trace
from topicsmith.traces.base import NOT_THIS_FORMAT, Row
from topicsmith.traces.conversations.fields import first_id, first_text, mapping, rest_of
from topicsmith.traces.conversations.payloads import exchange, json_or_same, unread
from topicsmith.traces.conversations.sessions import Conversations, Span
from topicsmith.traces.conversations.steps import step_of

_THREADS = ("thread_id", "session_id", "conversation_id")
_UNUSED = {"inputs", "outputs", "events", "serialized", "extra", "child_runs", "child_run_ids", "manifest_id"}


class LangSmithFormat:
    """``{"id": ..., "run_type": ..., "inputs": ..., "trace_id": ..., ...}``: one conversation a trace or thread."""

    name = "langsmith"
    order = 50

    def recognise(self, row: Mapping[str, object]) -> str | None:
        """A run's type and inputs."""
        return "has 'run_type' and 'inputs'" if {"run_type", "inputs"} <= row.keys() else None

    def read(self, rows: Iterable[Row], settings: TraceSettings) -> Iterator[Trace | Dropped]:
        """One trace for each conversation, after the last row."""
        conversations = Conversations()
        for row in rows:
            if not {"inputs", "outputs", "run_type"} & row.value.keys():
                yield Dropped(row.source, row.number, NOT_THIS_FORMAT, "neither 'inputs' nor 'run_type'")
            else:
                for run in _runs(row):
                    conversations.offer(_span(run))
        yield from conversations.traces()


def _runs(row: Row, depth: int = 50) -> Iterator[Row]:
    """A run and those inside it."""
    yield row
    inside = row.value.get("child_runs")
    for run in inside if isinstance(inside, list) and depth else []:
        if isinstance(run, Mapping):
            trace = {"trace_id": first_id(row.value, "trace_id", "id"), "parent_run_id": first_id(row.value, "id")}
            yield from _runs(Row(row.source, row.number, {**trace, **run}), depth - 1)


def _span(row: Row) -> Span:
    run = row.value
    identity = first_id(run, "id", "run_id") or f"{row.source}:{row.number}"
    trace_id = first_id(run, "trace_id") or identity
    root = trace_id == identity or not first_id(run, "parent_run_id")
    metadata = mapping(mapping(json_or_same(run.get("extra"))).get("metadata"))
    kind, name = first_text(run, "run_type"), first_text(run, "name")
    step = step_of(kind, name, root=root)
    return Span(
        trace_id=trace_id,
        messages=exchange(run.get("inputs"), run.get("outputs")) if step.part != "none" else (),
        start=first_text(run, "start_time"),
        root=root,
        source=row.source,
        row=row.number,
        conversation=first_id(metadata, *_THREADS) or first_id(run, "thread_id"),
        metadata={**rest_of(run, _UNUSED), **({"metadata": dict(metadata)} if metadata else {})},
        part=step.part,
        lacks=step.lacks(unread(run.get("inputs"), "inputs")),
    )


FORMAT = LangSmithFormat()
