"""The evaluate stage: every candidate on the same rows, compared, ranked, and how far each can be believed."""

from collections.abc import Mapping, Sequence

from topicsmith.classifiers.folder import read_manifest
from topicsmith.evaluation.compare import compare
from topicsmith.evaluation.confidence import confidence_document, measure_confidence
from topicsmith.evaluation.documents import to_document
from topicsmith.evaluation.evaluate import Identity
from topicsmith.evaluation.evaluate import evaluate as evaluate_rows
from topicsmith.evaluation.leaderboard import leaderboard
from topicsmith.evaluation.learning import learning_curves
from topicsmith.evaluation.results import Evaluation, Training
from topicsmith.project import CandidateSettings, Project
from topicsmith.records import TestSet, ValidationSet
from topicsmith.stages.answers import Answers, answers_of, held_back, predictions_file
from topicsmith.stages.base import Outcome, StageContext
from topicsmith.stages.rows import read_sets
from topicsmith.taxonomy import to_document as taxonomy_document

DOCUMENTS = ("evaluations.json", "leaderboard.json", "learning_curves.json", "confidence.json")


def settings(project: Project) -> object:
    """The candidates and the topics."""
    return {"candidates": [c.model_dump() for c in project.candidates], "taxonomy": taxonomy_document(project.taxonomy)}


def files(project: Project) -> tuple[str, ...]:
    """The predictions of every candidate, and the documents of what was measured on them."""
    return (*(predictions_file(candidate.name) for candidate in project.candidates), *DOCUMENTS)


def evaluate(context: StageContext) -> Outcome:
    """Let every candidate answer the same rows, compare them, and rank them."""
    run, candidates = context.run, context.project.candidates
    sets = read_sets(run)
    if not len(sets.test):
        context.progress.say("evaluate: no test row has a topic to be judged by, so nothing can be ranked")
    rows = held_back(run)
    answers = {candidate.name: answers_of(candidate, rows, context) for candidate in candidates}
    judged = [_judge(candidate, sets.test, answers[candidate.name], context) for candidate in candidates]
    ranked = compare(judged, sets.test, {name: found.test for name, found in answers.items()})
    validation = [_judge(c, sets.validation, answers[c.name], context) for c in candidates if len(sets.validation)]
    run.write_json("evaluations.json", [to_document(e) for e in (*ranked, *validation)])
    run.write_json("leaderboard.json", leaderboard(ranked))
    curves = learning_curves(ranked, _learning_series(context.project))
    run.write_json("learning_curves.json", {"curves": to_document(curves)})
    run.write_json("confidence.json", _confidence(ranked, sets.validation, sets.test, answers))
    ties = [e.candidate for e in ranked[1:] if e.comparison is not None and e.comparison.tied]
    counts = {"n": len(sets.test), "best": ranked[0].candidate, "tied_with_best": ties}
    return Outcome(_summary(ranked[0], ties), counts)


def _judge(
    candidate: CandidateSettings, rows: TestSet | ValidationSet, answers: Answers, context: StageContext
) -> Evaluation:
    about = read_manifest(context.run.classifier(candidate.name))
    identity = Identity(
        candidate.name, candidate.kind, getattr(candidate, "model", None), getattr(candidate, "prompt", None)
    )
    training = Training(_number(about.get("seconds")), _number(about.get("usd")))
    given = answers.test if isinstance(rows, TestSet) else answers.validation
    return evaluate_rows(identity, rows, given, context.project.taxonomy, answers.timing, training)


def _confidence(
    ranked: Sequence[Evaluation], validation: ValidationSet, test: TestSet, answers: Mapping[str, Answers]
) -> dict[str, object]:
    """How far the confidences of each candidate can be believed; candidates without confidences are left out."""
    if not len(validation) or not len(test):
        return confidence_document([])
    found = [
        measure_confidence(e.candidate, validation, answers[e.candidate].validation, test, answers[e.candidate].test)
        for e in ranked
    ]
    return confidence_document([each for each in found if each is not None])


def _summary(best: Evaluation, ties: Sequence[str]) -> str:
    tied = f", not told apart from {', '.join(ties)}" if ties else ""
    return (
        f"{best.candidate} is best: {best.accuracy.value:.1%} of {best.n:,} rows "
        f"[{best.accuracy.low:.1%}, {best.accuracy.high:.1%}]{tied}"
    )


def _learning_series(project: Project) -> dict[str, tuple[str, int]]:
    """The curve and the training rows of every candidate whose sweep varies them."""
    return {
        candidate.name: (candidate.name.replace(f"-train_size-{candidate.train_size}", ""), candidate.train_size)
        for candidate in project.candidates
        if candidate.train_size is not None
    }


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
