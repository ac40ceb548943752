"""The evaluate stage: every candidate on the same rows, compared, ranked, and how far each can be believed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from topicsmith.advice.recommend import Advice, advise
from topicsmith.audit.run import audited_candidates, judge
from topicsmith.classifiers.model_card import AGREED, Score, write_scores
from topicsmith.classifiers.model_folder import read_manifest
from topicsmith.costs.cost import CandidateCost
from topicsmith.evaluation.comparison import compare
from topicsmith.evaluation.confidence import confidence_document, measure_confidence
from topicsmith.evaluation.evaluate import Identity
from topicsmith.evaluation.evaluate import evaluate as evaluate_rows
from topicsmith.evaluation.leaderboard import leaderboard
from topicsmith.evaluation.learning_curves import learning_curves, setting_curves
from topicsmith.evaluation.model_selection import Choice, choose, contenders
from topicsmith.evaluation.results import Evaluation, Training
from topicsmith.evaluation.seeds import seed_spreads
from topicsmith.evaluation.serialization import to_document
from topicsmith.project import CandidateSettings, Project
from topicsmith.records import TestSet, ValidationSet
from topicsmith.stages.answers import Answers, answers_of, held_back, predictions_file
from topicsmith.stages.base import Outcome, StageContext
from topicsmith.stages.costs import candidate_costs
from topicsmith.stages.rows import read_sets
from topicsmith.stages.series import learning_series, seed_series, setting_series
from topicsmith.taxonomy import to_document as taxonomy_document

DOCUMENTS = (
    "evaluations.json",
    "leaderboard.json",
    "learning_curves.json",
    "seeds.json",
    "confidence.json",
    "costs.json",
    "advice.json",
)


def settings(project: Project) -> object:
    """The candidates, the topics, and what the advice weighs."""
    return {
        "candidates": [candidate.model_dump() for candidate in project.candidates],
        "taxonomy": taxonomy_document(project.taxonomy),
        "targets": project.targets.model_dump(),
        "serving": project.serving.model_dump(),
    }


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
    costs = candidate_costs(context.project, run, {name: found.timing for name, found in answers.items()})
    judged = [
        _judge(candidate, sets.test, answers[candidate.name], cost, context)
        for candidate, cost in zip(candidates, costs, strict=True)
    ]
    validation = [
        _judge(candidate, sets.validation, answers[candidate.name], cost, context)
        for candidate, cost in zip(candidates, costs, strict=True)
        if len(sets.validation)
    ]
    choices = choose({c.name: c.sweep for c in candidates if c.sweep is not None}, validation)
    for choice in choices:
        context.progress.say(f"evaluate: {choice.line}")
    ranked = _ranked(judged, choices, sets.test, answers)
    contending = [e for e in ranked if e.stood_for is None]
    for evaluation in ranked:
        write_scores(run.classifier(evaluation.candidate), _scores(evaluation))
    run.write_json("evaluations.json", [to_document(e) for e in (*ranked, *validation)])
    run.write_json("leaderboard.json", leaderboard(ranked))
    curves = learning_curves(ranked, learning_series(context.project, len(sets.train)))
    by_setting = setting_curves(ranked, setting_series(context.project))
    run.write_json("learning_curves.json", {"curves": to_document(curves), "settings": to_document(by_setting)})
    run.write_json("seeds.json", to_document(seed_spreads(ranked, seed_series(context.project))))
    run.write_json("confidence.json", _confidence(ranked, sets.validation, sets.test, answers))
    run.write_json("costs.json", to_document(costs))
    run.write_json("advice.json", to_document(_advice(contending, costs, choices, context)))
    ties = [e.candidate for e in contending[1:] if e.comparison is not None and e.comparison.tied]
    counts = {"n": len(sets.test), "best": ranked[0].candidate, "tied_with_best": ties}
    return Outcome(_summary(ranked[0], ties), counts)


def _ranked(
    judged: Sequence[Evaluation], choices: Sequence[Choice], test: TestSet, answers: Mapping[str, Answers]
) -> list[Evaluation]:
    """The contenders best first, then the members of sweeps for which another one stands.

    Only the contenders are tested against each other: to pick the best member on the test rows would flatter it.
    """
    contending = compare(contenders(judged, choices), test, {name: found.test for name, found in answers.items()})
    stands = {name: choice.chosen for choice in choices for name in choice.set_aside}
    aside = [replace(e, stood_for=stands[e.candidate]) for e in judged if e.candidate in stands]
    return [*contending, *sorted(aside, key=lambda e: -e.accuracy.value if e.n else 0.0)]


def _judge(
    candidate: CandidateSettings,
    rows: TestSet | ValidationSet,
    answers: Answers,
    cost: CandidateCost,
    context: StageContext,
) -> Evaluation:
    seconds = read_manifest(context.run.classifier(candidate.name)).get("seconds")
    identity = Identity(
        candidate.name, candidate.kind, getattr(candidate, "model", None), getattr(candidate, "prompt", None)
    )
    training = Training(float(seconds) if isinstance(seconds, int | float) else None, cost.training_usd)
    given = answers.test if isinstance(rows, TestSet) else answers.validation
    return evaluate_rows(identity, rows, given, context.project.taxonomy, answers.timing, training, cost.usd_per_1k)


def _scores(evaluation: Evaluation) -> list[Score]:
    """What the model card says of the test rows."""
    if not evaluation.n:
        return []
    figures = {
        "accuracy": evaluation.accuracy,
        "macro F1": evaluation.macro_f1,
        "balanced accuracy": evaluation.balanced_accuracy,
        "accuracy in scope": evaluation.in_scope_accuracy,
        "recall of the catch-all": evaluation.catch_all_recall,
    }
    by = f" {AGREED}" if evaluation.truth == "labels" else ""
    return [
        Score(f"{name}{by}", found.value, found.low, found.high, found.n, evaluation.split)
        for name, found in figures.items()
        if found is not None and found.n
    ]


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


def _advice(
    ranked: Sequence[Evaluation], costs: Sequence[CandidateCost], choices: Sequence[Choice], context: StageContext
) -> Advice:
    statistics, agreement = context.run.read_json("statistics.json"), context.run.read_json("agreement.json")
    assert isinstance(statistics, dict)
    assert isinstance(agreement, dict)
    set_aside = {name for choice in choices for name in choice.set_aside}
    contending = [cost for cost in costs if cost.candidate not in set_aside]
    audited = audited_candidates(judge(context.run))
    advice = advise(ranked, contending, context.project.targets, statistics, agreement, audited)
    lines = tuple(choice.line for choice in choices if choice.chosen == advice.deploy)
    return replace(advice, why=(*advice.why, *lines))


def _summary(best: Evaluation, ties: Sequence[str]) -> str:
    tied = f", not told apart from {', '.join(ties)}" if ties else ""
    return (
        f"{best.candidate} is best: {best.accuracy.value:.1%} of {best.n:,} rows "
        f"[{best.accuracy.low:.1%}, {best.accuracy.high:.1%}]{tied}"
    )
