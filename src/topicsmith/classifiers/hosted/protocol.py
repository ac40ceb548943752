"""What a fine-tuning service is asked for, whoever it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

JobStatus = Literal["running", "succeeded", "failed"]


@dataclass(frozen=True)
class JobSpec:
    """A fine-tuning job, before it is started. ``suffix`` is unique to one candidate with its data and settings."""

    model: str
    training_file: str
    validation_file: str | None
    suffix: str
    epochs: int
    seed: int
    rank: int
    alpha: int
    dropout: float
    learning_rate: float
    batch_size: int | None
    learning_rate_multiplier: float | None


@dataclass(frozen=True)
class TuningJob:
    """What a service says of a job; ``model`` is what may be asked once it has succeeded.

    ``registered`` is the id under which the result can be deployed, where the service keeps a registry.
    """

    job_id: str
    status: JobStatus
    model: str | None = None
    message: str = ""
    tokens: int | None = None
    usd: float | None = None
    metrics: Mapping[str, object] = field(default_factory=dict)
    registered: str | None = None


class Host(Protocol):
    """One service. Every method is one question or one order; the order of the whole is in ``life``."""

    name: str
    needs_endpoint: bool

    def upload(self, name: str, data: bytes) -> str:
        """Send a file of chat lines; its id."""

    def file_ready(self, file_id: str) -> bool:
        """Whether the service has checked the file.

        Raises:
            UpstreamError: when it found it faulty, with its reason.
        """

    def estimate(self, spec: JobSpec) -> float | None:
        """What the job would cost in US dollars, ``None`` where the service does not say."""

    def create(self, spec: JobSpec) -> str:
        """Start the job, once; its id."""

    def find(self, spec: JobSpec) -> str | None:
        """The id of a job that was started with this training file, whether or not its answer ever arrived."""

    def job(self, job_id: str) -> TuningJob:
        """How the job stands."""

    def download(self, job_id: str, target: Path) -> bool:
        """Fetch the adapters into ``target``; false where the service gives none away."""
