"""balance: how often each training row counts, and statistics of the rows."""

from dataclasses import asdict

from topicsmith.dataset.balance import balance as balance_rows
from topicsmith.dataset.statistics import describe
from topicsmith.project import Project
from topicsmith.stages.base import Stage, StageContext, StageResult, writes
from topicsmith.tables import SPLITS
from topicsmith.taxonomy import to_document


def settings(project: Project) -> object:
    """The settings of balancing, and the topics."""
    return {"balance": project.balance.model_dump(), "taxonomy": to_document(project.taxonomy)}


def balance(context: StageContext) -> StageResult:
    """Up- and down-sample training rows, and describe what came of it."""
    run, project = context.run, context.project
    queries, sets = context.tables.queries, context.tables.sets
    balanced = balance_rows(sets.train, project.balance)
    copies = {example.query_id: example.copies for example in balanced.train}
    rows = [
        (a.query_id, a.split, a.group, copies.get(a.query_id, 0) if a.split == "train" else 1)
        for a in context.tables.assignments
    ]
    run.write_table("splits.parquet", rows, SPLITS)
    run.write_json("statistics.json", asdict(describe(queries, sets, balanced, project.taxonomy)))
    missing = [name for name in project.taxonomy.names if not balanced.before.get(name)]
    if missing:
        named = ", ".join(f"'{name}'" for name in missing)
        context.progress.say(f"balance: no training row, so nothing can learn it: {named}")
    if balanced.ratio_before is None or balanced.ratio_after is None:
        summary = "no training row has a topic"
    else:
        summary = f"largest to smallest topic {balanced.ratio_before:.1f}:1 → {balanced.ratio_after:.1f}:1"
    return StageResult(summary, {"training_rows": sum(copies.values()), "topics_without_training_rows": missing})


STAGE = Stage(
    name="balance",
    after=("ingest", "agree", "split"),
    settings=settings,
    writes=writes("splits.parquet", "statistics.json"),
    rooms=("dataset",),
    run=balance,
)
