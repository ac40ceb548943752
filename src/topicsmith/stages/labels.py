"""The stages that make labels: label and agree."""

from collections.abc import Sequence

from topicsmith.audit.run import UNAUDITED, audit_answers
from topicsmith.audit.sample import with_answers
from topicsmith.labels.adjudicate import adjudicate, make_judge
from topicsmith.labels.aggregate import decide
from topicsmith.labels.agreement import measure
from topicsmith.labels.agreement import to_document as agreement_document
from topicsmith.labels.annotate import annotate, make_annotators
from topicsmith.labels.annotator_checks import alarms
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.label_errors import suspicious
from topicsmith.labels.label_errors import to_document as suspicious_document
from topicsmith.labels.quality import label_quality
from topicsmith.labels.quality import to_document as quality_document
from topicsmith.llm.prompts import load_prompt
from topicsmith.project import Project
from topicsmith.records import Label, Query
from topicsmith.stages.base import Outcome, StageContext
from topicsmith.tables import ANNOTATIONS, LABELS, annotation_row, label_row, read_annotations, read_queries
from topicsmith.taxonomy import to_document


def label_settings(project: Project) -> object:
    """Who labels with what, and the topics; neither the budget nor the concurrency changes an answer."""
    labeling = project.labeling.model_dump(exclude={"budget_usd", "concurrency", "mode", "labels"})
    prompt = load_prompt(project.labeling.prompt, project.folder).digest
    return {"labeling": labeling, "prompt": prompt, "taxonomy": to_document(project.taxonomy)}


def label(context: StageContext) -> Outcome:
    """Ask every annotator about every query."""
    run = context.run
    queries = read_queries(run.file("queries.parquet"))
    asking = annotator_context(context)
    annotators, judge = make_annotators(asking), make_judge(asking)
    annotations = annotate(annotators, queries, context.progress)
    rulings = adjudicate(asking, queries, annotations, judge)
    annotations += rulings
    run.write_table("annotations.parquet", [annotation_row(a) for a in annotations], ANNOTATIONS)
    raised = alarms(annotations, known_topics(queries), context.project.taxonomy)
    for line in raised:
        context.progress.say(f"label: {line}")
    labelled = sum(a.status == "labelled" for a in annotations)
    pending = sum(a.status == "pending" for a in annotations)
    counts = {
        "rows": len(annotations),
        "labelled": labelled,
        "abstained": len(annotations) - labelled - pending,
        "pending": pending,
        "alarms": raised,
        "annotators": [annotator.name for annotator in annotators],
        "adjudicated": len(rulings),
    }
    if not annotators:
        return Outcome("the input's own topics are the labels", counts)
    return Outcome(f"{len(annotators)} annotators, {labelled:,} of {len(annotations):,} answers are topics", counts)


def known_topics(queries: Sequence[Query]) -> dict[str, str]:
    """The topics that the input gives, by query."""
    return {query.query_id: query.topic for query in queries if query.topic is not None}


def annotator_context(context: StageContext) -> AnnotatorContext:
    """What annotators of this run are given."""
    project = context.project
    return AnnotatorContext(
        taxonomy=project.taxonomy,
        settings=project.labeling,
        project_folder=project.folder,
        ledger=context.run.ledger,
        progress=context.progress,
    )


def agree_settings(project: Project) -> object:
    """How labels are decided, and the topics."""
    decided = project.labeling.model_dump(include={"annotators", "adjudicator", "labels"})
    return {"labeling": decided, "taxonomy": to_document(project.taxonomy)}


def agree(context: StageContext) -> Outcome:
    """Compare the annotators, settle labels, and where true topics are known say how right the labels are."""
    run, project = context.run, context.project
    queries = read_queries(run.file("queries.parquet"))
    annotations = read_annotations(run.file("annotations.parquet"))
    agreement = measure(annotations, project.taxonomy, project.labeling.adjudicator)
    labels = decide(queries, annotations, project.labeling, project.taxonomy)
    raised = alarms(annotations, known_topics(queries), project.taxonomy)
    run.write_json("agreement.json", {**agreement_document(agreement), "alarms": raised})
    run.write_json("label_quality.json", quality_document(label_quality(queries, labels, annotations)))
    labels = _with_a_persons_word(context, labels)
    run.write_table("labels.parquet", [label_row(entry) for entry in labels], LABELS)
    settled = sum(entry.topic is not None for entry in labels)
    suspected = suspicious(queries, labels, project.taxonomy) if annotations else []
    run.write_json("suspicious.json", suspicious_document(suspected, settled))
    origins: dict[str, int] = {}
    for entry in labels:
        origins[entry.origin] = origins.get(entry.origin, 0) + 1
    summary = ", ".join(f"{count:,} {origin}" for origin, count in sorted(origins.items()))
    return Outcome(summary, origins)


def _with_a_persons_word(context: StageContext, labels: list[Label]) -> list[Label]:
    """``labels`` with what a person said in audits, which goes before everything; the others are kept beside."""
    run, names = context.run, context.project.taxonomy.names
    answers = [answer for answer in audit_answers(run) if answer.topic is not None]
    known = [answer for answer in answers if answer.topic in names]
    if len(known) < len(answers):
        lost = len(answers) - len(known)
        context.progress.say(f"agree: {lost:,} audited rows name topics that the taxonomy lacks now; they do not count")
    if not known:
        run.file(UNAUDITED).unlink(missing_ok=True)
        return labels
    run.write_table(UNAUDITED, [label_row(entry) for entry in labels], LABELS)
    return with_answers(labels, known)
