"""ingest: traces in, queries out, and a reason for every trace without one."""

from topicsmith.atomic_files import replacing
from topicsmith.project import Project
from topicsmith.stages.base import Stage, StageContext, StageResult, writes
from topicsmith.stages.checks import check_given_topics
from topicsmith.traces.ingest import ingest as ingest_traces
from topicsmith.traces.ingest import input_fingerprint


def settings(project: Project) -> object:
    """The settings of the traces and the files they name."""
    return {"traces": project.traces.model_dump(), "files": input_fingerprint(project.traces, project.folder)}


def ingest(context: StageContext) -> StageResult:
    """Read traces, take the first question of each, and keep a reason for every trace without one."""
    run, project = context.run, context.project
    with replacing(run.file("queries.parquet")) as queries, replacing(run.file("dropped.parquet")) as dropped:
        found = ingest_traces(project.traces, project.folder, queries, dropped, context.progress)
    lost = sum(found.dropped.values())
    check_given_topics(context.tables.queries, project)
    counts = {
        "traces": found.traces,
        "queries": found.queries,
        "dropped": dict(found.dropped),
        "formats": dict(found.formats),
        "tokenizer": found.tokenizer,
        "replaced_characters": found.replaced_characters,
        "redacted": dict(found.redacted),
        "groups": found.groups,
        "grouped_queries": found.grouped_queries,
        "largest_groups": found.largest_groups,
        "sampled_out": found.sampled_out,
        "metadata_fields_cut": found.metadata_fields_cut,
        "unwrapped": dict(found.unwrapped),
    }
    if found.unwrapped:
        named = ", ".join(f"{name} ({count:,})" for name, count in found.unwrapped.items())
        context.progress.say(
            f"ingest: {sum(found.unwrapped.values()):,} of {found.queries + found.sampled_out:,} questions stood "
            f"inside a template, which was taken off: {named}; 'traces.unwrap: none' keeps it"
        )
    return StageResult(f"{found.queries:,} queries from {found.traces:,} traces, {lost:,} dropped", counts, ("polars",))


STAGE = Stage(
    name="ingest",
    after=(),
    settings=settings,
    writes=writes("queries.parquet", "dropped.parquet"),
    rooms=("traces",),
    run=ingest,
)
