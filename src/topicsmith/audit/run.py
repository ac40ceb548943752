"""The audit of a run: a sheet out, answers in, and figures for all rows."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from topicsmith.audit.answers import FilledSheet, read_answers
from topicsmith.audit.estimate import FEWEST, audited_accuracy, stratified
from topicsmith.audit.sample import AuditAnswer, AuditSample, draw, from_document, strata, to_document
from topicsmith.audit.sheets import write_sheet
from topicsmith.errors import RunStateError
from topicsmith.evaluation.confidence.audited_rows import AuditedRow, post_stratified
from topicsmith.evaluation.serialization import to_document as plain
from topicsmith.records import Label
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval
from topicsmith.tables import read_annotations, read_labels, read_predictions, read_queries
from topicsmith.taxonomy import Taxonomy, Topic

ANSWERS = "audit_answers.json"
"""Where a person's answers are kept; they are labels from the next run on."""

UNAUDITED = "labels_unaudited.parquet"
"""The labels as they were before a person's answers went into them, there while there are any."""

CANDIDATE = "candidate "
"""What stands before a candidate's name among those whose labels are judged."""


def draw_sheet(run: RunFolder, sheet: Path, size: int, seed: int) -> AuditSample:
    """Draw ``size`` rows of ``run`` and write them to ``sheet``; what was drawn is kept in ``audit.json``."""
    queries = read_queries(run.file("queries.parquet"))
    sample = draw(queries, _before(run), size, seed)
    write_sheet(sample, sheet)
    run.write_json("audit.json", to_document(sample))
    return sample


def read_sheet(run: RunFolder, sheet: Path) -> tuple[dict[str, object], FilledSheet]:
    """Read a filled-in sheet, keep its answers and the report, and return the report of :func:`judge` and the sheet.

    The answers stand in ``audit_answers.json``, beside those of earlier sheets; the next run takes them as labels.
    Rows that are refused keep no others from being taken.

    Raises:
        ProjectError: when the sheet cannot be read, or every answered row of it is refused.
        RunStateError: when too few rows are answered.
    """
    sample = from_document(cast("Mapping[str, object]", run.read_json("audit.json")))
    filled = read_answers(sheet, sample, _topics(run))
    told = sum(answer.topic is not None for answer in filled.answers)
    if told < FEWEST:
        also = f" ({len(filled.refused)} more are refused, the first: {filled.refused[0]})" if filled.refused else ""
        raise RunStateError(
            f"{sheet}: {told} rows are answered{also}; fill in the column 'topic', better in 300 than in 30 rows"
        )
    kept = {answer.query_id: answer for answer in (*audit_answers(run), *filled.answers)}
    run.write_json(ANSWERS, {"format": 1, "answers": [asdict(answer) for answer in kept.values()]})
    report = judge(run)
    assert report is not None
    return report, filled


def audit_answers(run: RunFolder) -> list[AuditAnswer]:
    """What a person said of rows of ``run``, in all sheets read so far."""
    if not run.file(ANSWERS).exists():
        return []
    document = cast("dict[str, list[dict[str, str | None]]]", run.read_json(ANSWERS))
    return [AuditAnswer(str(row["query_id"]), row["topic"]) for row in document["answers"]]


def judge(run: RunFolder) -> dict[str, object] | None:
    """What the answers say of all rows, kept as ``audit_report.json``; ``None`` where no person has answered enough.

    ``accuracy`` has an entry for the labels, each annotator and each candidate: the share of all rows that is right
    (for candidates: of all test rows), with its interval, and the strata behind it. A row without a topic is wrong.
    Candidates also have ``agreed_only``, the flattering figure, and ``prediction_powered``, the estimate in which the
    annotators' opinions of every row help. Labels are judged as they were before the person's answers went into them.
    """
    if not run.file("audit.json").exists():
        return None
    sample = from_document(cast("Mapping[str, object]", run.read_json("audit.json")))
    drawn = {row.query_id for row in sample.rows}
    answers = [answer for answer in audit_answers(run) if answer.query_id in drawn]
    told = sum(answer.topic is not None for answer in answers)
    if told < FEWEST:
        return None
    labels = _before(run)
    origins = {label.query_id: label.origin for label in labels}
    opinions = _opinions(run, labels)
    report: dict[str, object] = {
        "format": 1,
        "rows": len(labels),
        "drawn": len(sample.rows),
        "answered": told,
        "undecided": len(answers) - told,
        "accuracy": {
            name: figure
            for name, said in opinions.items()
            if (figure := _judged(sample, answers, origins, said)) is not None
        },
    }
    figures = cast("dict[str, dict[str, object]]", report["accuracy"])
    for name, said in opinions.items():
        if name in figures and name.startswith(CANDIDATE):
            figures[name].update(_helped_by_opinions(run, said, answers, origins))
    run.write_json("audit_report.json", report)
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
    """What a person said of rows among ``held_out``, each weighed to stand for its stratum of them."""
    if not run.file("audit.json").exists():
        return {}
    sample = from_document(cast("Mapping[str, object]", run.read_json("audit.json")))
    drawn = {row.query_id for row in sample.rows}
    told = {a.query_id: a.topic for a in audit_answers(run) if a.topic is not None and a.query_id in drawn}
    origins = {label.query_id: label.origin for label in _before(run) if label.query_id in held_out}
    queries = read_queries(run.file("queries.parquet"))
    near = {query.query_id: query.group for query in queries if query.group is not None}
    return post_stratified(origins, told, near)


def _before(run: RunFolder) -> list[Label]:
    """The labels without the person's answers."""
    unaudited = run.file(UNAUDITED)
    return read_labels(unaudited if unaudited.exists() else run.file("labels.parquet"))


def _helped_by_opinions(
    run: RunFolder, said: Mapping[str, str | None], answers: Sequence[AuditAnswer], origins: Mapping[str, str]
) -> dict[str, object]:
    """The figures of one candidate that rest on the annotators' opinions of its rows."""
    place = {query_id: index for index, query_id in enumerate(sorted(said))}
    opinions: list[list[str | None]] = [[] for _ in place]
    for annotation in read_annotations(run.file("annotations.parquet")):
        if annotation.query_id in place:
            opinions[place[annotation.query_id]].append(annotation.topic)
    audits = {place[a.query_id]: a.topic for a in answers if a.topic is not None and a.query_id in place}
    found = audited_accuracy(
        [said[query_id] for query_id in place], opinions, audits, [origins[query_id] for query_id in place]
    )
    return {"agreed_only": plain(found.agreed_only), "prediction_powered": plain(found.prediction_powered)}


def _topics(run: RunFolder) -> Taxonomy:
    agreement = cast("dict[str, list[str]]", run.read_json("agreement.json"))
    return Taxonomy(tuple(Topic(name) for name in agreement["topics"]))


def _opinions(run: RunFolder, labels: Sequence[Label]) -> dict[str, dict[str, str | None]]:
    """Whose word there is to judge: labels and annotators on all rows, candidates on the test rows."""
    found: dict[str, dict[str, str | None]] = {"labels": {label.query_id: label.topic for label in labels}}
    said: dict[str, dict[str, str | None]] = defaultdict(dict)
    for annotation in read_annotations(run.file("annotations.parquet")):
        said[annotation.annotator][annotation.query_id] = annotation.topic
    # An adjudicator was asked about disputes only: its accuracy there is not one on all rows.
    found.update({name: topics for name, topics in said.items() if len(topics) == len(labels)})
    for path in sorted(run.file("predictions").glob("*.parquet")):
        answers = read_predictions(path, "test")
        found[f"{CANDIDATE}{path.stem}"] = {query_id: answer.topic for query_id, answer in answers.items()}
    return found


def _judged(
    sample: AuditSample,
    answers: Sequence[AuditAnswer],
    origins: Mapping[str, str],
    said: Mapping[str, str | None],
) -> dict[str, object] | None:
    """Accuracy on all rows of ``said``, each stratum's answers standing for the rest of it; ``None`` of too few."""
    place = {query_id: index for index, query_id in enumerate(sorted(said))}
    audited = {
        place[answer.query_id]: said[answer.query_id] == answer.topic
        for answer in answers
        if answer.topic is not None and answer.query_id in place
    }
    if len(audited) < FEWEST:
        return None
    figure = stratified([origins[query_id] for query_id in place], audited)
    document: dict[str, object] = {
        "value": float(figure.value),
        "low": float(figure.low),
        "high": float(figure.high),
        "n": figure.n,
        "audited": len(audited),
        "method": figure.method,
    }
    if len(said) == len(origins):
        document["strata"] = [asdict(stratum) for stratum in strata(sample, answers, said)]
    return document


def as_text(report: Mapping[str, object]) -> str:
    """``report`` for a person."""
    figures = cast("dict[str, dict[str, float]]", report["accuracy"])
    width = max(map(len, figures))
    lines = [f"{report['answered']} of {report['drawn']} rows answered, {report['undecided']} could not be decided"]
    lines += [
        f"{name:<{width}}  {figure['value']:.1%}  ({figure['low']:.1%} to {figure['high']:.1%})  "
        f"of {figure['n']:,} rows, {figure['audited']:,} audited"
        for name, figure in figures.items()
    ]
    return "\n".join(lines) + "\n"
