"""A fine-tuning service on loopback that speaks the wire of OpenAI or Together, and misbehaves when told."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def config(key: str, count: str, accelerator: str) -> dict[str, Any]:
    """A way to run a model, as Together lists it."""
    selectors = [
        {"key": "accelerator_type", "value": accelerator},
        {"key": "accelerator_count", "value": count},
    ]
    return {"id": key, "projectId": "pr_public", "selectors": selectors, "certifications": []}


class Service:
    """Holds files, jobs and endpoints; ``calls`` lists every request as method and path."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[str, str] = {}
        self.deployments: dict[str, dict[str, Any]] = {}
        self.configs = [config("cr_h100", "1", "nvidia-h100-80gb")]
        self.start_state = "READY"
        self.registered = {"model_object_id": "ml_tuned"}
        self.asked_models: set[str] = set()
        self.whoami: dict[str, Any] = {"type": "project_api_key", "project": {"id": "pr_1", "slug": "me"}}
        self.polls_until_done = 2
        self.refuse: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self.lose_answer_to: set[str] = set()
        self.hold = False
        self.job_ends = "completed"
        self.file_state = "COMPLETED"
        self.price = 1.25
        self.answer = "Music"
        self.keys: set[str] = set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                service.keys.add(self.headers.get("Authorization", ""))
                status, value = service.handle(self.command, self.path, body)
                while service.hold and (self.command, self.path) == ("POST", "/v1/fine-tunes"):
                    time.sleep(0.02)
                if f"{self.command} {self.path.partition('?')[0]}" in service.lose_answer_to:
                    self.close_connection = True
                    return
                data = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815  # http.server's names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def handle(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        place, _, query = path.partition("?")
        self.calls.append(f"{method} {place}")
        waiting = self.refuse.get(f"{method} {place}")
        if waiting:
            return waiting.pop(0)
        for pattern, answer in (
            (r"POST /v1/files(?:/upload)?", self._upload),
            (r"GET /v1/files/([\w-]+)", self._file),
            (r"POST /v1/fine-tunes/estimate-price", self._price),
            (r"POST /v1/(?:fine-tunes|fine_tuning/jobs)", self._create),
            (r"GET /v1/(?:fine-tunes|fine_tuning/jobs)", self._list),
            (r"GET /v1/fine_tuning/jobs/[\w-]+/checkpoints", self._checkpoints),
            (r"GET /v1/(?:fine-tunes|fine_tuning/jobs)/([\w-]+)", self._job),
            (r"GET /v1/finetune/download", self._download),
            (r"GET /v3/whoami", self._whoami),
            (r"GET /v1/projects", self._projects),
            (r"GET /v2/projects/pr_1/models/([\w-]+)", self._model),
            (r"GET /v2/projects/pr_1/configs", self._configs),
            (r"(GET|POST) /v2/projects/pr_1/endpoints", self._endpoints),
            (r"(GET|POST) /v2/projects/pr_1/endpoints/([\w-]+)/deployments", self._deployments),
            (r"(GET|PATCH) /v2/projects/pr_1/endpoints/([\w-]+)/deployments/([\w-]+)", self._deployment),
            (r"POST /v1/chat/completions", self._chat),
        ):
            match = re.fullmatch(pattern, f"{method} {place}")
            if match:
                return answer(match, body, query)
        return 404, {"error": {"message": f"no such place {place}"}}

    def _upload(self, _: Any, body: bytes, __: str) -> tuple[int, Any]:
        file_id = f"file-{len(self.files)}"
        self.files[file_id] = body.split(b"\r\n\r\n")[-1].rpartition(b"\r\n--")[0]
        return 200, {"id": file_id}

    def _file(self, match: Any, _: bytes, __: str) -> tuple[int, Any]:
        state = self.file_state
        return 200, {"id": match[1], "processing_status": state, "status": "processed", "validation_report": "line 1"}

    def _price(self, *_: Any) -> tuple[int, Any]:
        return 200, {"estimated_total_price": self.price, "allowed_to_proceed": True}

    def _create(self, _: Any, body: bytes, __: str) -> tuple[int, Any]:
        job_id = f"ft-{len(self.jobs)}"
        self.bodies.append(json.loads(body))
        self.jobs[job_id] = {"id": job_id, "training_file": self.bodies[-1]["training_file"], "polls": 0}
        return 200, {"id": job_id}

    def _list(self, *_: Any) -> tuple[int, Any]:
        return 200, {"data": list(self.jobs.values())}

    def _job(self, match: Any, _: bytes, __: str) -> tuple[int, Any]:
        job = self.jobs[match[1]]
        job["polls"] += 1
        done = job["polls"] >= self.polls_until_done
        found = {**job, "status": self.job_ends if done else "running", "events": [{"message": "the last event"}]}
        if done and self.job_ends in {"completed", "succeeded"}:
            found |= {"x_model_output_name": "me/tuned", "fine_tuned_model": "ft:tuned:1", "trained_tokens": 4321}
            found |= {"token_count": 4321, "total_price": 1.5} | self.registered
        return 200, found

    def _checkpoints(self, *_: Any) -> tuple[int, Any]:
        steps = [{"step_number": n, "metrics": {"full_valid_loss": 1.0 / n}} for n in (1, 4)]
        return 200, {"data": steps}

    def _download(self, *_: Any) -> tuple[int, Any]:
        return 200, b"archive"

    def _whoami(self, *_: Any) -> tuple[int, Any]:
        return 200, self.whoami

    def _projects(self, *_: Any) -> tuple[int, Any]:
        return 200, {"data": [{"id": "pr_1", "name": "mine"}, {"id": "pr_2", "name": "ours"}]}

    def _model(self, match: Any, *_: Any) -> tuple[int, Any]:
        return 200, {"id": match[1], "name": "me/tuned", "projectId": "pr_1", "baseModelId": "ml_base"}

    def _configs(self, _: Any, __: bytes, query: str) -> tuple[int, Any]:
        return 200, {"data": self.configs if query == "referenceModelId=ml_base" else []}

    def _endpoints(self, match: Any, body: bytes, _: str) -> tuple[int, Any]:
        if match[1] == "GET":
            return 200, {"data": [{"id": key, "name": f"me/{name}"} for key, name in self.endpoints.items()]}
        name = json.loads(body)["name"]
        if name in self.endpoints.values():
            return 409, {"error": {"message": "there already"}}
        key = f"ep_{len(self.endpoints)}"
        self.endpoints[key] = name
        return 200, {"id": key, "name": f"me/{name}", "projectId": "pr_1", "deployments": [], "trafficSplit": []}

    def _deployments(self, match: Any, body: bytes, _: str) -> tuple[int, Any]:
        if match[1] == "GET":
            return 200, {"data": [d for d in self.deployments.values() if d["endpointId"] == match[2]]}
        asked = json.loads(body)
        self.bodies.append(asked)
        key = f"dep_{len(self.deployments)}"
        name = f"me/{self.endpoints[match[2]]}/{asked['name']}"
        made = {**asked, "id": key, "endpointId": match[2], "name": name, "projectId": "pr_1", "status": {}}
        self.deployments[key] = made
        self._settle(made)
        return 200, made

    def _deployment(self, match: Any, body: bytes, _: str) -> tuple[int, Any]:
        found = self.deployments[match[3]]
        if match[1] == "PATCH":
            found.update(json.loads(body))
            self._settle(found)
        return 200, found

    def _settle(self, deployment: dict[str, Any]) -> None:
        running = deployment["autoscaling"]["maxReplicas"] > 0
        state = f"DEPLOYMENT_STATE_{self.start_state if running else 'STOPPED'}"
        deployment["status"] = {"state": state, "message": "no room" if self.start_state == "FAILED" else ""}

    @property
    def running(self) -> dict[str, bool]:
        """By deployment, whether it costs."""
        return {key: d["autoscaling"]["maxReplicas"] > 0 for key, d in self.deployments.items()}

    def _chat(self, _: Any, body: bytes, __: str) -> tuple[int, Any]:
        asked = json.loads(body)
        self.asked_models.add(asked["model"])
        message = {"role": "assistant", "content": json.dumps({"topic": self.answer})}
        usage = {"prompt_tokens": 50, "completion_tokens": 7, "total_tokens": 57}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return 200, {"id": "c", "model": asked["model"], "choices": [choice], "usage": usage}
