"""label: what every annotator says of every query."""

from pathlib import Path

from topicsmith.labels.adjudicate import adjudicate, make_judge
from topicsmith.labels.annotate import annotate, make_annotators
from topicsmith.labels.annotator_checks import alarms, check_some_answered, failures_by_annotator, given_topics
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.off_taxonomy import SHOWN, off_taxonomy
from topicsmith.labels.run_ledger import labeling_account, run_ledger
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.prompts import load_prompt
from topicsmith.project import Project
from topicsmith.runs import RunFolder
from topicsmith.stages.base import Stage, StageContext, StageResult, writes
from topicsmith.stages.checks import check_given_topics
from topicsmith.tables import ANNOTATIONS, annotation_row, read_annotations
from topicsmith.taxonomy import Taxonomy, renamed_only, to_document
from topicsmith.taxonomy_file import from_document

ASKED = "asked_taxonomy.json"


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
    ledger = run_ledger(context.run)
    asking = annotator_context(context, asked_taxonomy(context), ledger)
    annotators, judge = make_annotators(asking), make_judge(asking)
    annotations = annotate(annotators, queries, context.progress)
    check_some_answered(annotations)
    rulings = adjudicate(asking, queries, annotations, judge)
    annotations += rulings
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


def asked_taxonomy(context: StageContext) -> Taxonomy | None:
    """The taxonomy under which models were asked in this run, where topics were only renamed or merged since.

    ``None`` where no model was asked or topics changed otherwise; today's is then noted down as the one asked under.
    """
    run, today = context.run, context.project.taxonomy
    before = _asked_before(run, today)
    if before is not None and before.digest != today.digest:
        context.progress.say(
            "label: topics were renamed or merged since models were asked: their answers count under today's "
            "names, and new queries are asked under the names of then"
        )
        run.write_json(ASKED, to_document(before))
        return before
    run.write_json(ASKED, to_document(today))
    return None


def _asked_before(run: RunFolder, today: Taxonomy) -> Taxonomy | None:
    """The taxonomy that models were asked under in this run, or first in another run of the project that paid.

    Only one of today's topics, or of topics renamed or merged since, will do.
    """
    if not run.ledger.is_file():
        return None
    asked = [run.file(ASKED)] if run.file(ASKED).is_file() else _asked_elsewhere(run)
    found = [from_document(RunFolder(path.parent).read_json(ASKED), path) for path in asked]
    same = [each for each in found if each.digest == today.digest]
    return next(iter([*same, *(each for each in found if renamed_only(each, today))]), None)


def _asked_elsewhere(run: RunFolder) -> list[Path]:
    """The same file of the project's other runs that paid for labels, the newest first."""
    others = [path for path in run.ledger.parent.glob(f"*/{ASKED}") if not path.parent.is_symlink()]
    with Ledger(run.ledger) as ledger:
        paid = [path for path in others if ledger.spent(labeling_account(path.parent.name)).answers]
    return sorted(paid, key=lambda path: -path.stat().st_mtime_ns)


def annotator_context(context: StageContext, asked: Taxonomy | None, ledger: Path) -> AnnotatorContext:
    """What annotators of this run are given."""
    project = context.project
    return AnnotatorContext(
        taxonomy=project.taxonomy,
        settings=project.labeling,
        project_folder=project.folder,
        ledger=ledger,
        progress=context.progress,
        account=labeling_account(context.run.name),
        asked=asked,
    )


STAGE = Stage(
    name="label",
    after=("ingest",),
    settings=settings,
    writes=writes("annotations.parquet", ASKED),
    rooms=("labels", "llm", "statistics"),
    run=label,
    unfinished=unfinished,
)
