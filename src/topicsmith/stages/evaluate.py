"""evaluate: every candidate on the same rows, compared, ranked, and how far each can be believed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from topicsmith.advice.audited_losses import audited_losses
from topicsmith.advice.choice import FILE as CHOICE
from topicsmith.advice.choice import RunChoice
from topicsmith.advice.losses import losses_on_rows
from topicsmith.advice.recommend import Advice, advise
from topicsmith.advice.verdict import FILE as VERDICT
from topicsmith.advice.verdict import Coverage, Verdict
from topicsmith.advice.verdict import judge as judge_run
from topicsmith.advice.wording import accuracy_text, percent
from topicsmith.audit.run import audited_candidates, audited_truth, judge
from topicsmith.classifiers.model_card import write_scores
from topicsmith.classifiers.model_folder import read_manifest
from topicsmith.costs.candidates import candidate_costs
from topicsmith.costs.cost import CandidateCost
from topicsmith.dataset.looks import FILE as LOOKS
from topicsmith.dataset.looks import looks_line
from topicsmith.evaluation.comparison import compare
from topicsmith.evaluation.confidence.measure import Confidence, confidence_document, measure_confidence
from topicsmith.evaluation.confidence.saved import save_calibration
from topicsmith.evaluation.evaluate import Identity
from topicsmith.evaluation.evaluate import evaluate as evaluate_rows
from topicsmith.evaluation.leaderboard import leaderboard
from topicsmith.evaluation.learning_curves import learning_curves, setting_curves
from topicsmith.evaluation.model_selection import Choice, choose, contenders
from topicsmith.evaluation.results import Evaluation, Training
from topicsmith.evaluation.seeds import seed_spreads
from topicsmith.evaluation.serialization import to_document
from topicsmith.evaluation.series import learning_series, seed_series, setting_series
from topicsmith.project import CandidateSettings, Project
from topicsmith.records import TestSet, ValidationSet
from topicsmith.stages.base import Stage, StageContext, StageResult, candidate_kinds
from topicsmith.stages.candidate_parts import parts_of
from topicsmith.stages.card_scores import card_scores
from topicsmith.stages.looks import note_look
from topicsmith.stages.predictions import Answers, answers_of, predictions_file
from topicsmith.statistics.intervals import Interval
from topicsmith.taxonomy import to_document as taxonomy_document

DOCUMENTS = (
    "evaluations.json", "leaderboard.json", "learning_curves.json", "seeds.json", "confidence.json",
    "costs.json", "advice.json", "choice.json", "verdict.json",
    LOOKS,
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What was measured of every candidate: its answers, its cost, and its scores on test and validation rows."""

    answers: Mapping[str, Answers]
    costs: list[CandidateCost]
    test: list[Evaluation]
    validation: list[Evaluation]


@dataclass(frozen=True)
class Ranking:
    """The evaluations best first, members that stand aside last, and which member stands for each sweep."""

    evaluations: list[Evaluation]
    choices: Sequence[Choice]

    @property
    def contending(self) -> list[Evaluation]:
        """Those that stand for themselves."""
        return [evaluation for evaluation in self.evaluations if evaluation.stood_for is None]

    @property
    def ties(self) -> list[str]:
        """The contenders that may be the most accurate as well."""
        return [e.candidate for e in self.contending[1:] if e.comparison is not None and e.comparison.tied]


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


def evaluate(context: StageContext) -> StageResult:
    """Let every candidate answer the same rows, compare them, and rank them."""
    measured = measure(context)
    ranked = rank(context, measured)
    confidence = confidence_of(context, measured, ranked)
    audited = audited_candidates(judge(context.run))
    advice = advice_on(context, measured, ranked, audited)
    verdict = verdict_on(context, measured, ranked, advice, audited)
    write(context, measured, ranked, confidence, advice, audited)
    context.run.write_json(VERDICT, to_document(verdict))
    looked = looks_line(note_look(context, {name: found.test for name, found in measured.answers.items()}))
    for line in ((verdict.failing if verdict.failing_topics else ""), *verdict.alarms, looked):
        if line:
            context.progress.say(f"evaluate: {line}")
    best = ranked.evaluations[0]
    counts = {
        "n": len(context.tables.sets.test),
        "best": best.candidate,
        "tied_with_best": ranked.ties,
        "deploy": advice.deploy,
        "taxonomy": context.taxonomy_version,
    }
    return StageResult(_summary(ranked, advice, audited), counts)


def measure(context: StageContext) -> Measured:
    """The answers of every candidate, what they cost, and how many are right."""
    candidates, sets = context.project.candidates, context.tables.sets
    if not len(sets.test):
        context.progress.say("evaluate: no test row has a topic to be scored against, so nothing can be ranked")
    answers = {candidate.name: answers_of(candidate, context) for candidate in candidates}
    costs = candidate_costs(
        context.project,
        context.run,
        {name: found.timing for name, found in answers.items()},
        texts=[query.text for _, query in context.tables.held_out],
        annotations=context.tables.annotations,
    )
    pairs = list(zip(candidates, costs, strict=True))
    test = [_score(candidate, sets.test, answers[candidate.name], cost, context) for candidate, cost in pairs]
    validation = [
        _score(candidate, sets.validation, answers[candidate.name], cost, context)
        for candidate, cost in pairs
        if len(sets.validation)
    ]
    return Measured(answers, costs, test, validation)


def _score(
    candidate: CandidateSettings,
    rows: TestSet | ValidationSet,
    answers: Answers,
    cost: CandidateCost,
    context: StageContext,
) -> Evaluation:
    seconds = read_manifest(context.run.classifier(candidate.name)).get("seconds")
    identity = Identity(candidate.name, candidate.kind, candidate.model_name, candidate.prompt_name,
                        parts_of(candidate, context.project.candidates))  # fmt: skip
    training = Training(float(seconds) if isinstance(seconds, int | float) else None, cost.training_usd)
    given = answers.test if isinstance(rows, TestSet) else answers.validation
    timing = answers.timing
    found = evaluate_rows(identity, rows, given, context.project.taxonomy, timing, training, cost.usd_per_1k)
    return replace(found, p95_low=timing.p95_low, p95_high=timing.p95_high)


def rank(context: StageContext, measured: Measured) -> Ranking:
    """The contenders best first, then the members of sweeps for which another one stands.

    Only the contenders are tested against each other: to pick the best member on the test rows would flatter it.
    """
    sweeps = {c.name: c.sweep.name for c in context.project.candidates if c.sweep is not None}
    choices = choose(sweeps, measured.validation)
    for choice in choices:
        context.progress.say(f"evaluate: {choice.line}")
    test = {name: found.test for name, found in measured.answers.items()}
    margin = context.project.targets.margin
    contending = compare(contenders(measured.test, choices), context.tables.sets.test, test, margin=margin)
    stands = {name: choice.chosen for choice in choices for name in choice.set_aside}
    aside = [replace(e, stood_for=stands[e.candidate]) for e in measured.test if e.candidate in stands]
    return Ranking([*contending, *sorted(aside, key=lambda e: -e.accuracy.value if e.n else 0.0)], choices)


def confidence_of(context: StageContext, measured: Measured, ranked: Ranking) -> list[Confidence]:
    """How far the confidences of each candidate can be believed; candidates without confidences are left out."""
    validation, test = context.tables.sets.validation, context.tables.sets.test
    if not len(validation) or not len(test):
        return []
    audit = audited_truth(context.run, {query.query_id for _, query in context.tables.held_out})
    found = [
        measure_confidence(e.candidate, validation, answers.validation, test, answers.test, audit=audit)
        for e in ranked.evaluations
        for answers in (measured.answers[e.candidate],)
    ]
    return [each for each in found if each is not None]


def advice_on(context: StageContext, measured: Measured, ranked: Ranking, audited: Mapping[str, Interval]) -> Advice:
    """What to deploy and why; ``audited`` are accuracies on all rows by a person's audit, by candidate."""
    form = dict[str, Any]
    statistics, agreement = context.run.read("statistics.json", form), context.run.read("agreement.json", form)
    set_aside = {name for choice in ranked.choices for name in choice.set_aside}
    costs = [cost for cost in measured.costs if cost.candidate not in set_aside]
    targets, share = context.project.targets, label_coverage(context).share
    test = {name: found.test for name, found in measured.answers.items()}
    losses = audited_losses(context.run, test, audited) if audited else losses_on_rows(context.tables.sets.test, test)
    advice = advise(ranked.contending, costs, targets, statistics, agreement, audited, share, losses)
    lines = tuple(choice.line for choice in ranked.choices if choice.chosen == advice.deploy)
    return replace(advice, why=(*advice.why, *lines))


def choice_of(advice: Advice) -> RunChoice:
    """The run's one choice: what the advice says to deploy; without one its second line is what to do next."""
    return RunChoice(advice.deploy, advice.why[0], advice.why[1] if advice.deploy is None else "")


def label_coverage(context: StageContext) -> Coverage:
    """How many queries have a label, and how many each annotator gave a topic."""
    tables = context.tables
    by_annotator = Counter(a.annotator for a in tables.annotations if a.topic is not None)
    return Coverage(len(tables.queries), sum(label.topic is not None for label in tables.labels), by_annotator)


def verdict_on(
    context: StageContext, measured: Measured, ranked: Ranking, advice: Advice, audited: Mapping[str, Interval]
) -> Verdict:
    """The plain verdict on the run."""
    tables = context.tables
    trained = Counter(row.topic for row in tables.sets.train.examples)
    rows = {topic: trained[topic] for topic in context.project.taxonomy.names}
    others = [answers.timing.others for answers in measured.answers.values() if answers.timing.others is not None]
    chosen = next((e for e in ranked.evaluations if e.candidate == advice.deploy), ranked.evaluations[0])
    return judge_run(
        choice_of(advice),
        chosen,
        label_coverage(context),
        rows,
        max(others, default=None),
        advice.weakest,
        audited.get(chosen.candidate),
        next((check.misses for check in advice.standings if check.candidate == advice.deploy), ()),
    )


def write(
    context: StageContext,
    measured: Measured,
    ranked: Ranking,
    confidence: list[Confidence],
    advice: Advice,
    audited: Mapping[str, Interval],
) -> None:
    """Every document of the stage, and in the model folders the scores and what the confidences are worth."""
    run, project, found = context.run, context.project, ranked.evaluations
    for evaluation in found:
        write_scores(run.classifier(evaluation.candidate), card_scores(evaluation, audited.get(evaluation.candidate)))
    for each in confidence:
        save_calibration(run.classifier(each.candidate), each)
    curves = learning_curves(found, learning_series(project, len(context.tables.sets.train)))
    by_setting = setting_curves(found, setting_series(project))
    run.write_json("evaluations.json", [to_document(e) for e in (*found, *measured.validation)])
    run.write_json("leaderboard.json", leaderboard(found, audited))
    run.write_json("learning_curves.json", {"curves": to_document(curves), "settings": to_document(by_setting)})
    run.write_json("seeds.json", to_document(seed_spreads(found, seed_series(project))))
    run.write_json("confidence.json", confidence_document(confidence))
    run.write_json("costs.json", to_document(measured.costs))
    run.write_json("advice.json", to_document(advice))
    run.write_json(CHOICE, to_document(choice_of(advice)))


def _summary(ranked: Ranking, advice: Advice, audited: Mapping[str, Interval]) -> str:
    """What to deploy and how right it is, in one line; where another scores higher, that too."""
    if advice.deploy is None:
        return f"nothing to deploy yet: {advice.why[0]}"
    figures = {e.candidate: audited.get(e.candidate, e.accuracy).value for e in ranked.contending}
    chosen = next(e for e in ranked.evaluations if e.candidate == advice.deploy)
    said = f"deploy {chosen.candidate}: {accuracy_text(chosen, audited.get(chosen.candidate))}"
    best = max(figures, key=lambda name: figures[name])
    if figures[best] <= figures[chosen.candidate]:
        return said
    return f"{said}; {best} has {percent(figures[best])} and {percent(figures[chosen.candidate])} is seen of this one"


STAGE = Stage(
    name="evaluate",
    after=("ingest", "label", "agree", "split", "balance", "train"),
    settings=settings,
    writes=files,
    rooms=("evaluation", "statistics", "advice", "audit", "costs", "loadtest"),
    run=evaluate,
    also_reads=("bench.json", "audit_answers.json"),
    kinds=candidate_kinds,
)
