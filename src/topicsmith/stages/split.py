"""split: every query into train, validation or test."""

from topicsmith.dataset.splits import assign
from topicsmith.project import Project
from topicsmith.stages.base import Stage, StageContext, StageResult, writes
from topicsmith.tables import ASSIGNMENTS


def settings(project: Project) -> object:
    """The settings of the split."""
    return project.split.model_dump()


def split(context: StageContext) -> StageResult:
    """Put every query in train, validation or test, near-copies on one side, before anything is balanced."""
    # By the labels from before an audit: a person's answers must not move rows in or out of the test set they judge.
    splits = assign(context.tables.queries, context.tables.unaudited_labels, context.project.split)
    rows = [(a.query_id, a.split, a.group) for a in splits.assignments]
    context.run.write_table("assignments.parquet", rows, ASSIGNMENTS)
    sizes = {name: sum(a.split == name for a in splits.assignments) for name in ("train", "validation", "test")}
    for note in splits.notes:
        context.progress.say(f"split: {note}")
    text = ", ".join(f"{count:,} {name}" for name, count in sizes.items())
    return StageResult(text, {**sizes, "notes": list(splits.notes)})


STAGE = Stage(
    name="split",
    after=("ingest", "agree"),
    settings=settings,
    writes=writes("assignments.parquet"),
    rooms=("dataset",),
    run=split,
)
