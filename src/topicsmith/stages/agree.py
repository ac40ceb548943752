"""agree: how far the annotators agree, and the labels that follow."""

from dataclasses import replace

from topicsmith.audit.audited_run import audit_answers
from topicsmith.audit.run import audit_weights
from topicsmith.audit.sample import AuditAnswer, with_answers
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
from topicsmith.records import Annotation, Label
from topicsmith.run_tables import UNAUDITED
from topicsmith.stages.base import Stage, StageContext, StageResult, writes
from topicsmith.tables import LABELS, label_row
from topicsmith.taxonomy import to_document
from topicsmith.taxonomy_changes.history import steps_since
from topicsmith.taxonomy_changes.rows import carry_over


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
    topics = {answer.query_id: answer.topic for answer in _standing(context)[0]}
    return {
        query_id: JudgedRow(topic, weight)
        for query_id, weight in audit_weights(context.run).items()
        if (topic := topics.get(query_id)) is not None
    }


def _standing(context: StageContext) -> tuple[list[AuditAnswer], int, int]:
    """A person's answers that stand, under today's names; how many name no topic of today, and are put up again."""
    taxonomy, answers = context.project.taxonomy, audit_answers(context.run)
    used = {answer.named_by for answer in answers}
    versions = {each.digest: each.taxonomy for each in context.versions if each.digest in used}
    steps = {digest: steps_since(context.versions, before, taxonomy) for digest, before in versions.items()}
    known: list[AuditAnswer] = []
    lost = put_up = 0
    for answer in answers:
        if answer.topic is None:
            continue
        said = Annotation(answer.query_id, "person", answer.topic, None, "labelled")
        before = versions.get(answer.named_by or "")
        since = steps[before.version_digest] if before is not None and answer.topic in before.names else ()
        found = carry_over({answer.query_id: (said,)}, since)
        topic = next((taxonomy.match(row[0].topic or "") for row in found.carried.values()), None)
        if topic is not None:
            known.append(replace(answer, topic=topic))
        elif found.put_up:
            put_up += 1
        else:
            lost += 1
    return known, lost, put_up


def _with_audit(context: StageContext, labels: list[Label]) -> list[Label]:
    """``labels`` with the answers of audits, which take precedence; the labels without them are kept beside."""
    run = context.run
    known, lost, put_up = _standing(context)
    if lost:
        context.progress.say(
            f"agree: {lost:,} audited rows name topics that are no longer in the taxonomy; they do not count"
        )
    if put_up:
        context.progress.say(
            f"agree: {put_up:,} audited rows are put up again, since their topics were divided, removed or worded "
            "anew; they count when a person answers them once more"
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
    rooms=("labels", "statistics", "taxonomy_changes"),
    run=agree,
    also_reads=("audit.json", "audit_answers.json"),
)
