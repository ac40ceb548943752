"""``kind: hosted``: fine-tuning at a service, and asking the result there."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from topicsmith.classifiers.base import Charge, FitContext, FittedModel, Predictions, Traits
from topicsmith.classifiers.hosted.deployments import Deployments, Wanted
from topicsmith.classifiers.hosted.endpoint import Endpoint, EndpointSettings
from topicsmith.classifiers.hosted.job import JobFile, Patience, run_job
from topicsmith.classifiers.hosted.openai import OpenAIHost
from topicsmith.classifiers.hosted.protocol import Host, JobSpec, TuningJob
from topicsmith.classifiers.hosted.rest import Rest
from topicsmith.classifiers.hosted.settings import PLACES, HostedSettings
from topicsmith.classifiers.hosted.together import TogetherHost
from topicsmith.classifiers.prompted.kind import CONFIG as PROMPTED_CONFIG
from topicsmith.classifiers.prompted.kind import KIND as PROMPTED
from topicsmith.classifiers.prompted.kind import PromptedClassifier, PromptSetup
from topicsmith.classifiers.tensors import read_json
from topicsmith.dataset.chat_lines import Rendering, export_lines
from topicsmith.errors import CredentialsError, ModelFolderError, ProjectError, TrainingError, first_line
from topicsmith.labels.run_ledger import run_of
from topicsmith.llm.prompts import load_prompt
from topicsmith.project import CandidateSettings
from topicsmith.records import Example, TrainSet, ValidationSet

CONFIG = "hosted.json"
ADAPTERS = "adapters.tar.zst"


class HostedClassifier:
    """Asks a model that a service fine-tuned; where it needs a dedicated endpoint, only while it is needed."""

    def __init__(self, asking: PromptedClassifier, endpoint: Endpoint | None, about: Mapping[str, Any]) -> None:
        """``about`` is what is known of the job; ``endpoint`` is ``None`` where the service needs none."""
        self._asking, self._endpoint, self._about = asking, endpoint, dict(about)
        self._adapters: Path | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics it knows, in order."""
        return self._asking.topics

    @property
    def training_notes(self) -> Mapping[str, object]:
        """The job, its tokens and metrics, and under ``usd`` what it cost."""
        return {key: value for key, value in self._about.items() if key in {"job", "model", "tokens", "usd", "metrics"}}

    def keep_adapters(self, path: Path) -> None:
        """Save the file at ``path`` with the classifier."""
        self._adapters = path

    def predict(self, texts: Sequence[str]) -> Predictions:
        """One prediction per text, in order; texts asked before come from the ledger and start no endpoint."""
        if self._endpoint is None:
            return self._asking.predict(texts)
        known = self._endpoint.name
        if known is not None and self._asking_as(known).all_answered(texts):
            return self._asking_as(known).predict(texts)
        return self._asking_as(self._endpoint.start()).predict(texts)

    def spend_as(self, purpose: str) -> None:
        """Count what is paid from now on towards ``purpose``."""
        self._asking.spend_as(purpose)

    def close(self) -> None:
        """Stop the endpoint, if it runs; the end of the process and of the object do the same."""
        if self._endpoint is not None:
            self._endpoint.stop()

    def _asking_as(self, name: str) -> PromptedClassifier:
        return self._asking.of_model(f"together:{name}")

    def save(self, folder: Path) -> None:
        """Write what is needed to ask again, and the adapters where the service gave them."""
        self._asking.save(folder)
        about = {**self._about, "endpoint": self._endpoint.saved() if self._endpoint else None}
        (folder / CONFIG).write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        if self._adapters is not None and self._adapters.is_file():
            shutil.copyfile(self._adapters, folder / ADAPTERS)


class HostedKind:
    """The door to ``kind: hosted``."""

    Settings = HostedSettings
    traits = Traits(remote=True, title="a language model fine-tuned by a service")

    def cost(self, settings: CandidateSettings) -> Charge:
        """Training by the token; answers by the minute of Together's endpoints, at prices nobody lists at OpenAI."""
        assert isinstance(settings, HostedSettings)
        by_minutes = settings.model.startswith("together:")
        answers: Literal["minutes", "unknown"] = "minutes" if by_minutes else "unknown"
        return Charge(answers, f"together:{settings.hardware}" if by_minutes else "", "tokens", settings.model)

    def check(self, settings: CandidateSettings, project_folder: Path) -> None:
        """Look for the key and the prompt."""
        assert isinstance(settings, HostedSettings)
        load_prompt(settings.prompt, project_folder)
        make_host(settings.model.partition(":")[0])

    def fit(
        self, settings: CandidateSettings, train: TrainSet, validation: ValidationSet, context: FitContext
    ) -> FittedModel:
        """Upload, check, price, train and wait; an earlier run's job is taken up wherever it stood.

        Raises:
            ProjectError: when settings and rows do not fit, or the service no longer trains for this account.
            CredentialsError: when the key is missing or refused.
            StoppedError: when the price is above 'budget_usd'.
            TrainingError: when the job failed.
        """
        assert isinstance(settings, HostedSettings)
        _check_rows(settings.name, train, context)
        service, _, base = settings.model.partition(":")
        host = make_host(service)
        prompt = load_prompt(settings.prompt, context.project_folder)
        subtopics = any(topic.subtopics for topic in context.taxonomy.topics)
        rendering = Rendering(prompt, context.taxonomy, "json", subtopics, prompt.reasoning)
        lines = b"".join(export_lines(train.examples, rendering, "openai" if service == "openai" else "together"))
        checked = _validation_lines(validation.examples, rendering)
        spec = _spec(settings, base, lines)
        state = JobFile(context.work / f"job-{spec.suffix}.json")
        patience = Patience(settings.poll_s)
        job = run_job(host, spec, (lines, checked), state, settings.budget_usd, patience, context.progress)
        if not job.model:
            raise ModelFolderError(f"{service}: the job {job.job_id} succeeded but names no model; look it up there")
        asking = PromptSetup(
            settings.name,
            f"{service}:{job.model}",
            prompt,
            context.taxonomy,
            "json",
            (),
            _left(settings.budget_usd, job),
            settings.concurrency,
        )
        about = _about(settings, service, job)
        classifier = HostedClassifier(
            PromptedClassifier(asking, context.ledger, context.progress, context.run, "evaluate"),
            _endpoint(service, about, state.path),
            about,
        )
        if settings.download and host.download(job.job_id, context.work / ADAPTERS):
            classifier.keep_adapters(context.work / ADAPTERS)
        return classifier

    def load(self, folder: Path) -> FittedModel:
        """Load what was saved; the key comes from the environment when something is asked."""
        path = folder / CONFIG
        try:
            about: dict[str, Any] = read_json(path)
            service = str(about["service"])
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise ModelFolderError(f"{path}: cannot be read ({first_line(exc)}); copy the folder again") from None
        asking = PROMPTED.load(folder)
        assert isinstance(asking, PromptedClassifier), PROMPTED_CONFIG
        run = run_of(folder)
        place = asking.ledger.parent if run is None else run.path
        state = place / f"endpoint-{about['job']}.json"
        return HostedClassifier(asking, _endpoint(service, about, state), about)


KIND = HostedKind()


def make_host(service: Literal["openai", "together"] | str) -> Host:
    """The service, with the key and the address that the environment gives.

    Raises:
        CredentialsError: without a key.
    """
    rest = _rest(service)
    return OpenAIHost(rest) if service == "openai" else TogetherHost(rest)


def _rest(service: str) -> Rest:
    variable, address, usual = PLACES[service]
    key = os.environ.get(variable, "").strip()
    if not key:
        raise CredentialsError(f"fine-tuning at {service} needs a key: set {variable}")
    place = os.environ.get(address, "").strip() or usual
    if service == "together":
        place = place.rstrip("/").removesuffix("/v1")  # its services differ in the version they are at
    return Rest(place, key)


def _endpoint(service: str, about: Mapping[str, Any], state: Path) -> Endpoint | None:
    if service != "together":
        return None
    if not about.get("registered"):
        raise ModelFolderError(
            f"the job {about['job']} at Together has no model in its registry, so it cannot be deployed; look it up "
            "there"
        )
    wanted = Wanted(str(about["registered"]), str(about["hardware"]), about.get("config"), int(about["idle_minutes"]))
    settings = EndpointSettings(_endpoint_name(str(about["job"])), wanted, float(about["poll_s"]))
    return Endpoint(make_deployments, settings, JobFile(state), about.get("endpoint"))


def _left(budget_usd: float | None, job: TuningJob) -> float | None:
    """What the budget leaves for asking once the job is paid; a cent where it leaves nothing."""
    return None if budget_usd is None else max(budget_usd - (job.usd or 0.0), 0.01)


def _endpoint_name(job: str) -> str:
    """A name of its own for the endpoint of a job, in the letters that names of endpoints have."""
    return "topicsmith-" + "".join(c if c.isalnum() else "-" for c in job.lower())


def make_deployments() -> Deployments:
    """Together's dedicated deployments, with the key and the address that the environment gives.

    Raises:
        CredentialsError: without a key.
    """
    return Deployments(_rest("together"))


def _check_rows(name: str, train: TrainSet, context: FitContext) -> None:
    """Services learn from whole rows; topics without any are named."""
    used = [row for row in train if row.copies > 0]
    if any(row.weight != 1 for row in used):
        raise ProjectError(f"candidate '{name}' learns from whole rows; write 'method: copies' under 'balance'")
    counted = {row.topic for row in used}
    if len(counted) < 2:
        raise TrainingError(
            f"{len(counted)} of {len(context.taxonomy.names)} topics have training rows, at least 2 are needed; label "
            "more rows"
        )
    missing = [topic for topic in context.taxonomy.names if topic not in counted]
    if missing:
        context.progress.say(
            f"{name}: no training row has {', '.join(missing)}; label some, since it was never seen with an answer"
        )


def _validation_lines(examples: Sequence[Example], rendering: Rendering) -> bytes | None:
    rows = [row for row in examples if rendering.reasoning is None or row.reasoning]
    return b"".join(export_lines(rows, rendering, "messages", copies=False)) if rows else None


def _spec(settings: HostedSettings, base: str, lines: bytes) -> JobSpec:
    paid_for = settings.model_dump_json(
        include={"model", "epochs", "rank", "alpha", "dropout", "learning_rate", "batch_size", "seed"}
        | {"learning_rate_multiplier"}
    )
    digest = hashlib.sha256(paid_for.encode() + lines).hexdigest()[:12]
    return JobSpec(
        base,
        "",
        None,
        f"{settings.name[:24].replace('.', '-')}-{digest}",
        settings.epochs,
        settings.seed,
        settings.rank,
        settings.alpha,
        settings.dropout,
        settings.learning_rate,
        settings.batch_size,
        settings.learning_rate_multiplier,
    )


def _about(settings: HostedSettings, service: str, job: TuningJob) -> dict[str, Any]:
    return {
        "service": service,
        "base": settings.model,
        "job": job.job_id,
        "model": job.model,
        "tokens": job.tokens,
        "usd": job.usd,
        "metrics": dict(job.metrics),
        "registered": job.registered,
        "hardware": settings.hardware,
        "config": settings.config,
        "idle_minutes": settings.idle_minutes,
        "poll_s": settings.poll_s,
    }
