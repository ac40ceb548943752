"""Reading the project file: every mistake named with its file, line, key, value and what would be right."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from topicsmith import plugins
from topicsmith.composites import fault_in
from topicsmith.errors import ProjectError
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.project import (
    BalanceSettings,
    CandidateSettings,
    EstimateSettings,
    Name,
    Project,
    ReportSettings,
    ServingSettings,
    SplitSettings,
    TargetSettings,
    TraceSettings,
)
from topicsmith.sections import Section
from topicsmith.sweeps import expand
from topicsmith.taxonomy_file import parse_taxonomy, read_taxonomy
from topicsmith.yaml_file import Document, explain, read_document


class _ProjectModel(Section):
    name: Name
    traces: TraceSettings
    taxonomy: str | dict[str, object]
    labeling: LabelingSettings = LabelingSettings()
    split: SplitSettings = SplitSettings()
    balance: BalanceSettings = BalanceSettings()
    candidates: list[dict[str, object]] = Field(min_length=1)
    targets: TargetSettings = TargetSettings()
    serving: ServingSettings = ServingSettings()
    estimate: EstimateSettings = EstimateSettings()
    report: ReportSettings = ReportSettings()


def read_project(path: Path) -> Project:
    """Read a project file, or the ``topicsmith.yaml`` in a folder.

    Raises:
        ProjectError: naming file, line, key, value and what would be right.
        TaxonomyError: when the taxonomy contradicts itself.
    """
    path = path / "topicsmith.yaml" if path.is_dir() else path
    if not path.exists():
        raise ProjectError(f"{path}: no such file; 'topicsmith init FOLDER' makes a project, '--project' names another")
    document = read_document(path, ProjectError)
    if not isinstance(document.value, Mapping):
        raise ProjectError(f"{path}:1: a project file is a mapping that starts with 'name:'")
    try:
        model = _ProjectModel.model_validate(document.value)
    except ValidationError as invalid:
        raise explain(invalid, document, _ProjectModel, ProjectError) from None
    _check_plugin(document, ("traces", "format"), "topicsmith.formats", model.traces.format, frozenset({"auto"}))
    for index, name in enumerate(model.labeling.annotators):
        _check_plugin(document, ("labeling", "annotators", index), "topicsmith.annotators", name.partition(":")[0])
        if model.traces.topic is not None and name == f"table:{model.traces.topic}":
            raise ProjectError(
                f"{path}:{document.line(('labeling', 'annotators', index))}: '{name}' reads the column that "
                "'traces.topic' gives as the truth, which would judge itself; take one of the two out"
            )
    if model.labeling.adjudicator is not None:
        scheme = model.labeling.adjudicator.partition(":")[0]
        _check_plugin(document, ("labeling", "adjudicator"), "topicsmith.annotators", scheme)
    if not model.labeling.annotators and model.traces.topic is None:
        raise ProjectError(
            f"{path}:{document.line(('labeling',))}: no labels configured: list annotators in "
            "'labeling.annotators', or set 'traces.topic' to the column that has them"
        )
    if isinstance(model.taxonomy, str):
        topics_file = path.parent / model.taxonomy
        taxonomy = read_taxonomy(topics_file)
    else:
        topics_file = path
        taxonomy = parse_taxonomy(document, ("taxonomy",))
    return Project(
        folder=path.parent,
        name=model.name,
        traces=model.traces,
        taxonomy=taxonomy,
        labeling=model.labeling,
        split=model.split,
        balance=model.balance,
        candidates=_together(document, _candidates(document, model.candidates), model.candidates),
        targets=model.targets,
        serving=model.serving,
        estimate=model.estimate,
        report=model.report,
        topics_file=topics_file,
    )


def _check_plugin(
    document: Document,
    at: tuple[str | int, ...],
    group: plugins.Group,
    name: str,
    also: frozenset[str] = frozenset(),
) -> None:
    known = plugins.names(group)
    if name not in known and name not in also:
        choices = ", ".join(sorted({*known, *also}))
        raise ProjectError(f"{document.path}:{document.line(at)}: '{name}' is not known; known: {choices}")


def _expanded(document: Document, entries: list[dict[str, object]]) -> list[tuple[int, dict[str, object]]]:
    """Each candidate that the entries stand for, with the position of its entry."""
    found = []
    for index, entry in enumerate(entries):
        try:
            found += [(index, candidate) for candidate in expand([entry])]
        except ProjectError as error:
            raise ProjectError(f"{document.path}:{document.line(('candidates', index))}: {error}") from None
    return found


def _with_detector(entry: dict[str, object]) -> dict[str, object]:
    """``catch_all: detector`` is short for ``kind: detector`` with the rest of the entry under ``base``."""
    if entry.get("catch_all") != "detector":
        return entry
    whole: dict[str, object] = {key: entry[key] for key in ("name", "seed", "train_size", "sweep") if key in entry}
    inside = {key: value for key, value in entry.items() if key not in {*whole, "catch_all"}}
    return {**whole, "kind": "detector", "base": inside}


def _together(
    document: Document, candidates: tuple[CandidateSettings, ...], entries: list[dict[str, object]]
) -> tuple[CandidateSettings, ...]:
    """``candidates``, each made of others that are there and not of itself."""
    fault = fault_in(candidates)
    if fault is None:
        return candidates
    own = fault.candidate if fault.candidate.sweep is None else fault.candidate.sweep
    index = next(at for at, entry in enumerate(entries) if entry.get("name") == own.name)
    raise ProjectError(f"{document.path}:{document.line(('candidates', index, 'members'))}: {fault.message}")


def _candidates(document: Document, entries: list[dict[str, object]]) -> tuple[CandidateSettings, ...]:
    read = []
    seen: set[str] = set()
    for index, written in _expanded(document, entries):
        at, entry = ("candidates", index), _with_detector(written)
        kind_name = entry.get("kind")
        if "kind" in entry and not isinstance(kind_name, str | list | dict):
            place = (*at, "kind")
            raise ProjectError(f"{document.path}:{document.line(place)}: {document.no_text(place, kind_name)}")
        if not isinstance(kind_name, str):
            raise ProjectError(
                f"{document.path}:{document.line(at)}: a candidate needs 'kind', for example 'kind: linear'"
            )
        _check_plugin(document, (*at, "kind"), "topicsmith.candidates", kind_name)
        kind = plugins.find("topicsmith.candidates", kind_name)
        settings_type: type[CandidateSettings] = kind.Settings  # type: ignore[attr-defined]  # the protocol of classifiers.base
        try:
            settings = settings_type.model_validate(entry)
        except ValidationError as invalid:
            raise explain(invalid, document, settings_type, ProjectError, at) from None
        if settings.name in seen:
            raise ProjectError(
                f"{document.path}:{document.line((*at, 'name'))}: duplicate candidate name '{settings.name}'"
            )
        seen.add(settings.name)
        read.append(settings)
    return tuple(read)
