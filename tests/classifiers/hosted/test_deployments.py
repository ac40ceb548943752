"""Together's second API for endpoints: what is made, found again, and chosen."""

from dataclasses import replace
from typing import Any

import pytest

from topicsmith.classifiers.hosted.deployments import Deployed, Deployments, Wanted
from topicsmith.classifiers.hosted.rest import Rest
from topicsmith.errors import ProjectError, UpstreamError

WANTED = Wanted("ml_tuned", "1x_nvidia_h100_80gb_sxm", None, 30)
MADE = Deployed("ep_0", "dep_0", "me/mine/topicsmith")


@pytest.fixture
def service(tuning_service: Any) -> Deployments:
    return Deployments(Rest(tuning_service.url, "k", pause=lambda _: None))


def config(key: str, count: str, accelerator: str) -> dict[str, Any]:
    kinds = {"accelerator_type": accelerator, "accelerator_count": count}
    return {"id": key, "selectors": [{"key": k, "value": v} for k, v in kinds.items()]}


def test_made_once_and_found_again(tuning_service: Any, service: Deployments) -> None:
    assert service.create("mine", WANTED) == MADE
    assert service.create("mine", WANTED) == MADE
    assert len(tuning_service.deployments) == 1
    assert service.state(MADE) == ("STOPPED", "")
    service.scale(MADE, 1)
    assert tuning_service.deployments["dep_0"]["autoscaling"] == {"minReplicas": 1, "maxReplicas": 1}
    assert service.state(MADE) == ("READY", "")
    assert tuning_service.keys == {"Bearer k"}


def test_what_was_made_though_no_answer_came_is_found(tuning_service: Any, service: Deployments) -> None:
    tuning_service.lose_answer_to = {
        "POST /v2/projects/pr_1/endpoints",
        "POST /v2/projects/pr_1/endpoints/ep_0/deployments",
    }
    assert service.create("mine", WANTED) == MADE
    assert (len(tuning_service.endpoints), len(tuning_service.deployments)) == (1, 1)


def test_an_order_that_never_arrived_is_an_error_and_not_repeated(tuning_service: Any, service: Deployments) -> None:
    path = "POST /v2/projects/pr_1/endpoints"
    tuning_service.refuse = {path: [(503, {"error": {"message": "busy"}})]}
    with pytest.raises(UpstreamError, match="busy"):
        service.create("mine", WANTED)
    assert tuning_service.calls.count(path) == 1


def test_the_config_on_the_hardware_is_taken_and_doubt_is_an_error(tuning_service: Any, service: Deployments) -> None:
    several = [config("cr_8", "8", "nvidia-h100-80gb"), config("cr_h2", "1", "nvidia-h200-140gb")]
    tuning_service.configs = [*several, config("cr_h1", "1", "nvidia-h100-80gb")]
    service.create("mine", WANTED)
    assert tuning_service.bodies[-1]["config"] == "projects/pr_1/configs/cr_h1"
    tuning_service.configs = [*several, several[0]]
    with pytest.raises(ProjectError, match=r"0 configs .* 'config:' with one of: cr_8 \(8xnvidia-h100-80gb\), cr_h2"):
        service.create("other", WANTED)
    service.create("other", replace(WANTED, config="cr_8"))
    assert tuning_service.bodies[-1]["config"] == "projects/pr_1/configs/cr_8"


def test_a_model_that_can_be_trained_but_not_deployed_is_explained(tuning_service: Any, service: Deployments) -> None:
    tuning_service.configs = []
    with pytest.raises(UpstreamError, match="no config to run 'me/tuned', so it can be trained there but not served"):
        service.create("mine", WANTED)
    tuning_service.configs = [config("cr", "1", "x")]
    path = "POST /v2/projects/pr_1/endpoints/ep_0/deployments"
    tuning_service.refuse = {path: [(422, {"error": {"message": "no hardware"}})]}
    with pytest.raises(UpstreamError, match=r"cannot deploy 'projects/pr_1/models/ml_tuned': .*no hardware; choose"):
        service.create("mine", WANTED)


def test_which_project(tuning_service: Any, service: Deployments, monkeypatch: pytest.MonkeyPatch) -> None:
    tuning_service.whoami = {"type": "org_api_key"}
    with pytest.raises(ProjectError, match=r"set TOGETHER_PROJECT_ID to one of: pr_1 \(mine\), pr_2 \(ours\)"):
        _ = service.project
    monkeypatch.setenv("TOGETHER_PROJECT_ID", "pr_1")
    assert service.project == "pr_1"
