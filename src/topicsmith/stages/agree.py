"""agree: how far the annotators agree, and the labels that follow."""

from dataclasses import replace

from topicsmith.audit.audited_run import audit_answers
from topicsmith.audit.run import audit_weights
from topicsmith.audit.sample import with_answers
from topicsmith.evaluation.serialization import to_document as to_plain
from topicsmith.labels.aggregate import decide
from topicsmith.labels.agreement import measure
from topicsmith.labels.agreement import to_document as agreement_document
from topicsmith.labels.annotator_checks import alarms, given_topics
from topicsmith.labels.label_errors import suspicious
from topicsmith.labels.label_errors import to_document as suspicious_document
from topicsmith.labels.off_taxonomy import off_taxonomy
from topicsmith.labels.quality import label_quality, near_copy_groups
from topicsmith.labels.quality import to_document as quality_document
from topicsmith.labels.soft_labels import JudgedRow, with_confidence
from topicsmith.project import Project
from topicsmith.records import Label
from topicsmith.run_tables import UNAUDITED
from topicsmith.stages.base import Stage, StageContext, StageResult, writes
from topicsmith.tables import LABELS, label_row
from topicsmith.taxonomy import to_document


def settings(project: Project) -> object:
    """How labels are decided, and the topics."""
    decided = project.labeling.model_dump(include={"annotators", "adjudicator", "labels"})
    return {"labeling": decided, "taxonomy": to_document(project.taxonomy)}


def agree(context: StageContext) -> StageResult:
    """Compare the annotators, settle labels, and where true topics are known say how right the labels are."""
    run, project = context.run, context.project
    queries, annotations = context.tables.queries, context.tables.annotations
    agreement = measure(annotations, project.taxonomy, project.labeling.adjudicator, near_copy_groups(queries))
    labels = decide(queries, annotations, project.labeling, project.taxonomy)
    raised = alarms(annotations, given_topics(queries), project.taxonomy)
    run.write_json(
        "agreement.json",
        {**agreement_document(agreement), "alarms": raised, "off_taxonomy": to_plain(off_taxonomy(annotations))},
    )
    quality = label_quality(queries, labels, annotations, _judged(context))
    run.write_json("label_quality.json", quality_document(quality))
    labels = _with_audit(context, with_confidence(labels, quality.score if quality else None))
    run.write_table("labels.parquet", [label_row(entry) for entry in labels], LABELS)
    settled = sum(entry.topic is not None for entry in labels)
    suspected = suspicious(queries, labels, project.taxonomy) if annotations else []
    run.write_json("suspicious.json", suspicious_document(suspected, settled))
    origins: dict[str, int] = {}
    for entry in labels:
        origins[entry.origin] = origins.get(entry.origin, 0) + 1
    summary = ", ".join(f"{count:,} {origin}" for origin, count in sorted(origins.items()))
    return StageResult(summary, origins)


def _judged(context: StageContext) -> dict[str, JudgedRow]:
    """The audited rows by query, with how many rows each stands for."""
    topics = {a.query_id: context.project.taxonomy.match(a.topic or "") for a in audit_answers(context.run)}
    return {
        query_id: JudgedRow(topic, weight)
        for query_id, weight in audit_weights(context.run).items()
        if (topic := topics.get(query_id)) is not None
    }


def _with_audit(context: StageContext, labels: list[Label]) -> list[Label]:
    """``labels`` with the answers of audits, which take precedence; the labels without them are kept beside."""
    run = context.run
    answers = [answer for answer in audit_answers(run) if answer.topic is not None]
    named = [replace(answer, topic=context.project.taxonomy.match(answer.topic or "")) for answer in answers]
    known = [answer for answer in named if answer.topic is not None]
    if len(known) < len(answers):
        lost = len(answers) - len(known)
        context.progress.say(
            f"agree: {lost:,} audited rows name topics that are no longer in the taxonomy; they do not count"
        )
    if not known:
        run.file(UNAUDITED).unlink(missing_ok=True)
        return labels
    run.write_table(UNAUDITED, [label_row(entry) for entry in labels], LABELS)
    return with_answers(labels, known)


STAGE = Stage(
    name="agree",
    after=("ingest", "label"),
    settings=settings,
    writes=writes("agreement.json", "labels.parquet", "label_quality.json", "suspicious.json"),
    rooms=("labels", "statistics"),
    run=agree,
    also_reads=("audit.json", "audit_answers.json"),
)
