"""What each candidate costs: its labels, its training, and a thousand answers of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from topicsmith.classifiers.base import traits_of
from topicsmith.classifiers.model_folder import read_manifest
from topicsmith.costs.cost import CandidateCost, labelling_as_paid
from topicsmith.costs.serving import ServingCosts
from topicsmith.costs.training import TrainingCosts
from topicsmith.errors import ProjectError
from topicsmith.llm.prices import machine_price, machines
from topicsmith.loadtest.run import best_texts_per_s
from topicsmith.project import Project
from topicsmith.records import Annotation, Timing
from topicsmith.runs import RunFolder

BENCH = "bench.json"
"""Where ``topicsmith bench`` leaves what it measured."""


def candidate_costs(
    project: Project,
    run: RunFolder,
    timings: Mapping[str, Timing],
    *,
    texts: Sequence[str],
    annotations: Sequence[Annotation],
) -> list[CandidateCost]:
    """The cost of every candidate, which all answered ``texts``; what is not known is ``None``.

    Paid services are charged by the tokens in the ledger, dedicated endpoints by the minute, all else by the hour of
    the machine named under ``serving``. What is charged by time answers at the speed of its load test (``topicsmith
    bench``) where it had one, and at that of answering the test rows otherwise.
    """
    day = datetime.now(UTC).date()
    hourly = _usd_per_hour(project, day)
    labels_usd = labelling_as_paid(annotations).usd if annotations else 0.0
    loads = run.read(BENCH, dict[str, list[dict[str, object]]]) if run.file(BENCH).exists() else {}
    training = TrainingCosts(project, run, texts, hourly, day)
    serving = ServingCosts(project, run, texts, hourly, day)
    costs = []
    for candidate in project.candidates:
        about = read_manifest(run.classifier(candidate.name))
        speed = best_texts_per_s(loads.get(candidate.name, []), timings[candidate.name].texts_per_s)
        trained = training.of(candidate, about)
        labels = labels_usd if traits_of(candidate.kind).trained else 0.0
        costs.append(CandidateCost(candidate.name, labels, trained.usd, serving.of(candidate, about, speed), trained))
    return costs


def _usd_per_hour(project: Project, day: date) -> float | None:
    settings = project.serving
    if settings.usd_per_hour is not None or settings.machine is None:
        return settings.usd_per_hour
    rate = machine_price(settings.machine, day)
    if rate is None:
        raise ProjectError(
            f"serving.machine: '{settings.machine}' is not in the price table; give 'usd_per_hour', or one of "
            + ", ".join(machines())
        )
    return rate.usd
