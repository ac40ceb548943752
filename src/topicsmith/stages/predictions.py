"""Every candidate's answers on the held-out rows, kept per candidate so that none is asked for twice."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from topicsmith.classifiers.base import spend_as
from topicsmith.classifiers.model_folder import load_classifier
from topicsmith.classifiers.predict import predict_all
from topicsmith.project import CandidateSettings
from topicsmith.records import Prediction, Timing
from topicsmith.stages.base import StageContext, candidate_kinds
from topicsmith.stages.code import kind_fingerprint
from topicsmith.tables import PREDICTIONS, prediction_row, read_predictions


@dataclass(frozen=True)
class Answers:
    """What a candidate answered, by query, and how fast."""

    validation: Mapping[str, Prediction]
    test: Mapping[str, Prediction]
    timing: Timing


def answers_of(candidate: CandidateSettings, context: StageContext) -> Answers:
    """The candidate's answers to the held-out rows: those of an earlier run if nothing changed, new ones otherwise."""
    run, rows = context.run, context.tables.held_out
    stage, file = f"evaluate/{candidate.name}", predictions_file(candidate.name)
    depends_on = {
        "model": context.manifest.result(f"train/{candidate.name}"),
        "rows": [(split, query.query_id) for split, query in rows],
        "code": [kind_fingerprint(kind) for kind in candidate_kinds(context.project, candidate)],
    }
    with context.once(stage, depends_on, [file], ["evaluate"]) as work:
        if work is not None:
            classifier = load_classifier(run.classifier(candidate.name))
            spend_as(classifier, "evaluate")
            found, timing = predict_all(classifier, [query.text for _, query in rows], context.progress)
            answered = zip(rows, found, strict=True)
            table = [prediction_row(query.query_id, split, answer) for (split, query), answer in answered]
            run.write_table(file, table, PREDICTIONS)
            work.counts = {"timing": asdict(timing)}
    path = run.predictions(candidate.name)
    counts = context.manifest.stage(stage)["counts"]
    assert isinstance(counts, dict)
    return Answers(read_predictions(path, "validation"), read_predictions(path, "test"), Timing(**counts["timing"]))


def predictions_file(candidate: str) -> str:
    """The name of a candidate's table in the run folder."""
    return f"predictions/{candidate}.parquet"
