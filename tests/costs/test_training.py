"""What training costs by each of its bases, worked out by hand."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from topicsmith.classifiers.causal.settings import CausalSettings
from topicsmith.classifiers.hosted.settings import HostedSettings
from topicsmith.costs.training import TrainingCosts
from topicsmith.project import CandidateSettings
from topicsmith.project_file import read_project
from topicsmith.runs import RunFolder

DAY = date(2026, 11, 23)
LINEAR = CandidateSettings(name="tfidf", kind="linear")
HOSTED = HostedSettings(name="tuned", kind="hosted", model="together:Qwen/Qwen3-14B")
CAUSAL = CausalSettings(name="qwen", kind="causal", model="Qwen/Qwen3-4B", recipe="experiment", prompt="v2")


@pytest.fixture
def costs(small_project: Path) -> TrainingCosts:
    project = read_project(small_project)
    return TrainingCosts(project, RunFolder(small_project / "runs" / "small"), ["a text"] * 4, 3.6, DAY)


def test_a_bill_goes_before_everything(costs: TrainingCosts) -> None:
    found = costs.of(HOSTED, {"usd": 19.81, "seconds": 1680, "notes": {"tokens": 36_000_000}})
    assert (found.basis, found.usd, found.parameters) == ("billed", 19.81, 14_000_000_000)


def test_a_job_without_a_bill_is_charged_by_its_tokens_and_not_by_the_time_it_took(costs: TrainingCosts) -> None:
    found = costs.of(HOSTED, {"usd": None, "seconds": 1680, "notes": {"tokens": 35_000_000}})
    assert (found.basis, found.billable_tokens) == ("tokens", 35_000_000)
    assert found.usd == pytest.approx(19.25)
    assert found.detail == "35,000,000 billable tokens x $0.55 per million"
    assert costs.of(HOSTED, {"seconds": 1680}).usd is None
    tuned = HostedSettings(name="nano", kind="hosted", model="openai:gpt-4.1-nano")
    assert costs.of(tuned, {"notes": {"tokens": 100}}).usd is None


def test_a_machine_is_charged_by_the_hour(costs: TrainingCosts) -> None:
    found = costs.of(LINEAR, {"seconds": 7200.0})
    assert (found.basis, found.usd, found.detail) == ("machine", 7.2, "2.0 hours at $3.6 an hour")
    nameless = replace(costs, usd_per_hour=None).of(LINEAR, {"seconds": 7200.0})
    assert (nameless.usd, nameless.detail) == (None, "2.0 hours; the project names no machine ('serving')")


def test_what_learns_nothing_costs_nothing(costs: TrainingCosts) -> None:
    prompted = CandidateSettings(name="asked", kind="prompted")
    assert replace(costs, usd_per_hour=None).of(prompted, {"seconds": 0.1}).usd == 0.0


def test_a_local_model_is_also_estimated_at_a_service(costs: TrainingCosts) -> None:
    about = {"seconds": 3600.0, "data": {"training rows with copies": 1000}}
    found = costs.of(CAUSAL, about)
    assert (found.basis, found.parameters) == ("machine", 4_000_000_000)
    assert found.usd == pytest.approx(3.6)
    assert found.hosted_usd is not None
    assert found.billable_tokens is not None
    assert found.hosted_usd == pytest.approx(found.billable_tokens * 0.55 / 1e6, rel=1e-3)  # $0.55 up to 16 billion
    assert " x 1,000 rows x 10 epochs x $0.55 per million (together, 2025-12-05)" in found.hosted_detail
    dearer = costs.of(CAUSAL.model_copy(update={"model": "Qwen/Qwen3-32B"}), about)
    assert dearer.hosted_usd == pytest.approx(3 * found.hosted_usd)
    assert costs.of(CAUSAL.model_copy(update={"model": "of-no-size"}), about).hosted_usd is None
