"""Fine-tuning at Together: files, price, job, adapters, and the dedicated endpoint that serves the result.

Every LoRA setting is stated in the body, since the defaults of the service and of its clients have differed.
"""

from pathlib import Path

from topicsmith.classifiers.hosting.base import Job, JobSpec, JobStatus
from topicsmith.classifiers.hosting.rest import Refused, Rest
from topicsmith.errors import UpstreamError

_STATUS: dict[str, JobStatus] = {
    "completed": "succeeded",
    "error": "failed",
    "user_error": "failed",
    "cancelled": "failed",
}
_EVALUATIONS = 5


class TogetherHost:
    """Together's service."""

    name = "together"
    needs_endpoint = True

    def __init__(self, rest: Rest) -> None:
        """Ask through ``rest``, whose address ends in ``/v1``."""
        self._rest = rest

    def upload(self, name: str, data: bytes) -> str:
        """Send a file of chat lines; its id."""
        fields = {"purpose": "fine-tune", "file_name": name, "file_type": "jsonl"}
        return str(self._rest.upload("/files/upload", fields, name, data)["id"])

    def file_ready(self, file_id: str) -> bool:
        """Whether Together has validated the file."""
        found = self._rest.get(f"/files/{file_id}")
        status = found.get("processing_status")
        if status in {"INVALID_FORMAT", "FAILED"}:
            reason = found.get("validation_report") or "no reason given"
            raise UpstreamError(f"Together found the file {file_id} faulty ({status}): {reason}")
        return status == "COMPLETED" or (status is None and bool(found.get("Processed", True)))

    def estimate(self, spec: JobSpec) -> float | None:
        """What the job would cost.

        Raises:
            UpstreamError: when the account may not start it.
        """
        found = self._rest.post("/fine-tunes/estimate-price", _body(spec))
        price = found.get("estimated_total_price")
        if found.get("allowed_to_proceed") is False:
            raise UpstreamError(f"Together does not allow this job (estimated ${price}); check the account's balance")
        return float(price) if isinstance(price, int | float) else None

    def create(self, spec: JobSpec) -> str:
        """Start the job."""
        return str(self._rest.post("/fine-tunes", _body(spec))["id"])

    def find(self, spec: JobSpec) -> str | None:
        """The job with this training file."""
        for job in self._rest.get("/fine-tunes").get("data", []):
            if job.get("training_file") == spec.training_file:
                return str(job["id"])
        return None

    def job(self, job_id: str) -> Job:
        """How the job stands."""
        found = self._rest.get(f"/fine-tunes/{job_id}")
        events = found.get("events") or [{}]
        price = found.get("total_price")
        return Job(
            job_id,
            _STATUS.get(str(found.get("status")), "running"),
            found.get("x_model_output_name") or found.get("model_output_name") or found.get("output_name"),
            str(events[-1].get("message") or found.get("status") or ""),
            found.get("token_count"),
            float(price) / 1e9 if isinstance(price, int | float) and price > 1e6 else price,
        )

    def download(self, job_id: str, target: Path) -> bool:
        """Fetch the adapters as the archive that Together packs."""
        self._rest.download(f"/finetune/download?ft_id={job_id}&checkpoint=adapter", target)
        return True

    def start_endpoint(self, model: str, hardware: str, idle_minutes: int) -> tuple[str, str]:
        """Create a dedicated endpoint, which bills by the minute and stops itself when idle; its id and its name.

        Raises:
            UpstreamError: when the model cannot be deployed on that hardware.
        """
        body = {
            "model": model,
            "hardware": hardware,
            "autoscaling": {"min_replicas": 1, "max_replicas": 1},
            "inactive_timeout": idle_minutes,
            "state": "STOPPED",
        }
        try:
            found = self._rest.post("/endpoints", body)
        except Refused as refused:
            if refused.status == 404:
                raise UpstreamError(
                    f"Together cannot deploy '{model}' on '{hardware}': {refused}; choose another 'hardware' or model"
                ) from None
            raise
        return str(found["id"]), str(found["name"])

    def set_endpoint(self, endpoint: str, running: bool) -> None:
        """Order the endpoint to run, or to stop and cost nothing."""
        self._rest.patch(f"/endpoints/{endpoint}", {"state": "STARTED" if running else "STOPPED"})

    def endpoint_state(self, endpoint: str) -> str:
        """``PENDING``, ``STARTING``, ``STARTED``, ``STOPPING``, ``STOPPED``, ``FAILED`` or ``ERROR``."""
        return str(self._rest.get(f"/endpoints/{endpoint}").get("state"))


def _body(spec: JobSpec) -> dict[str, object]:
    body: dict[str, object] = {
        "training_file": spec.training_file,
        "model": spec.model,
        "n_epochs": spec.epochs,
        "learning_rate": spec.learning_rate,
        "batch_size": spec.batch_size if spec.batch_size is not None else "max",
        "warmup_ratio": 0.03,
        "suffix": spec.suffix,
        "random_seed": spec.seed,
        "training_type": {
            "type": "Lora",
            "lora_r": spec.rank,
            "lora_alpha": spec.alpha,
            "lora_dropout": spec.dropout,
            "lora_trainable_modules": "all-linear",
        },
        "training_method": {"method": "sft", "train_on_inputs": False},
    }
    if spec.validation_file:
        body |= {"validation_file": spec.validation_file, "n_evals": _EVALUATIONS}
    return body
