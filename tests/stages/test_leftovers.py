"""A run begins by stopping what a killed one left running."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.test_pipeline import run
from topicsmith.progress import SilentProgress
from topicsmith.runs import RunFolder
from topicsmith.stages.leftovers import stop_leftovers


class Listener(SilentProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def gone() -> int:
    """The id of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def leave(run_folder: Path, runs_for: int | None) -> Path:
    state = {"endpoint_id": "ep_0", "deployment_id": "dep_0", "endpoint_name": "me/mine/topicsmith"}
    file = run_folder / "endpoint-ft-0.json"
    run_folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**state, "runs_for": runs_for}))
    return file


def test_the_next_run_orders_it_to_stop_whatever_it_is_about(
    small_project: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered: list[object] = []

    def patched(request: Request) -> Response:
        ordered.append(request.get_json())
        return Response("{}", content_type="application/json")

    path = "/v2/projects/pr_1/endpoints/ep_0/deployments/dep_0"
    httpserver.expect_request(path, method="PATCH").respond_with_handler(patched)
    monkeypatch.setenv("TOGETHER_API_KEY", "k")
    monkeypatch.setenv("TOGETHER_PROJECT_ID", "pr_1")
    monkeypatch.setenv("TOGETHER_BASE_URL", httpserver.url_for("/v1"))
    file = leave(small_project / "runs" / "small", gone())
    run(small_project, ["ingest"])
    run(small_project, ["ingest"])
    assert ordered == [{"autoscaling": {"minReplicas": 0, "maxReplicas": 0}}]
    assert json.loads(file.read_text())["runs_for"] is None


def test_what_cannot_be_stopped_is_told_and_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOGETHER_API_KEY", raising=False)
    file, progress = leave(tmp_path, gone()), Listener()
    stop_leftovers(RunFolder(tmp_path), progress)
    (line,) = progress.lines
    assert line.startswith(f"an endpoint may still be running and billed, see {file}: ")
    assert "set TOGETHER_API_KEY" in line
    leave(tmp_path, None)
    stop_leftovers(RunFolder(tmp_path), progress)
    assert len(progress.lines) == 1
