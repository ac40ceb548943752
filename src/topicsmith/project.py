"""The project file ``topicsmith.yaml``, checked when it is read, in the user's spelling."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_serializer, model_validator

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.names import safe_name
from topicsmith.sections import Section
from topicsmith.taxonomy import Taxonomy, to_document

Fraction = Annotated[float, Field(gt=0, lt=1)]


Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(safe_name)]
"""A name that also serves as a folder's name."""


class SampleSettings(Section):
    """How many traces to take, and how: uniformly, in order, or evenly by a metadata path."""

    size: int = Field(gt=0)
    seed: int = 13
    by: str | None = None
    order: Literal["random", "first"] = "random"


class FieldPaths(Section):
    """JMESPath expressions for ``format: fields``; ``role`` and ``content`` start at each of ``messages``, if given."""

    messages: str | None = None
    role: str | None = None
    content: str | None = None
    id: str | None = None
    conversation: str | None = None
    time: str | None = None
    topic: str | None = None

    @model_validator(mode="after")
    def _something_said(self) -> "FieldPaths":
        if self.messages is None and self.content is None:
            raise ValueError("give 'messages', the path to a list of them, or 'content', the path to a text")
        return self


class TraceSettings(Section):
    """Where the traces lie. The column names matter to ``format: table`` only.

    ``unwrap`` says which templates around questions are taken off: ``default``, ``none``, or a list of names and
    patterns. ``tokenizer`` counts tokens: ``bytes/4``, ``words``, or the path of a ``tokenizer.json``; nothing is
    downloaded.
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
    redact: list[Literal["email", "phone", "card", "key", "ip", "iban"]] = Field(default=[])
    fields: FieldPaths | None = None
    unwrap: str | list[str] = "default"
    tokenizer: str = "bytes/4"

    @model_validator(mode="after")
    def _one_text(self) -> "TraceSettings":
        if self.text is not None and self.messages is not None:
            raise ValueError("give 'text' or 'messages', not both")
        if (self.format == "fields") != (self.fields is not None):
            raise ValueError("'format: fields' and 'fields', the paths of what is needed, belong together")
        if self.format == "table" and self.text is None and self.messages is None:
            raise ValueError("'format: table' needs 'text' or 'messages', the name of the column to read")
        return self


class SplitSettings(Section):
    """Shares of the rows held out; given splits in the data win."""

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


class SweepMember(Section):
    """Which sweep a candidate belongs to, and what varies in it with this member's values."""

    name: str
    varied: dict[str, Any] = Field(default={})

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: object) -> object:
        """A bare name stands for a member whose values are not known."""
        return {"name": value} if isinstance(value, str) else value

    @model_serializer
    def _as_name(self) -> str:
        """In files a sweep is its name: the member's settings stand beside it."""
        return self.name


class CandidateSettings(Section):
    """What every kind of candidate has; each kind adds its own keys.

    ``train_size`` takes that many training rows (stratified, smaller sets inside larger ones); ``sweep`` names the
    entry with lists that the candidate came from.
    """

    name: Name
    kind: str
    seed: int = 13
    train_size: int | None = Field(default=None, gt=0)
    sweep: SweepMember | None = None

    @property
    def model_name(self) -> str | None:
        """The model that it is built on, where its kind has a setting ``model``."""
        return self._text("model")

    @property
    def prompt_name(self) -> str | None:
        """The prompt that it is asked with, where its kind has a setting ``prompt``."""
        return self._text("prompt")

    @property
    def made_of(self) -> tuple[str, ...]:
        """The names of the candidates of the project that it is made of, which are trained before it."""
        return ()

    def _text(self, key: str) -> str | None:
        value = getattr(self, key, None)
        return value if isinstance(value, str) else None


class TargetSettings(Section):
    """What the team needs of the classifier it deploys; read by the advice.

    ``margin`` is the difference in accuracy that does not matter: a candidate shown to lose no more may be deployed
    instead of the most accurate one.
    """

    accuracy: Fraction | None = None
    margin: float = Field(default=0.02, ge=0, lt=1)
    p95_ms: float | None = Field(default=None, gt=0)
    usd_per_1k: float | None = Field(default=None, ge=0)
    per_day: int | None = Field(default=None, gt=0)
    long_texts: bool = False
    changing_topics: bool = False
    self_hosted: bool = False

    @property
    def named(self) -> dict[str, float | bool]:
        """The targets that the project names, by key; the margin is none."""
        plain = TargetSettings().model_dump()
        return {key: value for key, value in self.model_dump().items() if value != plain[key] and key != "margin"}


class ServingSettings(Section):
    """The machine that answers: a name in the price table, or what it costs an hour; ``None`` leaves cost unknown."""

    machine: str | None = None
    usd_per_hour: float | None = Field(default=None, ge=0)
    utilisation: float = Field(default=0.5, gt=0, le=1)


class ReportSettings(Section):
    """What the page shows: ``published`` puts the figures of the published experiment beside the run's own."""

    published: bool = False


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
    inferred: list[Literal["rows", "tokens_in", "tokens_out", "tokens", "epochs"]] = Field(default=[])
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
    bills: list[BillSettings] = Field(default=[])


@dataclass(frozen=True)
class Project:
    """A checked project. Relative paths in it are relative to ``folder``.

    ``topics_file`` is the file in which the topics stand: the taxonomy's own, or the project file.
    """

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
    report: ReportSettings = field(default_factory=ReportSettings)
    topics_file: Path | None = None

    def to_document(self) -> dict[str, object]:
        """Everything but the folder, as plain data."""
        return {
            "name": self.name,
            "traces": self.traces.model_dump(mode="json"),
            "taxonomy": to_document(self.taxonomy),
            "labeling": self.labeling.model_dump(mode="json"),
            "split": self.split.model_dump(mode="json"),
            "balance": self.balance.model_dump(mode="json"),
            "candidates": [candidate.model_dump(mode="json") for candidate in self.candidates],
            "targets": self.targets.model_dump(mode="json"),
            "serving": self.serving.model_dump(mode="json"),
        }
