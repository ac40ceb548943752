"""The project file ``topicsmith.yaml``, checked when it is read, in the user's spelling."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from topicsmith import plugins
from topicsmith.errors import ProjectError
from topicsmith.sweeps import expand
from topicsmith.taxonomy import Taxonomy, parse_taxonomy, read_taxonomy
from topicsmith.yaml_file import Document, explain, read_document

Fraction = Annotated[float, Field(gt=0, lt=1)]


def _safe_name(value: str) -> str:
    if not value.replace("-", "").replace("_", "").replace(".", "").isalnum() or value.startswith((".", "-")):
        raise ValueError("use letters, digits, '-', '_' and '.', starting with a letter or digit")
    return value


Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_safe_name)]
"""A name that also serves as a folder's name."""


class Section(BaseModel):
    """Base of every part of the project file: unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SampleSettings(Section):
    """How many traces to take, and how: uniformly, in order, or evenly by a metadata path."""

    size: int = Field(gt=0)
    seed: int = 13
    by: str | None = None
    order: Literal["random", "first"] = "random"


class TraceSettings(Section):
    """Where the traces lie. The column names matter to ``format: table`` only.

    ``tokenizer`` counts tokens: ``bytes/4``, ``words``, or the path of a ``tokenizer.json``; nothing is downloaded.
    """

    path: str | list[str]
    format: str = "auto"
    sample: SampleSettings | None = None
    text: str | None = None
    messages: str | None = None
    id: str | None = None
    topic: str | None = None
    subtopic: str | None = None
    split: str | None = None
    time: str | None = None
    redact: list[Literal["email", "phone", "card", "key", "ip", "iban"]] = []
    tokenizer: str = "bytes/4"

    @model_validator(mode="after")
    def _one_text(self) -> "TraceSettings":
        if self.text is not None and self.messages is not None:
            raise ValueError("give 'text' or 'messages', not both")
        if self.format == "table" and self.text is None and self.messages is None:
            raise ValueError("'format: table' needs 'text' or 'messages', the name of the column to read")
        return self


class LabelingSettings(Section):
    """Who labels. Without annotators the given topics (``traces.topic``) are the labels."""

    annotators: list[str] = []
    prompt: str = "v2"
    answer: Literal["json", "xml"] = "json"
    adjudicator: str | None = None
    labels: Literal["agreed", "adjudicated", "weighted"] = "agreed"
    budget_usd: float | None = Field(default=None, gt=0)
    concurrency: int = Field(default=50, gt=0, le=1000)
    mode: Literal["online", "batch"] = "online"

    @model_validator(mode="before")
    @classmethod
    def _adjudicator_adjudicates(cls, value: object) -> object:
        """Naming an adjudicator is choosing adjudicated labels."""
        if isinstance(value, dict) and value.get("adjudicator") is not None and "labels" not in value:
            return {**value, "labels": "adjudicated"}
        return value

    @model_validator(mode="after")
    def _adjudicated_by_somebody(self) -> "LabelingSettings":
        if self.labels == "adjudicated" and self.adjudicator is None:
            raise ValueError("'labels: adjudicated' needs an 'adjudicator', for example 'adjudicator: local:trained'")
        if self.labels != "adjudicated" and self.adjudicator is not None:
            raise ValueError(f"'labels: {self.labels}' asks no adjudicator; write 'labels: adjudicated' or remove it")
        if self.adjudicator in self.annotators:
            raise ValueError(f"the adjudicator '{self.adjudicator}' is one of the annotators; name somebody else")
        return self

    @model_validator(mode="after")
    def _distinct(self) -> "LabelingSettings":
        twice = [name for name, count in Counter(self.annotators).items() if count > 1]
        if twice:
            raise ValueError(f"the annotator '{twice[0]}' stands twice")
        for name in [*self.annotators, *([] if self.adjudicator is None else [self.adjudicator])]:
            scheme, colon, model = name.partition(":")
            if not colon or not scheme or not model:
                raise ValueError(f"'{name}' is not of the form provider:model, table:COLUMN or local:METHOD")
        return self


class SplitSettings(Section):
    """Shares of the rows held back; given splits in the data win."""

    validation: Fraction = 0.1
    test: Fraction = 0.15
    seed: int = 13

    @model_validator(mode="after")
    def _leaves_training_rows(self) -> "SplitSettings":
        if self.validation + self.test >= 0.9:
            raise ValueError(f"validation {self.validation} and test {self.test} leave too little to train on")
        return self


class BalanceSettings(Section):
    """How unequal topics may stay among training rows; ``max_ratio: null`` leaves them as they are."""

    max_ratio: float | None = Field(default=3.8, ge=1)
    method: Literal["copies", "weights"] = "copies"
    seed: int = 13


class CandidateSettings(Section):
    """What every kind of candidate has; each kind adds its own keys.

    ``train_size`` takes that many training rows (stratified, smaller sets inside larger ones); ``sweep`` names the
    entry with lists that the candidate came from.
    """

    name: Name
    kind: str
    seed: int = 13
    train_size: int | None = Field(default=None, gt=0)
    sweep: str | None = None


class TargetSettings(Section):
    """What the team needs of the classifier it deploys; read by the advice."""

    accuracy: Fraction | None = None
    p95_ms: float | None = Field(default=None, gt=0)
    usd_per_1k: float | None = Field(default=None, ge=0)
    per_day: int | None = Field(default=None, gt=0)
    long_texts: bool = False
    changing_topics: bool = False
    self_hosted: bool = False


class ServingSettings(Section):
    """The machine that answers: a name in the price table, or what it costs an hour; ``None`` leaves cost unknown."""

    machine: str | None = None
    usd_per_hour: float | None = Field(default=None, ge=0)
    utilisation: float = Field(default=0.5, gt=0, le=1)


class BillSettings(Section):
    """A bill of the past: its counts, the prices of its day, and what was said to be paid.

    ``rows`` times ``tokens_in`` and ``tokens_out`` a row, or the ``tokens`` of a whole training set. Prices are per
    million tokens; without ``usd_in`` those of the price tables on that ``day`` hold. ``inferred`` names the counts
    that nobody published.
    """

    purpose: Literal["labelling", "training", "serving"]
    name: str
    model: str
    day: date
    said_usd: float = Field(gt=0)
    rows: int | None = Field(default=None, gt=0)
    tokens_in: float = Field(default=0.0, ge=0)
    tokens_out: float = Field(default=0.0, ge=0)
    tokens: int | None = Field(default=None, gt=0)
    epochs: int = Field(default=1, gt=0)
    usd_in: float | None = Field(default=None, ge=0)
    usd_out: float | None = Field(default=None, ge=0)
    inferred: list[Literal["rows", "tokens_in", "tokens_out", "tokens", "epochs"]] = []
    note: str = ""

    @model_validator(mode="after")
    def _countable(self) -> "BillSettings":
        if (self.rows is None) == (self.tokens is None):
            raise ValueError("give 'rows' with 'tokens_in', or 'tokens' of the whole training set")
        if self.tokens is not None and self.purpose != "training":
            raise ValueError("'tokens' of a whole set belong to 'purpose: training'; give 'rows' and 'tokens_in'")
        return self


class EstimateSettings(Section):
    """What ``topicsmith estimate`` reckons with beside the traces that lie there.

    ``rows`` is how many queries there will be, where only some of them lie there yet.
    """

    rows: int | None = Field(default=None, gt=0)
    bills: list[BillSettings] = []


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


@dataclass(frozen=True)
class Project:
    """A checked project. Relative paths in it are relative to ``folder``."""

    folder: Path
    name: str
    traces: TraceSettings
    taxonomy: Taxonomy
    labeling: LabelingSettings
    split: SplitSettings
    balance: BalanceSettings
    candidates: tuple[CandidateSettings, ...]
    targets: TargetSettings
    serving: ServingSettings = field(default_factory=ServingSettings)
    estimate: EstimateSettings = field(default_factory=EstimateSettings)


def read_project(path: Path) -> Project:
    """Read a project file, or the ``topicsmith.yaml`` in a folder.

    Raises:
        ProjectError: naming file, line, key, value and what would be right.
        TaxonomyError: when the taxonomy contradicts itself.
    """
    path = path / "topicsmith.yaml" if path.is_dir() else path
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
    if model.labeling.adjudicator is not None:
        scheme = model.labeling.adjudicator.partition(":")[0]
        _check_plugin(document, ("labeling", "adjudicator"), "topicsmith.annotators", scheme)
    if not model.labeling.annotators and model.traces.topic is None:
        raise ProjectError(
            f"{path}:{document.line(('labeling',))}: nobody labels: name two annotators in 'labeling.annotators', "
            "or the column of given topics in 'traces.topic'"
        )
    if isinstance(model.taxonomy, str):
        taxonomy = read_taxonomy(path.parent / model.taxonomy)
    else:
        taxonomy = parse_taxonomy(document, ("taxonomy",))
    return Project(
        folder=path.parent,
        name=model.name,
        traces=model.traces,
        taxonomy=taxonomy,
        labeling=model.labeling,
        split=model.split,
        balance=model.balance,
        candidates=_candidates(document, model.candidates),
        targets=model.targets,
        serving=model.serving,
        estimate=model.estimate,
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


def _candidates(document: Document, entries: list[dict[str, object]]) -> tuple[CandidateSettings, ...]:
    read = []
    seen: set[str] = set()
    for index, entry in _expanded(document, entries):
        at = ("candidates", index)
        kind_name = entry.get("kind")
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
                f"{document.path}:{document.line((*at, 'name'))}: the candidate name '{settings.name}' stands twice"
            )
        seen.add(settings.name)
        read.append(settings)
    return tuple(read)
