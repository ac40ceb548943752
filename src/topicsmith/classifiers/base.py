"""What a candidate and a classifier are: the door ``topicsmith.candidates``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from topicsmith import plugins
from topicsmith.classifiers.sweep_cache import SweepCache
from topicsmith.classifiers.torch_common.distributed import ALONE, Group
from topicsmith.progress import Progress
from topicsmith.project import CandidateSettings
from topicsmith.records import Prediction, TrainSet, Usage, ValidationSet
from topicsmith.taxonomy import Taxonomy

if TYPE_CHECKING:
    import polars as pl

FloatArray = NDArray[np.float64]

CHECKPOINTS = "checkpoints"
"""Folder inside ``FitContext.work`` for what is worthless once the model folder is written."""


@dataclass(frozen=True)
class Predictions:
    """Answers for a list of texts, in its order.

    ``probabilities`` has shape (texts, topics) in the order of the classifier's ``topics``, rows summing to 1, or
    is ``None`` for kinds that have no probabilities.
    """

    items: tuple[Prediction, ...]
    probabilities: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self.items)

    @property
    def topics(self) -> list[str | None]:
        """The topics; ``None`` where the classifier failed."""
        return [item.topic for item in self.items]

    @property
    def confidences(self) -> list[float | None]:
        """The confidences; ``None`` where there is none."""
        return [item.confidence for item in self.items]

    def to_frame(self) -> "pl.DataFrame":
        """A row a text: ``topic``, ``subtopic``, ``confidence``, ``status``."""
        import polars as pl

        schema = {"topic": pl.String, "subtopic": pl.String, "confidence": pl.Float64, "status": pl.String}
        rows = [(item.topic, item.subtopic, item.confidence, item.status) for item in self.items]
        return pl.DataFrame(rows, schema=schema, orient="row")


class FittedModel(Protocol):
    """A candidate that can predict. ``topics`` is the order of the columns of probabilities."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics it knows, in order."""

    def predict(self, texts: Sequence[str]) -> Predictions:
        """One prediction per text, in order; a text that cannot be answered gets a status, not an exception."""

    def save(self, folder: Path) -> None:
        """Write everything needed to predict into the existing, empty ``folder``; data only, nothing executable."""


@dataclass(frozen=True)
class FitContext:
    """Where and with what a candidate is fitted.

    ``work`` is a folder of the candidate's own that outlives a killed process: checkpoints and job ids go there.
    ``ledger`` is where paid answers are kept; ``group`` the processes that fit the candidate together, ``shared``
    what it has in common with the other members of its sweep, ``run`` the name of the run. ``unlabelled`` are texts of
    the same traces that have no label and are neither for validation nor for testing; ``taxonomy_file`` is where the
    taxonomy was read from: a file of its own or the project's. ``others`` are the candidates that this one is made of,
    fitted already, by name.
    """

    taxonomy: Taxonomy
    work: Path
    ledger: Path
    project_folder: Path
    progress: Progress
    group: Group = ALONE
    shared: SweepCache = field(default_factory=SweepCache)
    run: str = ""
    unlabelled: Sequence[str] = ()
    taxonomy_file: Path | None = None
    others: Mapping[str, "FittedCandidate"] = field(default_factory=dict)


@dataclass(frozen=True)
class FittedCandidate:
    """A candidate of the project that is fitted: its settings and its model folder."""

    settings: CandidateSettings
    folder: Path


@dataclass(frozen=True)
class Traits:
    """What a kind of candidate is, for all who treat kinds differently: they ask this, never for a kind's name.

    ``trained``: fitting learns from labelled rows. ``remote``: texts go to a service, unless its model is one of the
    local providers. ``reads_tokens``: the most tokens of a text that it reads; ``None`` when it reads all.
    ``updatable``: a changed list of topics needs no new training. ``baseline``: it is there to be compared with, never
    to be deployed. ``title`` says in a few words what it is, ``limits`` in sentences what its model card must warn of.
    """

    trained: bool = True
    remote: bool = False
    reads_tokens: int | None = None
    updatable: bool = False
    baseline: bool = False
    title: str = ""
    limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Charge:
    """How a candidate is paid for, in the names of the price tables.

    ``answers`` are paid by the hour of the project's ``machine``; by ``tokens`` at the price of the model
    ``answers_at``; by ``minutes`` of the machine ``answers_at``; or not known to any table. ``training`` is paid by the
    hour of the machine or by billable ``tokens`` at the price of ``training_at``. ``comparable_training`` is what a
    service would ask for the same training, as an estimate: the price's name, how often it goes over the rows, and the
    prompt that its rows are rendered in. ``usd_per_1k`` is a price that the kind knows itself.
    """

    answers: Literal["machine", "tokens", "minutes", "unknown"] = "machine"
    answers_at: str = ""
    training: Literal["machine", "tokens"] = "machine"
    training_at: str = ""
    comparable_training: "ComparableTraining | None" = None
    usd_per_1k: float | None = None


@dataclass(frozen=True)
class ComparableTraining:
    """The same training at a service: the name of its price, passes over the rows, and how rows are rendered."""

    priced_at: str
    epochs: int
    prompt: str
    subtopics: bool


class CandidateKind(Protocol):
    """One kind of candidate. The entry point offers an instance.

    Importing it must stay light: heavy libraries are imported inside ``fit`` and ``load``.
    """

    Settings: type[CandidateSettings]
    traits: Traits

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> FittedModel:
        """Learn from ``train``; choose on ``validation`` only."""

    def load(self, folder: Path) -> FittedModel:
        """Load what :meth:`FittedModel.save` wrote.

        Raises:
            ModelFolderError: when the folder is damaged or not of this kind.
        """


@runtime_checkable
class Checking(Protocol):
    """A kind that can tell from its settings alone that fitting would fail; asked before anything is paid for."""

    def check(self, settings: CandidateSettings, project_folder: Path) -> None:
        """Look at what needs neither rows nor the network: settings, prompts, folders, libraries, keys.

        Raises:
            UserError: what fitting would raise.
        """


@runtime_checkable
class Priced(Protocol):
    """A kind that is not simply paid by the hour of the project's machine."""

    def cost(self, settings: CandidateSettings) -> Charge:
        """How a candidate with these settings is paid for."""


@runtime_checkable
class Metered(Protocol):
    """A classifier whose answers are kept with what they took."""

    def usage(self, texts: Sequence[str]) -> list[list[Usage]]:
        """What each distinct text took: an entry per answer, two where it was asked once more."""


@runtime_checkable
class Accounted(Protocol):
    """A classifier whose answers are paid for, and counted towards a purpose."""

    def spend_as(self, purpose: str) -> None:
        """Count what is paid from now on towards ``purpose``: ``evaluate``, ``teach``, ``classify``, ``bench``."""


@runtime_checkable
class Updatable(Protocol):
    """A classifier whose topics may be edited after it was loaded."""

    def refresh(self) -> None:
        """Take over edits that were saved since the last call, for all answers from now on."""


@runtime_checkable
class Assembled(Protocol):
    """A classifier made of several; each answer names the one that gave it."""

    @property
    def models(self) -> tuple[FittedModel, ...]:
        """The classifiers it is made of."""


def follows_edits(classifier: FittedModel) -> bool:
    """Whether the topics of ``classifier`` may be edited after it was loaded; of several, whether those of any may."""
    if isinstance(classifier, Assembled):
        return any(follows_edits(model) for model in classifier.models)
    return isinstance(classifier, Updatable)


def spend_as(classifier: FittedModel, purpose: str) -> None:
    """Count what ``classifier`` pays from now on towards ``purpose``, where it pays for answers."""
    if isinstance(classifier, Accounted):
        classifier.spend_as(purpose)


def traits_of(kind: str) -> Traits:
    """The traits of the kind called ``kind``; those of a plain trained one where it is not installed or names none."""
    if kind not in plugins.names("topicsmith.candidates"):
        return Traits()
    found = getattr(plugins.find("topicsmith.candidates", kind), "traits", None)
    return found if isinstance(found, Traits) else Traits()


def charge_of(settings: CandidateSettings) -> Charge:
    """How the candidate with these settings is paid for."""
    kind = plugins.find("topicsmith.candidates", settings.kind)
    return kind.cost(settings) if isinstance(kind, Priced) else Charge()


@dataclass(frozen=True)
class UseAlone:
    """How a model folder is used without topicsmith.

    ``note`` says it in a sentence or two, ``program`` are lines of Python, empty where there are none; ``pipeline`` is
    the Hugging Face pipeline that loads the folder and answers the same, where there is one.
    """

    note: str
    program: str = ""
    pipeline: str | None = None


@runtime_checkable
class Portable(Protocol):
    """A kind whose folders are of use without topicsmith."""

    def use_alone(self, about: Mapping[str, object]) -> UseAlone:
        """How, for the folder whose ``topicsmith.json`` is ``about``."""


@runtime_checkable
class Composite(Protocol):
    """A kind that is built on others."""

    def built_on(self, settings: CandidateSettings) -> tuple[str, ...]:
        """The names of those kinds."""


def kinds_in(settings: CandidateSettings) -> tuple[str, ...]:
    """The kind of a candidate, and those that it is built on."""
    kind = plugins.find("topicsmith.candidates", settings.kind)
    return (settings.kind, *(kind.built_on(settings) if isinstance(kind, Composite) else ()))
