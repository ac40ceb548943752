"""Fine-tuning at OpenAI: ``POST /fine_tuning/jobs`` and what belongs to it. It has no LoRA settings."""

from pathlib import Path
from typing import Any

from topicsmith.classifiers.hosted.protocol import JobSpec, JobStatus, TuningJob
from topicsmith.classifiers.hosted.rest import Refused, Rest, amount, identity, listed
from topicsmith.errors import ProjectError, UpstreamError
from topicsmith.json_file import checked

_STATUS: dict[str, JobStatus] = {"succeeded": "succeeded", "failed": "failed", "cancelled": "failed"}


class OpenAIHost:
    """OpenAI's service."""

    name = "openai"
    needs_endpoint = False

    def __init__(self, rest: Rest) -> None:
        """Ask through ``rest``, whose address ends in ``/v1``."""
        self._rest = rest

    def upload(self, name: str, data: bytes) -> str:
        """Send a file of chat lines; its id."""
        return identity(self._rest.upload("/files", {"purpose": "fine-tune"}, name, data), "OpenAI")

    def file_ready(self, file_id: str) -> bool:
        """Whether the file was processed."""
        found = self._rest.get(f"/files/{file_id}")
        if found.get("status") == "error":
            raise UpstreamError(f"OpenAI rejected the file {file_id}: {found.get('status_details') or 'no reason'}")
        return found.get("status") is None or found.get("status") == "processed"

    def estimate(self, spec: JobSpec) -> float | None:  # the protocol's signature
        """OpenAI gives no price beforehand."""
        return None

    def create(self, spec: JobSpec) -> str:
        """Start the job.

        Raises:
            ProjectError: when the organisation may no longer train.
        """
        settings: dict[str, object] = {"n_epochs": spec.epochs}
        if spec.batch_size is not None:
            settings["batch_size"] = spec.batch_size
        if spec.learning_rate_multiplier is not None:
            settings["learning_rate_multiplier"] = spec.learning_rate_multiplier
        body: dict[str, object] = {
            "training_file": spec.training_file,
            "model": spec.model,
            "suffix": spec.suffix,
            "seed": spec.seed,
            "method": {"type": "supervised", "supervised": {"hyperparameters": settings}},
        }
        if spec.validation_file:
            body["validation_file"] = spec.validation_file
        try:
            return identity(self._rest.post("/fine_tuning/jobs", body), "OpenAI")
        except Refused as refused:
            if refused.code == "training_not_available":
                raise ProjectError(
                    "OpenAI answers 'training_not_available': it closed fine-tuning to organisations that had not used "
                    "it (7 May 2026) and closes it to all on 6 January 2027; use 'model: together:...' or "
                    "'kind: causal'"
                ) from None
            raise

    def find(self, spec: JobSpec) -> str | None:
        """The job with this training file among the latest hundred."""
        for job in listed(self._rest.get("/fine_tuning/jobs?limit=100"), "OpenAI"):
            if job.get("training_file") == spec.training_file:
                return identity(job, "OpenAI")
        return None

    def job(self, job_id: str) -> TuningJob:
        """How the job stands; once it has succeeded, with the metrics of its last checkpoint."""
        found = self._rest.get(f"/fine_tuning/jobs/{job_id}")
        status = _STATUS.get(str(found.get("status")), "running")
        error = found.get("error") or {}
        said = error.get("message") if isinstance(error, dict) else error
        metrics: dict[str, Any] = {}
        if status == "succeeded":
            checkpoints = listed(self._rest.get(f"/fine_tuning/jobs/{job_id}/checkpoints"), "OpenAI")
            last = max(checkpoints, key=lambda c: amount(c.get("step_number")) or 0.0, default={})
            metrics = last.get("metrics") or {}
        document = {
            "job_id": job_id,
            "status": status,
            "model": found.get("fine_tuned_model"),
            "message": str(said or found.get("status") or ""),
            "tokens": found.get("trained_tokens"),
            "metrics": metrics,
        }
        return checked(TuningJob, document, f"OpenAI's answer about {job_id}", UpstreamError, "run again")

    def download(self, job_id: str, target: Path) -> bool:  # the protocol's signature
        """OpenAI gives no weights away."""
        return False
