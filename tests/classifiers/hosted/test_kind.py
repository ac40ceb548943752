"""The whole life of a hosted job, on loopback, with failures and refusals."""

import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.classifiers.conftest import Listener
from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.hosted.kind import ADAPTERS, KIND, HostedClassifier
from topicsmith.classifiers.hosted.settings import HostedSettings
from topicsmith.classifiers.model_folder import load_classifier, save_classifier
from topicsmith.errors import (
    CredentialsError,
    ModelFolderError,
    ProjectError,
    StoppedError,
    TrainingError,
    UpstreamError,
)
from topicsmith.records import TrainSet, ValidationSet


def settings(service: str = "together", **own: object) -> HostedSettings:
    model = {"together": "together:Qwen/Qwen3-8B", "openai": "openai:gpt-4.1-nano-2025-04-14"}[service]
    return HostedSettings.model_validate({"name": "tuned", "kind": "hosted", "model": model, "poll_s": 0.01, **own})


def fit(own: HostedSettings, train: TrainSet, validation: ValidationSet, context: FitContext) -> HostedClassifier:
    fitted = KIND.fit(own, train, validation, context)
    assert isinstance(fitted, HostedClassifier)
    return fitted


@pytest.mark.slow
def test_together_from_upload_to_stopped_endpoint(
    tuning_service: Any,
    train_set: TrainSet,
    validation_set: ValidationSet,
    context: FitContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fitted = fit(settings(rank=8, alpha=4, learning_rate=1e-4), train_set, validation_set, context)
    body = tuning_service.bodies[0]
    assert body["training_type"] == {
        "type": "Lora",
        "lora_r": 8,
        "lora_alpha": 4,
        "lora_dropout": 0.0,
        "lora_trainable_modules": "all-linear",
    }
    assert body["learning_rate"] == 1e-4
    assert body["training_method"] == {"method": "sft", "train_on_inputs": False}
    assert (body["training_file"], body["validation_file"]) == ("file-0", "file-1")
    lines = tuning_service.files["file-0"].splitlines()
    assert len(lines) == len(train_set)
    assert [m["role"] for m in json.loads(lines[0])["messages"]] == ["system", "user", "assistant"]
    assert fitted.training_notes["usd"] == 1.5
    assert tuning_service.deployments == {}

    assert fitted.predict(["a", "b"]).topics == ["Music", "Music"]
    assert tuning_service.running == {"dep_0": True}
    assert tuning_service.bodies[1] == {
        "name": "topicsmith",
        "model": "projects/pr_1/models/ml_tuned",
        "config": "projects/pr_public/configs/cr_h100",
        "autoscaling": {"minReplicas": 0, "maxReplicas": 0},
        "inactiveTimeout": 30,
    }
    assert tuning_service.asked_models == {"me/topicsmith-ft-0/topicsmith"}
    fitted.close()
    assert tuning_service.running == {"dep_0": False}

    save_classifier(fitted, "hosted", tmp_path / "model", "# card\n", {})
    assert (tmp_path / "model" / ADAPTERS).read_bytes() == b"archive"
    asked = tuning_service.calls.count("POST /v1/chat/completions")
    assert fitted.predict(["b", "a"]).topics == ["Music", "Music"]  # from the ledger: nothing starts, nothing is paid
    assert tuning_service.running == {"dep_0": False}
    assert tuning_service.calls.count("POST /v1/chat/completions") == asked

    loaded = load_classifier(tmp_path / "model")
    assert loaded.predict(["c"]).topics == ["Music"]
    assert tuning_service.running == {"dep_0": True}
    del loaded
    gc.collect()
    assert tuning_service.running == {"dep_0": False}
    canary = [p for p in tmp_path.rglob("*") if p.is_file() and b"sk-canary" in p.read_bytes()]
    assert canary == []


def test_openai_from_upload_to_answer(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    tuning_service.job_ends = "succeeded"
    own = settings("openai", epochs=2, batch_size=8, learning_rate_multiplier=1.8)
    fitted = fit(own, train_set, validation_set, context)
    assert tuning_service.bodies[0]["method"] == {
        "type": "supervised",
        "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 8, "learning_rate_multiplier": 1.8}},
    }
    assert fitted.training_notes["metrics"] == {"full_valid_loss": 0.25}
    assert fitted.training_notes["tokens"] == 4321
    assert fitted.predict(["a"]).topics == ["Music"]
    assert tuning_service.deployments == {}


def test_a_second_run_takes_up_the_job_and_pays_nothing(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    fit(settings(), train_set, validation_set, context)
    fit(settings(), train_set, validation_set, context)
    assert len(tuning_service.jobs) == 1
    assert len(tuning_service.files) == 2
    fit(settings(rank=64), train_set, validation_set, context)
    assert len(tuning_service.jobs) == 2


def test_an_order_whose_answer_is_lost_is_found_again(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    tuning_service.lose_answer_to = {"POST /v1/fine-tunes"}
    fit(settings(), train_set, validation_set, context)
    assert len(tuning_service.jobs) == 1


@pytest.mark.slow
def test_killed_before_the_answer_to_the_order_the_next_run_takes_up_the_job(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    """The process is killed by SIGKILL while it waits: the job is made, its id never arrived."""
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from topicsmith.classifiers.base import FitContext
        from topicsmith.classifiers.hosted.kind import KIND
        from topicsmith.classifiers.hosted.settings import HostedSettings
        from topicsmith.progress import SilentProgress
        from topicsmith.records import Example, TrainSet, ValidationSet
        from topicsmith.taxonomy import Taxonomy, Topic
        folder = Path(sys.argv[1])
        taxonomy = Taxonomy((Topic("Cooking"), Topic("Music")))
        rows = TrainSet(tuple(Example(str(i), f"text {i}", ["Cooking", "Music"][i % 2]) for i in range(12)))
        own = HostedSettings.model_validate(
            {"name": "tuned", "kind": "hosted", "model": "together:Qwen/Qwen3-8B", "poll_s": 0.01})
        context = FitContext(taxonomy, folder / "work", folder / "ledger.sqlite", folder, SilentProgress())
        print(KIND.fit(own, rows, ValidationSet(()), context).training_notes["job"])
        """
    )
    command = [sys.executable, "-c", program, str(context.project_folder)]
    tuning_service.hold = True
    process = subprocess.Popen(command, env=os.environ.copy(), stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not tuning_service.jobs and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    tuning_service.hold = False
    assert len(tuning_service.jobs) == 1
    second = subprocess.run(command, env=os.environ.copy(), capture_output=True, text=True, timeout=60, check=True)
    assert second.stdout.strip() == "ft-0"
    assert len(tuning_service.jobs) == 1
    assert len(tuning_service.files) == 1


@pytest.mark.slow
def test_a_busy_service_is_asked_again_but_an_order_never_blindly(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    busy = (503, {"error": {"message": "busy"}})
    tuning_service.refuse = {"GET /v1/fine-tunes/ft-0": [busy], "POST /v1/fine-tunes": [busy]}
    with pytest.raises(UpstreamError, match="did not confirm the job and lists no such job; run again"):
        fit(settings(), train_set, validation_set, context)
    assert tuning_service.calls.count("POST /v1/fine-tunes") == 1
    fit(settings(), train_set, validation_set, context)
    assert len(tuning_service.jobs) == 1


def test_a_job_that_fails_says_so_and_is_not_silently_started_again(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    tuning_service.job_ends = "error"
    for _ in range(2):
        with pytest.raises(TrainingError, match=r"ended the job ft-0 without a model: the last event; .* remove"):
            fit(settings(), train_set, validation_set, context)
    assert len(tuning_service.jobs) == 1


def test_a_price_above_the_budget_starts_nothing(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    with pytest.raises(StoppedError, match=r"estimates \$1.25, more than 'budget_usd: 1'"):
        fit(settings(budget_usd=1.0), train_set, validation_set, context)
    assert tuning_service.jobs == {}


def test_a_budget_that_no_price_can_be_held_against_starts_nothing(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    with pytest.raises(
        StoppedError, match="openai names no price beforehand, so 'budget_usd: 5' cannot be kept; remove"
    ):
        fit(settings("openai", budget_usd=5.0), train_set, validation_set, context)
    assert tuning_service.jobs == {}


def test_what_the_job_cost_is_not_there_for_asking(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext, tmp_path: Path
) -> None:
    fit(settings(budget_usd=4.0), train_set, validation_set, context).save(tmp_path)
    assert json.loads((tmp_path / "prompted.json").read_text())["budget_usd"] == 2.5  # the job took 1.50


def test_a_rejected_file_starts_nothing(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    tuning_service.file_state = "INVALID_FORMAT"
    with pytest.raises(UpstreamError, match=r"rejected the file file-0 \(INVALID_FORMAT\): line 1"):
        fit(settings(), train_set, validation_set, context)
    assert tuning_service.jobs == {}


def test_openai_that_no_longer_trains_is_explained(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    refusal = (403, {"error": {"code": "training_not_available", "message": "not for you"}})
    tuning_service.refuse = {"POST /v1/fine_tuning/jobs": [refusal]}
    with pytest.raises(ProjectError, match="closes it to all on 6 January 2027; use 'model: together"):
        fit(settings("openai"), train_set, validation_set, context)


@pytest.mark.slow
def test_an_endpoint_that_fails_to_start_is_stopped(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    fitted = fit(settings(), train_set, validation_set, context)
    tuning_service.start_state = "FAILED"
    with pytest.raises(UpstreamError, match="me/topicsmith-ft-0/topicsmith did not start: no room"):
        fitted.predict(["a"])
    assert tuning_service.running == {"dep_0": False}
    tuning_service.start_state = "READY"
    tuning_service.refuse = {"POST /v1/chat/completions": [(401, {"error": {"message": "no"}})]}
    with pytest.raises(CredentialsError):
        fitted.predict(["a"])
    del fitted
    gc.collect()
    assert tuning_service.running == {"dep_0": False}


def test_no_key_and_no_such_service(
    tuning_service: Any,
    monkeypatch: pytest.MonkeyPatch,
    train_set: TrainSet,
    validation_set: ValidationSet,
    context: FitContext,
) -> None:
    monkeypatch.delenv("TOGETHER_API_KEY")
    with pytest.raises(CredentialsError, match="needs a key: set TOGETHER_API_KEY"):
        fit(settings(), train_set, validation_set, context)
    with pytest.raises(ValueError, match="write openai:MODEL or together:MODEL"):
        settings(model="elsewhere:x")


def test_openai_takes_at_least_ten_rows(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    few = replace(train_set, examples=train_set.examples[:9])
    with pytest.raises(ProjectError, match="at least 10 training rows, there are 9"):
        fit(settings("openai"), few, validation_set, context)
    assert tuning_service.calls == []


def test_weighted_rows_and_a_single_topic_are_refused_before_anything_is_sent(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext, listener: Listener
) -> None:
    weighted = replace(train_set, examples=(replace(train_set.examples[0], weight=0.5), *train_set.examples[1:]))
    with pytest.raises(ProjectError, match="'tuned' learns from whole rows; write 'method: copies' under 'balance'"):
        fit(settings(), weighted, validation_set, context)
    music = TrainSet(tuple(row for row in train_set if row.topic == "Music"))
    with pytest.raises(TrainingError, match="1 of 3 topics have training rows, at least 2 are needed; label more"):
        fit(settings(), music, validation_set, context)
    assert tuning_service.calls == []
    two = TrainSet(tuple(row for row in train_set if row.topic != "Other"))
    fit(settings(), two, validation_set, context)
    assert "tuned: no training row has Other; label some, since it was never seen with an answer" in listener.lines


def test_a_job_without_a_model_in_the_registry_is_explained(
    tuning_service: Any, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    tuning_service.registered = {}
    with pytest.raises(ModelFolderError, match="the job ft-0 at Together has no model in its registry"):
        fit(settings(), train_set, validation_set, context)
