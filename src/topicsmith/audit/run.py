"""The audit of a run: a sheet out, answers in, and figures for all rows."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

from topicsmith.audit.answers import FilledSheet, read_answers
from topicsmith.audit.audited_run import ANSWERS, SAMPLE, AuditedRun, audit_answers
from topicsmith.audit.draw import Expectation, draw
from topicsmith.audit.estimation.design import FEWEST
from topicsmith.audit.report import CANDIDATE, LABELS, AuditMaterial, AuditSubject, report_of
from topicsmith.audit.sample import AuditRow, AuditSample, Frame, from_document, to_document
from topicsmith.audit.sheets import write_sheet
from topicsmith.errors import ProjectError, RunStateError
from topicsmith.evaluation.confidence.audited_rows import AuditedRow
from topicsmith.run_tables import asked_topics
from topicsmith.runs import Manifest, RunFolder
from topicsmith.statistics.intervals import Interval
from topicsmith.taxonomy import Taxonomy, Topic

REPORT = "audit_report.json"
FEWEST_TEST_ROWS = 30
"""Test rows below which a sheet is drawn from all rows unless something else is asked for."""


@dataclass(frozen=True)
class DrawnSheet:
    """A sheet that was written: its draw, the candidate whose accuracy it is planned for, and what to expect of it.

    ``replaced`` is whether an earlier sheet, of which nothing is answered, counts no more.
    """

    sample: AuditSample
    candidate: str | None
    expected: Expectation | None
    replaced: bool

    @property
    def rows(self) -> tuple[AuditRow, ...]:
        """The rows on the sheet."""
        return self.sample.sheet

    @property
    def source(self) -> Frame:
        """What was drawn from."""
        return self.sample.draws[-1].source

    @property
    def test_rows(self) -> int:
        """How many of the rows are test rows."""
        return self.sample.draws[-1].test_rows


def draw_sheet(run: RunFolder, sheet: Path, size: int, seed: int, source: Frame | None = None) -> DrawnSheet:
    """Draw ``size`` rows of ``run`` and write them to ``sheet``; all draws so far are kept in ``audit.json``.

    Without a ``source``, the rows are test rows, on which candidates are judged, where there are candidates and enough
    test rows; otherwise they are of all rows.
    """
    audited = AuditedRun(run)
    if source is None:
        source = "test" if audited.predictions and len(audited.test) >= FEWEST_TEST_ROWS else "all"
    if source == "test" and not audited.test:
        raise ProjectError(f"{run.path}: has no test rows yet; 'topicsmith run' makes them, or draw with '--from all'")
    try:
        earlier = audited.sample
    except ProjectError:  # of another version: its rows cannot be weighed, but what was answered is known
        earlier = None
    sample, expected = draw(audited.known_rows(source), size, source, seed, earlier, audited.answers)
    write_sheet(sample, sheet)
    run.write_json(SAMPLE, to_document(sample))
    replaced = earlier is not None and len(sample.draws) <= len(earlier.draws)
    return DrawnSheet(sample, audited.judged_candidate, expected, replaced)


def read_sheet(run: RunFolder, sheet: Path) -> tuple[dict[str, object], FilledSheet]:
    """Read a filled-in sheet, keep its answers and the report, and return the report of :func:`judge` and the sheet.

    The answers stand in ``audit_answers.json``, beside those of earlier sheets; the next run takes them as labels.
    Rows that are refused keep no others from being taken.

    Raises:
        ProjectError: when the sheet cannot be read, or every answered row of it is refused.
        RunStateError: when too few rows are answered.
    """
    sample = from_document(run.read_json(SAMPLE))
    filled = read_answers(sheet, sample, Taxonomy(tuple(Topic(name) for name in asked_topics(run))))
    told = sum(answer.topic is not None for answer in filled.answers)
    if told < FEWEST:
        also = f" ({len(filled.refused)} more are refused, the first: {filled.refused[0]})" if filled.refused else ""
        raise RunStateError(
            f"{sheet}: {told} rows are answered{also}; fill in the column 'topic', better in 300 than in 30 rows"
        )
    version = _taxonomy_version(run)
    told_now = [replace(answer, named_by=version) for answer in filled.answers]
    kept = {answer.query_id: answer for answer in (*audit_answers(run), *told_now)}
    run.write_json(ANSWERS, {"format": 1, "answers": [asdict(answer) for answer in kept.values()]})
    report = judge(run)
    if report is None:
        raise RunStateError(
            f"{sheet}: {told} rows are answered, too few of them for a figure; the answers are kept, answer more of "
            "the sheet and read it again"
        )
    return report, filled


def _taxonomy_version(run: RunFolder) -> str | None:
    """The version of the taxonomy that the run was labelled under, and its sheets with it."""
    counts = Manifest(run).stage("label").get("counts")
    version = counts.get("taxonomy") if isinstance(counts, dict) else None
    digest = version.get("digest") if isinstance(version, dict) else None
    return digest if isinstance(digest, str) else None


def judge(run: RunFolder) -> dict[str, object] | None:
    """What the answers say of all rows, kept as ``audit_report.json``; ``None`` where no person has answered enough.

    The figures are those of :func:`topicsmith.audit.report.report_of`. Labels are judged as they were before the
    person's answers went into them.
    """
    if not run.file(SAMPLE).exists() or not run.file(ANSWERS).exists():
        return None
    audited = AuditedRun(run)
    assert audited.sample is not None
    told = {answer.query_id: answer for answer in audited.answers if answer.query_id in audited.parts}
    labels = {label.query_id: label.topic for label in audited.tables.unaudited_labels}
    material = AuditMaterial(
        everything=audited.rows_of(audited.parts),
        test=audited.rows_of(audited.test),
        topics=audited.topics,
        labels=AuditSubject(LABELS, labels),
        annotators=tuple(AuditSubject(name, said) for name, said in audited.annotators.items()),
        candidates=tuple(
            AuditSubject(name, {query_id: answer.topic for query_id, answer in answers.items()})
            for name, answers in audited.predictions.items()
        ),
        groups=audited.groups,
    )
    figures = report_of(material)
    if figures is None:
        return None
    report: dict[str, object] = {
        "format": 2,
        "rows": len(labels),
        "test_rows": len(audited.test),
        "drawn": len({row.query_id for row in audited.sample.rows}),
        "answered": sum(answer.topic is not None for answer in told.values()),
        "answered_test": sum(a.topic is not None for a in told.values() if audited.parts[a.query_id] == "test"),
        "undecided": sum(answer.topic is None for answer in told.values()),
        **figures,
    }
    run.write_json(REPORT, report)
    return report


def audited_candidates(report: Mapping[str, object] | None) -> dict[str, Interval]:
    """By candidate, its accuracy on all test rows in a report of :func:`judge`."""
    figures = cast("dict[str, dict[str, Any]]", report["accuracy"]) if report is not None else {}
    return {
        name.removeprefix(CANDIDATE): Interval(f["value"], f["low"], f["high"], f["n"], method=f["method"])
        for name, f in figures.items()
        if name.startswith(CANDIDATE)
    }


def audited_truth(run: RunFolder, held_out: Collection[str]) -> dict[str, AuditedRow]:
    """What a person said of rows among ``held_out``, each with how many of these it stands for."""
    if not run.file(SAMPLE).exists():
        return {}
    audited = AuditedRun(run)
    wanted = set(held_out)
    for parts in (audited.parts, audited.test):
        found = audited.rows_of(parts)
        if found is not None:
            weights, rows = found.weights(), {}
            for unit, place in enumerate(found.looked_at.tolist()):
                query_id, topic = found.ids[place], found.topics[unit]
                inside = sum(found.ids[m] in wanted for m in found.members[found.unit == unit].tolist())
                if topic is not None and query_id in wanted and weights[query_id] > 0:
                    share = inside / found.design.sizes[unit]
                    rows[query_id] = AuditedRow(topic, weights[query_id] * share, audited.groups.get(query_id))
            return rows
    return {}


def audit_weights(run: RunFolder) -> dict[str, float]:
    """How many rows each row that a person answered stands for, by how the sheets were drawn.

    Rows were drawn with unequal probabilities: whoever averages over audited rows has to weigh them by these. They
    stand for all rows, or for the test rows where only such were drawn.
    """
    audited = AuditedRun(run)
    found = audited.rows_of(audited.parts) or audited.rows_of(audited.test) if audited.sample is not None else None
    return {} if found is None else {query_id: weight for query_id, weight in found.weights().items() if weight > 0}
