"""Every candidate's answers on the held-back rows, kept per candidate so that none is asked for twice."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from topicsmith.classifiers.model_folder import load_classifier
from topicsmith.classifiers.predict import predict_all
from topicsmith.project import CandidateSettings
from topicsmith.records import Prediction, Query, Split, Timing
from topicsmith.runs import RunFolder, fingerprint
from topicsmith.stages.base import StageContext, code_fingerprint
from topicsmith.tables import PREDICTIONS, SPLITS, prediction_row, read_frame, read_predictions, read_queries


@dataclass(frozen=True)
class Answers:
    """What a candidate answered, by query, and how fast."""

    validation: Mapping[str, Prediction]
    test: Mapping[str, Prediction]
    timing: Timing


def held_back(run: RunFolder) -> list[tuple[Split, Query]]:
    """Every validation and test row, labelled or not, in the order of the queries."""
    splits = read_frame(run.file("splits.parquet"), SPLITS)
    parts = dict(zip(splits["query_id"], splits["split"], strict=True))
    queries = read_queries(run.file("queries.parquet"))
    return [(parts[query.query_id], query) for query in queries if parts[query.query_id] != "train"]


def answers_of(candidate: CandidateSettings, rows: list[tuple[Split, Query]], context: StageContext) -> Answers:
    """The candidate's answers to ``rows``: those kept from an earlier run if nothing changed, new ones otherwise."""
    run, manifest = context.run, context.manifest
    stage, file = f"evaluate/{candidate.name}", predictions_file(candidate.name)
    mark = fingerprint(
        {
            "model": manifest.result(f"train/{candidate.name}"),
            "rows": [(split, query.query_id) for split, query in rows],
            "code": code_fingerprint(("classifiers",)),
        }
    )
    if not manifest.is_fresh(stage, mark, [file], ["evaluate"]):
        manifest.begin(stage, mark)
        classifier = load_classifier(run.classifier(candidate.name))
        found, timing = predict_all(classifier, [query.text for _, query in rows], context.progress)
        table = [
            prediction_row(query.query_id, split, answer) for (split, query), answer in zip(rows, found, strict=True)
        ]
        run.write_table(file, table, PREDICTIONS)
        manifest.finish(stage, [file], {"timing": asdict(timing)}, {})
    path = run.predictions(candidate.name)
    return Answers(read_predictions(path, "validation"), read_predictions(path, "test"), _timing(manifest.stage(stage)))


def predictions_file(candidate: str) -> str:
    """The name of a candidate's table in the run folder."""
    return f"predictions/{candidate}.parquet"


def _timing(entry: Mapping[str, object]) -> Timing:
    counts = entry["counts"]
    assert isinstance(counts, dict)
    return Timing(**counts["timing"])
