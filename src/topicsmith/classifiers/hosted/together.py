"""Fine-tuning at Together: files, price, job and adapters; ``deployments`` serves the result.

Every LoRA setting is stated in the body, since the defaults of the service and of its clients have differed.
"""

from pathlib import Path

from topicsmith.classifiers.hosted.protocol import JobSpec, JobStatus, TuningJob
from topicsmith.classifiers.hosted.rest import Rest, amount, identity, listed
from topicsmith.errors import UpstreamError
from topicsmith.json_file import checked

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
        """Ask through ``rest``, whose address has no version in it."""
        self._rest = rest

    def upload(self, name: str, data: bytes) -> str:
        """Send a file of chat lines; its id."""
        fields = {"purpose": "fine-tune", "file_name": name, "file_type": "jsonl"}
        return identity(self._rest.upload("/v1/files/upload", fields, name, data), "Together")

    def file_ready(self, file_id: str) -> bool:
        """Whether Together has validated the file."""
        found = self._rest.get(f"/v1/files/{file_id}")
        status = found.get("processing_status")
        if status in ("INVALID_FORMAT", "FAILED"):
            reason = found.get("validation_report") or "no reason given"
            raise UpstreamError(f"Together rejected the file {file_id} ({status}): {reason}")
        return status == "COMPLETED" or (status is None and bool(found.get("Processed", True)))

    def estimate(self, spec: JobSpec) -> float | None:
        """What the job would cost.

        Raises:
            UpstreamError: when the account may not start it.
        """
        found = self._rest.post("/v1/fine-tunes/estimate-price", _body(spec))
        price = found.get("estimated_total_price")
        if found.get("allowed_to_proceed") is False:
            raise UpstreamError(f"Together does not allow this job (estimated ${price}); check the account's balance")
        return amount(price)

    def create(self, spec: JobSpec) -> str:
        """Start the job."""
        return identity(self._rest.post("/v1/fine-tunes", _body(spec)), "Together")

    def find(self, spec: JobSpec) -> str | None:
        """The job with this training file."""
        for job in listed(self._rest.get("/v1/fine-tunes"), "Together"):
            if job.get("training_file") == spec.training_file:
                return identity(job, "Together")
        return None

    def job(self, job_id: str) -> TuningJob:
        """How the job stands."""
        found = self._rest.get(f"/v1/fine-tunes/{job_id}")
        events = listed({"data": found.get("events")}, "Together") or [{}]
        price = amount(found.get("total_price"))
        document = {
            "job_id": job_id,
            "status": _STATUS.get(str(found.get("status")), "running"),
            "model": found.get("x_model_output_name") or found.get("model_output_name") or found.get("output_name"),
            "message": str(events[-1].get("message") or found.get("status") or ""),
            "tokens": found.get("token_count"),
            "usd": price / 1e9 if price is not None and price > 1e6 else price,
            "registered": found.get("model_object_id") or found.get("adapter_object_id"),
        }
        return checked(TuningJob, document, f"Together's answer about {job_id}", UpstreamError, "run again")

    def download(self, job_id: str, target: Path) -> bool:
        """Fetch the adapters as the archive that Together packs."""
        self._rest.download(f"/v1/finetune/download?ft_id={job_id}&checkpoint=adapter", target)
        return True


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
