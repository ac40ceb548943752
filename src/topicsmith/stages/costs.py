"""What each candidate costs: its labels, its training, and a thousand answers of it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from topicsmith.classifiers.folder import read_manifest
from topicsmith.errors import ProjectError
from topicsmith.evaluation.cost import (
    CandidateCost,
    Serving,
    labelling_as_paid,
    serving_by_time,
    training_by_machine,
)
from topicsmith.evaluation.loadtest import best_texts_per_s
from topicsmith.llm.prices import machine_price, machines
from topicsmith.project import CandidateSettings, Project
from topicsmith.records import Timing
from topicsmith.runs import RunFolder
from topicsmith.tables import read_annotations

BENCH = "bench.json"
"""Where ``topicsmith bench`` leaves what it measured."""


def candidate_costs(project: Project, run: RunFolder, timings: Mapping[str, Timing]) -> list[CandidateCost]:
    """The cost of every candidate; what is not known is ``None``.

    A model folder that knows its own prices (``usd`` for training, ``usd_per_1k`` for answers) is believed; any other
    candidate costs what the machine named under ``serving`` costs, at the speed of its load test (``topicsmith bench``)
    where it had one, and at that of answering the test rows otherwise.
    """
    hourly = _usd_per_hour(project)
    annotations = read_annotations(run.file("annotations.parquet"))
    labels_usd = labelling_as_paid(annotations).usd if annotations else 0.0
    loads = run.read_json(BENCH) if run.file(BENCH).exists() else {}
    assert isinstance(loads, dict)
    costs = []
    for candidate in project.candidates:
        speed = best_texts_per_s(loads.get(candidate.name, []), timings[candidate.name].texts_per_s)
        costs.append(_cost(candidate, project, run, speed, hourly, labels_usd))
    return costs


def _cost(
    candidate: CandidateSettings,
    project: Project,
    run: RunFolder,
    texts_per_s: float | None,
    hourly: float | None,
    labels_usd: float | None,
) -> CandidateCost:
    about = read_manifest(run.classifier(candidate.name))
    training, seconds = _number(about.get("usd")), _number(about.get("seconds"))
    if training is None and hourly is not None and seconds is not None:
        training = training_by_machine(seconds, hourly)
    per_1k = _number(about.get("usd_per_1k"))
    serving: Serving | None = None
    if per_1k is not None:
        serving = Serving("tokens", per_1k, per_1k)
    elif hourly is not None and texts_per_s:
        serving = serving_by_time(
            hourly,
            texts_per_s,
            utilisation=project.serving.utilisation,
            per_day=project.targets.per_day,
        )
    learns = candidate.kind not in {"prompted", "majority"}
    return CandidateCost(candidate.name, labels_usd if learns else 0.0, training, serving)


def _usd_per_hour(project: Project) -> float | None:
    settings = project.serving
    if settings.usd_per_hour is not None or settings.machine is None:
        return settings.usd_per_hour
    rate = machine_price(settings.machine, datetime.now(UTC).date())
    if rate is None:
        raise ProjectError(
            f"serving.machine: '{settings.machine}' is not in the price table; give 'usd_per_hour', or one of "
            + ", ".join(machines())
        )
    return rate.usd


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
