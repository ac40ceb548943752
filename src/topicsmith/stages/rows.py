"""The stages that make rows: ingest, split and balance."""

from topicsmith.atomic_files import replacing
from topicsmith.dataset.balance import balance as balance_rows
from topicsmith.dataset.sets import Sets, build
from topicsmith.dataset.splits import Assignment, assign
from topicsmith.dataset.statistics import describe
from topicsmith.errors import TaxonomyError
from topicsmith.project import Project
from topicsmith.records import Query
from topicsmith.runs import RunFolder
from topicsmith.stages.base import Outcome, StageContext
from topicsmith.tables import SPLITS, read_annotations, read_frame, read_labels, read_queries
from topicsmith.taxonomy import to_document
from topicsmith.traces.ingest import ingest as ingest_traces
from topicsmith.traces.ingest import input_fingerprint


def ingest_settings(project: Project) -> object:
    """The settings of the traces and the files they name."""
    return {"traces": project.traces.model_dump(), "files": input_fingerprint(project.traces, project.folder)}


def ingest(context: StageContext) -> Outcome:
    """Read traces, take the first question of each, and keep a reason for every trace without one."""
    run, project = context.run, context.project
    with replacing(run.file("queries.parquet")) as queries, replacing(run.file("dropped.parquet")) as dropped:
        found = ingest_traces(project.traces, project.folder, queries, dropped, context.progress)
    lost = sum(found.dropped.values())
    if project.traces.topic is not None:
        _check_given_topics(read_queries(run.file("queries.parquet")), project)
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
    return Outcome(f"{found.queries:,} queries from {found.traces:,} traces, {lost:,} dropped", counts, ("polars",))


def _check_given_topics(queries: list[Query], project: Project) -> None:
    for query in queries:
        if query.topic is not None and query.topic not in project.taxonomy.names:
            near = project.taxonomy.match(query.topic)
            cure = f"write it '{near}'" if near else "add it to the taxonomy or mend the data"
            raise TaxonomyError(
                f"{project.traces.path}: trace {query.trace_id} has the topic '{query.topic}', which the taxonomy "
                "lacks; " + cure
            )


def split_settings(project: Project) -> object:
    """The settings of the split."""
    return project.split.model_dump()


def split(context: StageContext) -> Outcome:
    """Put every query in train, validation or test, near-copies on one side, before anything is balanced."""
    run = context.run
    queries = read_queries(run.file("queries.parquet"))
    labels = read_labels(run.file("labels.parquet"))
    splits = assign(queries, labels, context.project.split)
    rows = [(a.query_id, a.split, a.group, 1) for a in splits.assignments]
    run.write_table("splits.parquet", rows, SPLITS)
    sizes = {name: sum(a.split == name for a in splits.assignments) for name in ("train", "validation", "test")}
    for note in splits.notes:
        context.progress.say(f"split: {note}")
    text = ", ".join(f"{count:,} {name}" for name, count in sizes.items())
    return Outcome(text, {**sizes, "notes": list(splits.notes)})


def balance_settings(project: Project) -> object:
    """The settings of balancing, and the topics."""
    return {"balance": project.balance.model_dump(), "taxonomy": to_document(project.taxonomy)}


def balance(context: StageContext) -> Outcome:
    """Up- and down-sample training rows, and describe what came of it."""
    run, project = context.run, context.project
    queries = read_queries(run.file("queries.parquet"))
    sets = read_sets(run, queries)
    balanced = balance_rows(sets.train, project.balance)
    copies = {example.query_id: example.copies for example in balanced.train}
    table = read_frame(run.file("splits.parquet"), SPLITS)
    rows = [
        (query_id, part, group, copies.get(query_id, 0) if part == "train" else 1)
        for query_id, part, group, _ in table.iter_rows()
    ]
    run.write_table("splits.parquet", rows, SPLITS)
    run.write_json("statistics.json", describe(queries, sets, balanced, project.taxonomy))
    missing = [name for name in project.taxonomy.names if not balanced.before.get(name)]
    for name in missing:
        context.progress.say(f"balance: the topic '{name}' has no training row, so nothing can learn it")
    summary = f"largest to smallest topic {balanced.ratio_before:.1f}:1 → {balanced.ratio_after:.1f}:1"
    return Outcome(summary, {"training_rows": sum(copies.values()), "topics_without_training_rows": missing})


def read_sets(run: RunFolder, queries: list[Query] | None = None) -> Sets:
    """The three sets as the run folder has them, training rows with their copies."""
    queries = queries if queries is not None else read_queries(run.file("queries.parquet"))
    table = read_frame(run.file("splits.parquet"), SPLITS)
    assignments = [Assignment(query_id, part, group) for query_id, part, group, _ in table.iter_rows()]
    labels = read_labels(run.file("labels.parquet"))
    return build(queries, labels, assignments, read_annotations(run.file("annotations.parquet")))
