"""The stages that judge and tell: evaluate and report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from topicsmith.classifiers.folder import load_classifier, read_manifest
from topicsmith.classifiers.predict import predict_all
from topicsmith.evaluation.compare import compare
from topicsmith.evaluation.documents import to_document
from topicsmith.evaluation.evaluate import Identity
from topicsmith.evaluation.evaluate import evaluate as evaluate_rows
from topicsmith.evaluation.leaderboard import leaderboard
from topicsmith.evaluation.learning import learning_curves
from topicsmith.evaluation.results import Evaluation, Training
from topicsmith.files import replacing, write_bytes
from topicsmith.project import CandidateSettings, Project
from topicsmith.records import Prediction, TestSet, ValidationSet
from topicsmith.report.content import read_content
from topicsmith.report.page import render
from topicsmith.report.tables import write_tables
from topicsmith.stages.base import Outcome, StageContext
from topicsmith.stages.rows import read_sets
from topicsmith.tables import PREDICTIONS, frame, prediction_row
from topicsmith.taxonomy import to_document as taxonomy_document


def settings(project: Project) -> object:
    """The candidates' names and the topics."""
    return {"candidates": [c.model_dump() for c in project.candidates], "taxonomy": taxonomy_document(project.taxonomy)}


def files(project: Project) -> tuple[str, ...]:
    """The predictions of every candidate, and the documents of what was measured on them."""
    tables = tuple(f"predictions/{candidate.name}.parquet" for candidate in project.candidates)
    return (*tables, "evaluations.json", "leaderboard.json", "learning_curves.json")


@dataclass(frozen=True)
class _Judged:
    """One candidate's answers on the test rows, and what was measured on both held-back sets."""

    predictions: Mapping[str, Prediction]
    test: Evaluation
    validation: Evaluation | None


def evaluate(context: StageContext) -> Outcome:
    """Let every candidate answer the same rows, compare them, and rank them."""
    run = context.run
    sets = read_sets(run)
    if not len(sets.test):
        context.progress.say("evaluate: no test row has a topic to be judged by; the leaderboard is empty")
    judged = {c.name: _judge(c, sets.validation, sets.test, context) for c in context.project.candidates}
    ranked = compare([j.test for j in judged.values()], sets.test, {name: j.predictions for name, j in judged.items()})
    validation = [j.validation for j in judged.values() if j.validation is not None]
    run.write_json("evaluations.json", [to_document(e) for e in (*ranked, *validation)])
    run.write_json("leaderboard.json", leaderboard(ranked))
    curves = learning_curves(ranked, _learning_series(context.project))
    run.write_json("learning_curves.json", {"curves": to_document(curves)})
    best = ranked[0]
    ties = [e.candidate for e in ranked[1:] if e.comparison is not None and e.comparison.tied]
    tied = f", not told apart from {', '.join(ties)}" if ties else ""
    summary = (
        f"{best.candidate} is best: {best.accuracy.value:.1%} of {best.n:,} rows "
        f"[{best.accuracy.low:.1%}, {best.accuracy.high:.1%}]{tied}"
    )
    return Outcome(summary, {"n": best.n, "best": best.candidate, "tied_with_best": ties})


def _judge(candidate: CandidateSettings, validation: ValidationSet, test: TestSet, context: StageContext) -> _Judged:
    run = context.run
    folder = run.classifier(candidate.name)
    classifier = load_classifier(folder)
    about = read_manifest(folder)
    answers, timing = predict_all(classifier, [*validation.texts, *test.texts], context.progress)
    on_validation = _by_id(validation, answers.items[: len(validation)])
    on_test = _by_id(test, answers.items[len(validation) :])
    rows = [prediction_row(query_id, "validation", p) for query_id, p in on_validation.items()]
    rows += [prediction_row(query_id, "test", p) for query_id, p in on_test.items()]
    with replacing(run.predictions(candidate.name)) as temporary:
        frame(rows, PREDICTIONS).write_parquet(temporary, compression="zstd")
    identity = Identity(
        candidate.name, candidate.kind, getattr(candidate, "model", None), getattr(candidate, "prompt", None)
    )
    training = Training(_number(about.get("seconds")), _number(about.get("usd")))
    taxonomy = context.project.taxonomy
    return _Judged(
        on_test,
        evaluate_rows(identity, test, on_test, taxonomy, timing, training),
        evaluate_rows(identity, validation, on_validation, taxonomy, timing, training) if len(validation) else None,
    )


def _learning_series(project: Project) -> dict[str, tuple[str, int]]:
    """The curve and the training rows of every candidate whose sweep varies them."""
    return {
        candidate.name: (candidate.name.replace(f"-train_size-{candidate.train_size}", ""), candidate.train_size)
        for candidate in project.candidates
        if candidate.train_size is not None
    }


def _by_id(rows: TestSet | ValidationSet, answers: Sequence[Prediction]) -> dict[str, Prediction]:
    return {row.query_id: answer for row, answer in zip(rows, answers, strict=True)}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def report_settings(project: Project) -> object:
    """The project's name and its targets."""
    return {"name": project.name, "targets": project.targets.model_dump()}


def report(context: StageContext) -> Outcome:
    """Write the page and the tables behind it."""
    run = context.run
    content = read_content(run, context.project.name)
    write_bytes(run.file("report.html"), render(content).encode())
    tables = write_tables(content, run.file("tables"))
    return Outcome(f"{run.file('report.html')}", {"tables": len(tables)})
