"""Data sets on the hub, through its own client, from a local server that speaks its protocol."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from topicsmith.errors import TraceError
from topicsmith.traces.files.hub import split_address

COMMIT = "0df3cf37" + "0" * 32
FILES = {
    "README.md": b"# card",
    "data/train-00000.jsonl": b'{"messages": [{"role": "user", "content": "From the hub"}]}\n',
    "data/train-00001.jsonl": b'{"messages": [{"role": "user", "content": "From the second shard"}]}\n',
    "other/x.csv": b"text\nA row of a table\n",
}


@pytest.fixture
def hub(httpserver: HTTPServer) -> HTTPServer:
    """A server with one data set, ``owner/logs``."""

    def tree(request: Request) -> Response:
        entries = [{"type": "file", "path": name, "size": len(data), "oid": "0" * 40} for name, data in FILES.items()]
        return Response(json.dumps(entries), content_type="application/json")

    def info(request: Request) -> Response:
        siblings = [{"rfilename": name} for name in FILES]
        found = {"id": "owner/logs", "sha": COMMIT, "siblings": siblings, "private": False, "tags": [], "downloads": 0}
        return Response(json.dumps(found), content_type="application/json")

    def resolve(request: Request) -> Response:
        name = request.path.split("/resolve/", 1)[1].split("/", 1)[1]
        data = FILES[name]
        headers = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": COMMIT}
        return Response(data, headers=headers, content_type="application/octet-stream")

    httpserver.expect_request(re.compile(r"/api/datasets/owner/logs/tree/.*")).respond_with_handler(tree)
    httpserver.expect_request(re.compile(r"/api/datasets/owner/logs(/revision/.*)?")).respond_with_handler(info)
    httpserver.expect_request(re.compile(r"/datasets/owner/logs/resolve/.*")).respond_with_handler(resolve)
    unknown = Response("", status=404, headers={"X-Error-Code": "RepoNotFound"})
    httpserver.expect_request(re.compile(r"/.*unknown.*")).respond_with_response(unknown)
    return httpserver


SCRIPT = """
import sys
from pathlib import Path
from topicsmith.errors import TraceError
from topicsmith.progress import SilentProgress
from topicsmith.project import TraceSettings
from topicsmith.tables import read_queries
from topicsmith.traces.ingest import ingest

folder = Path(sys.argv[1])
try:
    ingest(TraceSettings(path=sys.argv[2]), folder, folder / "q.parquet", folder / "d.parquet", SilentProgress())
except TraceError as error:
    print("TraceError:", error)
else:
    print([query.text for query in read_queries(folder / "q.parquet")])
"""


def ingested(hub: HTTPServer, folder: Path, address: str) -> str:
    """What a fresh process, which alone heeds ``HF_ENDPOINT``, reads from ``address``."""
    env = {
        **os.environ,
        "HF_ENDPOINT": hub.url_for("").rstrip("/"),
        "HF_HOME": str(folder / "cache"),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    command = [sys.executable, "-c", SCRIPT, str(folder), address]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.strip()


@pytest.mark.slow
def test_files_of_a_data_set_are_read(hub: HTTPServer, tmp_path: Path) -> None:
    assert ingested(hub, tmp_path, "hf://owner/logs/data") == "['From the hub', 'From the second shard']"
    assert ingested(hub, tmp_path, "hf://owner/logs@main/data/*00001.jsonl") == "['From the second shard']"


@pytest.mark.slow
def test_what_the_hub_does_not_have_is_said_in_one_line(hub: HTTPServer, tmp_path: Path) -> None:
    missing = ingested(hub, tmp_path, "hf://owner/logs/nothing/*.jsonl")
    assert missing.startswith(
        "TraceError: hf://owner/logs/nothing/*.jsonl: the data set has no such file; it has README"
    )
    unknown = ingested(hub, tmp_path, "hf://owner/unknown")
    assert unknown.startswith("TraceError: hf://owner/unknown: the hub did not provide it (")
    assert "\n" not in unknown


def test_addresses() -> None:
    assert split_address("hf://Agent-Ark/Toucan-1.5M/Kimi-K2") == ("Agent-Ark/Toucan-1.5M", None, "Kimi-K2")
    assert split_address("hf://datasets/a/b@v1/x/*.parquet") == ("a/b", "v1", "x/*.parquet")
    assert split_address("hf://a/b") == ("a/b", None, "")
    with pytest.raises(TraceError, match="not the address of a data set"):
        split_address("hf://only-a-name")
