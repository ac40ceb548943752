"""label: what every annotator says of every query."""

from dataclasses import replace
from pathlib import Path

from topicsmith.labels.adjudicate import adjudicate, make_judge
from topicsmith.labels.annotate import annotate, make_annotators
from topicsmith.labels.annotator_checks import alarms, check_some_answered, failures_by_annotator, given_topics
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.carry_over.earlier_answers import (
    ASKED,
    AskedNow,
    EarlierAnswers,
    asked_under,
    earlier_answers,
    keep_taxonomies,
    with_earlier,
)
from topicsmith.labels.off_taxonomy import SHOWN, off_taxonomy
from topicsmith.labels.run_ledger import labeling_account, run_ledger
from topicsmith.llm.prompts import load_prompt
from topicsmith.project import Project
from topicsmith.records import Annotation
from topicsmith.run_tables import RunTables
from topicsmith.runs import RunFolder
from topicsmith.stages.base import Stage, StageContext, StageResult, writes
from topicsmith.stages.checks import check_given_topics
from topicsmith.tables import ANNOTATIONS, annotation_row, read_annotations
from topicsmith.taxonomy import to_document


def settings(project: Project) -> object:
    """Who labels with what, and the topics; neither the budget nor the concurrency changes an answer."""
    labeling = project.labeling.model_dump(exclude={"budget_usd", "concurrency", "mode", "labels"})
    prompt = load_prompt(project.labeling.prompt, project.folder).digest
    return {"labeling": labeling, "prompt": prompt, "taxonomy": to_document(project.taxonomy)}


def label(context: StageContext) -> StageResult:
    """Ask every annotator about every query."""
    run = context.run
    queries = context.tables.queries
    check_given_topics(queries, context.project)
    asking = annotator_context(context, run_ledger(context.run))
    annotators, judge = make_annotators(asking), make_judge(asking)
    now = asked_now(context)
    earlier = earlier_answers(run, queries, now)
    _say_carried(context, earlier)
    annotators = with_earlier(annotators, earlier, now)
    annotations = annotate(annotators, queries, context.progress)
    check_some_answered(annotations)
    judges = with_earlier(() if judge is None else (judge,), earlier, now)
    rulings = adjudicate(asking, queries, annotations, *judges)
    version = context.project.taxonomy.version_digest
    annotations = [replace(annotation, named_by=version) for annotation in (*annotations, *rulings)]
    keep_taxonomies(run, now, _before(run))
    run.write_table("annotations.parquet", [annotation_row(a) for a in annotations], ANNOTATIONS)
    raised = alarms(annotations, given_topics(queries), context.project.taxonomy)
    strangers = off_taxonomy(annotations)
    for line in (*(each.line for each in strangers), *raised):
        context.progress.say(f"label: {line}")
    labelled = sum(a.status == "labelled" for a in annotations)
    pending = sum(a.status == "pending" for a in annotations)
    counts = {
        "rows": len(annotations),
        "labelled": labelled,
        "abstained": len(annotations) - labelled - pending,
        "pending": pending,
        "alarms": raised,
        "off_taxonomy": {each.annotator: dict(each.values[:SHOWN]) for each in strangers},
        "annotators": [annotator.name for annotator in annotators],
        "adjudicated": len(rulings),
        "failed": failures_by_annotator(annotations),
        "taxonomy": context.taxonomy_version,
        "carried_over": earlier.carried,
        "put_up": earlier.reasons,
        "given_put_up": _given_put_up(context),
    }
    if not annotators:
        return StageResult("the input's own topics are the labels", counts)
    return StageResult(f"{len(annotators)} annotators, {labelled:,} of {len(annotations):,} answers are topics", counts)


def unfinished(run: RunFolder) -> str | None:
    """Why labelling is not over though it ended: rows failed, which cost nothing and may be answered now."""
    if not run.file("annotations.parquet").is_file():
        return None
    failed = sum(a.status == "failed" for a in read_annotations(run.file("annotations.parquet")))
    return f"{failed:,} answers failed and are asked for again" if failed else None


def asked_now(context: StageContext) -> AskedNow:
    """How models are asked today."""
    project = context.project
    prompt = load_prompt(project.labeling.prompt, project.folder).digest
    under = asked_under(project.labeling, prompt, project.taxonomy)
    return AskedNow(project.taxonomy, context.versions, under)


def _before(run: RunFolder) -> list[Annotation]:
    """What stands in the table that is to be replaced."""
    path = run.file("annotations.parquet")
    return read_annotations(path) if path.is_file() else []


def _say_carried(context: StageContext, earlier: EarlierAnswers) -> None:
    """What becomes of rows that were labelled under another version of the taxonomy."""
    if not earlier.steps:
        return
    say = context.progress.say
    say(
        f"label: the taxonomy changed: {earlier.carried:,} rows are carried over, {len(earlier.put_up):,} are put up "
        "again"
    )
    for reason, rows in list(earlier.reasons.items())[:SHOWN]:
        say(f"label: {rows:,} rows are put up again: {reason}")
    for proposal in [each for step in earlier.steps for each in step.proposals][:SHOWN]:
        say(f"label: {proposal.line}")


def _given_put_up(context: StageContext) -> int:
    """How many rows were given a topic that was split up or removed since; they have no label until they get one."""
    taxonomy = context.project.taxonomy
    if not taxonomy.removed and not any(topic.sources for topic in taxonomy.topics):
        return 0
    given = [query.topic for query in RunTables(context.run).queries if query.topic is not None]
    rows = sum(map(taxonomy.was_divided, given))
    if rows:
        context.progress.say(
            f"label: {rows:,} rows are given topics that were split or removed since; they have no given topic until "
            "the data gives them one of today's"
        )
    return rows


def annotator_context(context: StageContext, ledger: Path) -> AnnotatorContext:
    """What annotators of this run are given."""
    project = context.project
    return AnnotatorContext(
        taxonomy=project.taxonomy,
        settings=project.labeling,
        project_folder=project.folder,
        ledger=ledger,
        progress=context.progress,
        account=labeling_account(context.run.name),
    )


STAGE = Stage(
    name="label",
    after=("ingest",),
    settings=settings,
    writes=writes("annotations.parquet", ASKED),
    rooms=("labels", "llm", "statistics", "taxonomy_changes"),
    run=label,
    unfinished=unfinished,
)
