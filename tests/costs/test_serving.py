"""What answers cost: a real server on loopback is asked through the pipeline, endpoints and machines by hand."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.test_pipeline import run
from topicsmith.classifiers.hosted.settings import HostedSettings
from topicsmith.costs.serving import ServingCosts
from topicsmith.project_file import read_project
from topicsmith.runs import RunFolder
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

DAY = date(2026, 11, 23)
ASKED = "  - {name: asked, kind: prompted, model: 'together:openai/gpt-oss-20b', concurrency: 4}\n"


@pytest.mark.slow
def test_a_paid_service_is_charged_by_the_ledgers_tokens_questions_asked_again_included(
    small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[str] = set()

    def answer(question: AskedQuestion) -> Reply:
        """Every third question is answered with nothing of use at first."""
        again = question.user in seen
        seen.add(question.user)
        useless = int(question.user.partition("on day ")[2].split()[0].rstrip("<")) % 3 == 0 and not again
        return Reply("" if useless else json.dumps({"topic": "Music"}), input_tokens=200, output_tokens=10)

    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text + ASKED + "targets: {per_day: 1000}\n")
    monkeypatch.setenv("TOGETHER_API_KEY", "of-no-account")
    with ScriptedServer(answer) as server:
        monkeypatch.setenv("TOGETHER_BASE_URL", f"{server.url}/v1")
        run(small_project)
        calls = server.calls
    run_folder = RunFolder(small_project / "runs" / "small")
    costs = {row["candidate"]: row for row in json.loads(run_folder.file("costs.json").read_text())}
    asked = costs["asked"]
    texts = len(seen)
    assert calls > texts
    # 200 tokens in at $0.05 and 10 out at $0.20 a million, for every call there was
    assert asked["serving"]["usd_per_1k"] == pytest.approx(1000 * (calls / texts) * (200 * 0.05 + 10 * 0.2) / 1e6)
    assert asked["serving"]["basis"] == "tokens"
    assert asked["serving"]["detail"] == (
        f"200 tokens in at $0.05, 10 out at $0.2 per million; {calls / texts:.2f} questions a text"
    )
    assert (asked["labelling_usd"], asked["training_usd"]) == (0.0, 0.0)
    assert costs["tfidf"]["serving"] is None


def serving_costs(folder: Path, hourly: float | None) -> ServingCosts:
    return ServingCosts(read_project(folder), RunFolder(folder / "runs" / "small"), [], hourly, DAY)


def test_a_dedicated_endpoint_is_charged_by_the_minute_at_its_own_price(small_project: Path) -> None:
    hosted = HostedSettings(name="tuned", kind="hosted", model="together:Qwen/Qwen3-14B")
    found = serving_costs(small_project, 1.0).of(hosted, {}, 3.1)
    assert found is not None
    # $6.49 an hour at 3.1 texts a second, busy half of the time
    assert found.usd_per_1k == pytest.approx(6.49 / 3600 / 3.1 * 1000 / 0.5)
    assert (found.basis, found.utilisation) == ("minutes", 0.5)
    assert found.detail == "$6.49 an hour, 3.10 texts/s, busy 50% of the time"
    assert serving_costs(small_project, 1.0).of(hosted, {}, None) is None


def test_what_is_not_known_stays_unknown(small_project: Path) -> None:
    tuned = HostedSettings(name="nano", kind="hosted", model="openai:gpt-4.1-nano")
    assert serving_costs(small_project, 1.0).of(tuned, {}, 10.0) is None
    linear = read_project(small_project).candidates[1]
    assert serving_costs(small_project, None).of(linear, {}, 10.0) is None
    stated = serving_costs(small_project, None).of(linear, {"usd_per_1k": 0.25}, None)
    assert stated is not None
    assert stated.usd_per_1k == 0.25
