"""Dedicated deployments at Together, by its second API: an endpoint is a name, a deployment costs by the minute.

Paths, fields and states are those of the client ``together`` 3.1.1, which is generated from Together's own description.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from topicsmith.classifiers.hosted.rest import Refused, Rest, identity, listed
from topicsmith.errors import ProjectError, UpstreamError
from topicsmith.json_file import interpreting

PROJECT = "TOGETHER_PROJECT_ID"
_DEPLOYMENT = "topicsmith"
_ANSWER = "Together's answer"


@dataclass(frozen=True)
class Wanted:
    """What to deploy: a model by its id in the registry, on which hardware or config, and how long it may idle."""

    model_id: str
    hardware: str
    config: str | None
    idle_minutes: int


@dataclass(frozen=True)
class Deployed:
    """A deployment; ``name`` is what to ask."""

    endpoint_id: str
    deployment_id: str
    name: str


class Deployments:
    """The deployments of one project."""

    def __init__(self, rest: Rest) -> None:
        """Ask through ``rest``, whose address has no version in it."""
        self._rest = rest
        self._known: str | None = None

    @property
    def project(self) -> str:
        """The id of the project that the key belongs to, or that ``TOGETHER_PROJECT_ID`` names.

        Raises:
            ProjectError: when the key belongs to several.
        """
        self._known = self._known or os.environ.get(PROJECT, "").strip() or self._own_project()
        return self._known

    @interpreting(_ANSWER, UpstreamError, "run again")
    def _own_project(self) -> str:
        found = self._rest.get("/v3/whoami").get("project")
        if isinstance(found, Mapping) and found.get("id"):
            return str(found["id"])
        projects = listed(self._rest.get("/v1/projects"), "Together")
        if len(projects) != 1:
            names = ", ".join(f"{p['id']} ({p.get('name')})" for p in projects) or "none"
            raise ProjectError(f"the key for Together belongs to no single project; set {PROJECT} to one of: {names}")
        return str(projects[0]["id"])

    @interpreting(_ANSWER, UpstreamError, "run again")
    def create(self, name: str, wanted: Wanted) -> Deployed:
        """A stopped deployment under the endpoint ``name``; what an earlier call made is found, not made again.

        Raises:
            UpstreamError: when the model cannot be deployed.
            ProjectError: when several ways to run it are left.
        """
        endpoint = self._found(f"{self._endpoints()}?filter=name%3D%22{name}%22", name) or self._made(
            self._endpoints(), {"name": name}
        )
        place = f"{self._endpoints()}/{endpoint['id']}/deployments"
        deployment = self._found(place, _DEPLOYMENT)
        if deployment is None:
            model = self._rest.get(f"/v2/projects/{self.project}/models/{wanted.model_id}")
            body = {
                "name": _DEPLOYMENT,
                "model": f"projects/{model.get('projectId') or self.project}/models/{wanted.model_id}",
                "config": self._config(model, wanted),
                "autoscaling": _replicas(0),
                "inactiveTimeout": wanted.idle_minutes,
            }
            deployment = self._made(place, body)
        return Deployed(identity(endpoint, _ANSWER), identity(deployment, _ANSWER), str(deployment["name"]))

    def scale(self, deployed: Deployed, replicas: int) -> None:
        """Order the deployment to run with so many replicas, or with 0 to stop and cost nothing."""
        self._rest.patch(self._path(deployed), {"autoscaling": _replicas(replicas)})

    def state(self, deployed: Deployed) -> tuple[str, str]:
        """``READY``, ``PROVISIONING``, ``SCALING``, ``DEGRADED``, ``FAILED``, ``STOPPING`` or ``STOPPED``, and why."""
        status = self._rest.get(self._path(deployed)).get("status")
        status = status if isinstance(status, dict) else {"state": status or ""}
        return str(status.get("state", "")).removeprefix("DEPLOYMENT_STATE_"), str(status.get("message") or "")

    def _endpoints(self) -> str:
        return f"/v2/projects/{self.project}/endpoints"

    def _path(self, deployed: Deployed) -> str:
        return f"{self._endpoints()}/{deployed.endpoint_id}/deployments/{deployed.deployment_id}"

    def _found(self, path: str, name: str) -> dict[str, Any] | None:
        """What is listed at ``path`` under the last part of its name ``name``."""
        found = listed(self._rest.get(path), "Together")
        return next((item for item in found if str(item.get("name")).rpartition("/")[2] == name), None)

    def _made(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Make something once; where no answer comes, or it is there already, it is looked for."""
        try:
            return self._rest.post(path, body)
        except Refused as refused:
            if refused.status in {400, 403, 404, 422}:
                raise UpstreamError(
                    f"Together cannot deploy '{body.get('model', body['name'])}': {refused}; choose another 'config', "
                    "'hardware' or model"
                ) from None
            lost: UpstreamError = refused
        except UpstreamError as error:
            lost = error
        found = self._found(path, str(body["name"]))
        if found is None:
            raise lost
        return found

    def _config(self, model: Mapping[str, Any], wanted: Wanted) -> str:
        """The config to run ``model`` with: the one that is named, else the only one on the hardware."""
        if wanted.config is not None:
            return wanted.config if "/" in wanted.config else f"projects/{self.project}/configs/{wanted.config}"
        reference = model.get("baseModelId") or wanted.model_id
        found = listed(self._rest.get(f"/v2/projects/{self.project}/configs?referenceModelId={reference}"), "Together")
        if not found:
            raise UpstreamError(
                f"Together has no config to run '{model.get('name', wanted.model_id)}', so it can be trained there but "
                "not served; choose another base model, or serve the downloaded adapters yourself"
            )
        fitting = found if len(found) == 1 else [c for c in found if _runs_on(c["selectors"], wanted.hardware)]
        if len(fitting) != 1:
            choices = ", ".join(f"{c['id']} ({_hardware(c['selectors'])})" for c in fitting or found)
            raise ProjectError(
                f"{len(fitting)} configs at Together run this model on 'hardware: {wanted.hardware}'; write 'config:' "
                f"with one of: {choices}"
            )
        return f"projects/{fitting[0].get('projectId') or self.project}/configs/{fitting[0]['id']}"


def _replicas(count: int) -> dict[str, int]:
    return {"minReplicas": count, "maxReplicas": count}


def _hardware(selectors: Sequence[Mapping[str, str]]) -> str:
    """``1xnvidia-h100-80gb`` from the selectors of a config."""
    values = {each["key"]: each["value"] for each in selectors}
    return f"{values.get('accelerator_count', '?')}x{values.get('accelerator_type', '?')}"


def _runs_on(selectors: Sequence[Mapping[str, str]], hardware: str) -> bool:
    """Whether a config is for ``hardware``, which may say more (``1x_nvidia_h100_80gb_sxm``)."""
    theirs, ours = _words(_hardware(selectors)), _words(hardware)
    return bool(theirs) and theirs <= ours


def _words(hardware: str) -> set[str]:
    count, _, rest = hardware.lower().partition("x")
    return {f"{count}x", *re.findall(r"[a-z0-9]+", rest)} - {"nvidia", "amd"}
