"""ingest: traces in, queries out, and a reason for every trace without one."""

from topicsmith.atomic_files import replacing
from topicsmith.errors import TaxonomyError
from topicsmith.project import Project
from topicsmith.records import Query
from topicsmith.stages.base import Stage, StageContext, StageResult, writes
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
    if project.traces.topic is not None:
        _check_given_topics(context.tables.queries, project)
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
    }
    return StageResult(f"{found.queries:,} queries from {found.traces:,} traces, {lost:,} dropped", counts, ("polars",))


def _check_given_topics(queries: list[Query], project: Project) -> None:
    for query in queries:
        if query.topic is not None and query.topic not in project.taxonomy.names:
            near = project.taxonomy.match(query.topic)
            cure = f"write it '{near}'" if near else "add it to the taxonomy or correct the data"
            raise TaxonomyError(
                f"{project.traces.path}: trace {query.trace_id} has the topic '{query.topic}', which is not in the "
                "taxonomy; " + cure
            )


STAGE = Stage(
    name="ingest",
    after=(),
    settings=settings,
    writes=writes("queries.parquet", "dropped.parquet"),
    rooms=("traces",),
    run=ingest,
)
