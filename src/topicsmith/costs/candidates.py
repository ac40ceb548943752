"""What each candidate costs: its labels, its training, and a thousand answers of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from topicsmith.classifiers.base import traits_of
from topicsmith.classifiers.model_folder import read_manifest
from topicsmith.composites import in_order, whole
from topicsmith.costs.cost import (
    CandidateCost,
    Serving,
    TrainingCost,
    labelling_as_paid,
    serving_by_members,
    training_of_members,
)
from topicsmith.costs.serving import ServingCosts
from topicsmith.costs.training import TrainingCosts
from topicsmith.errors import ProjectError
from topicsmith.llm.prices import machine_price, machines
from topicsmith.loadtest.run import best_texts_per_s
from topicsmith.project import CandidateSettings, Project
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
    speeds = {name: best_texts_per_s(loads.get(name, []), timing.texts_per_s) for name, timing in timings.items()}
    costs: dict[str, CandidateCost] = {}
    alone: dict[str, TrainingCost] = {}
    for candidate in in_order(project.candidates):
        about = read_manifest(run.classifier(candidate.name))
        trained = alone[candidate.name] = training.of(candidate, about)
        if candidate.made_of:
            *before, _ = whole(candidate, project.candidates)
            trained = training_of_members(trained, [(each.name, alone[each.name]) for each in before])
            answers = _by_members(candidate, about, costs, serving, speeds)
        else:
            answers = serving.of(candidate, about, speeds[candidate.name])
        labels = labels_usd if traits_of(candidate.kind).trained else 0.0
        costs[candidate.name] = CandidateCost(candidate.name, labels, trained.usd, answers, trained)
    return [costs[candidate.name] for candidate in project.candidates]


def _by_members(
    candidate: CandidateSettings,
    about: Mapping[str, object],
    costs: Mapping[str, CandidateCost],
    serving: ServingCosts,
    speeds: Mapping[str, float | None],
) -> Serving | None:
    """The cost of the answers of a candidate made of others: of each for the share of texts that comes to it.

    The shares are those that its model folder notes as ``reached``, of the validation rows.
    """
    notes = about.get("notes")
    reached = notes.get("reached") if isinstance(notes, Mapping) else None
    if not isinstance(reached, Mapping):
        return None
    by_name = {each.name: each for each in serving.project.candidates}
    found: list[tuple[str, float, Serving]] = []
    for name in candidate.made_of:
        share, one = float(reached.get(name, 1.0)), costs[name].serving
        if not by_name[name].made_of:
            about_it = read_manifest(serving.run.classifier(name))
            one = serving.of(by_name[name], about_it, speeds[name], share)
        if one is None:
            return None
        found.append((name, share, one))
    return serving_by_members(found)


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
